# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong while a release is put on a host.

PRIVATE to the collection.
"""

from __future__ import annotations

from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError


class ChecksumDiffers(DeliveryError):
    """The archive is not the one whose checksum was given."""

    code = "checksum-differs"
    remedy = "build or fetch the archive again, or give the checksum of the one that is meant; nothing was changed"


class UnsafeArchive(DeliveryError):
    """The archive has a member that would lie, or point, outside the release."""

    code = "unsafe-archive"
    remedy = "build the archive again without that member; nothing was changed"


class ArchiveUnreadable(DeliveryError):
    """The archive is missing, torn, encrypted, or of a format that is not understood."""

    code = "archive-unreadable"
    remedy = "give a complete .tar, .tar.gz, .tar.bz2, .tar.xz or .zip; nothing was changed"


class DownloadFailed(DeliveryError):
    """The archive could not be fetched."""

    code = "download-failed"
    remedy = "check the address and that this host reaches it; nothing was changed"


class GitFailed(DeliveryError):
    """A git command failed, or the reference does not exist."""

    code = "git-failed"
    remedy = "check the repository's address, the reference and this host's access to it; nothing was changed"


class ReleaseDiffers(DeliveryError):
    """A release of this name is there, made from something else."""

    code = "release-differs"
    remedy = "a release never changes: give the new content a new version, or remove the release first"


class ReleaseMissing(DeliveryError):
    """A release is asked for that is not there, and nothing says where to get it."""

    code = "release-missing"
    remedy = "give a source for it, or the version of a release that is there"


class ReleaseServes(DeliveryError):
    """The release that is to be removed is the current or a protected one."""

    code = "release-serves"
    remedy = "make another release current, or take it off the protected ones, before removing it"


class DiskFull(DeliveryError):
    """The file system of the releases has not enough room."""

    code = "disk-full"
    remedy = "free some space, or keep fewer releases, and run again; no part of the release was left"


class PermissionMissing(DeliveryError):
    """The releases' folder, or something in it, may not be read or written."""

    code = "permission-missing"
    remedy = "run as the folder's owner (become), or correct its owner and mode"


class StorageFailed(DeliveryError):
    """The file system refused something for another reason."""

    code = "storage-failed"
    remedy = "correct what the system reports and run again"


class RootBusy(DeliveryError):
    """Another run works on the same releases and does not end."""

    code = "root-busy"
    remedy = "wait for the other run, or find out why it hangs, and run again"


class ReleaseOvertaken(DeliveryError):
    """Another run made a release the current one while this run, which would do so too, waited for it."""

    code = "release-overtaken"
    remedy = "find out which release is wanted and run again; this run changed nothing"


class RecordUnreadable(DeliveryError):
    """What was written down about the releases cannot be read or is of a newer version."""

    code = "record-unreadable"
    remedy = (
        "restore the file, or move it aside if the releases it tells of are not needed any more; nothing was changed"
    )
