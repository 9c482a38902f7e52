# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong with backups.

PRIVATE to the collection.
"""

from __future__ import annotations

from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError


class BackupError(DeliveryError):
    """Something about a backup; every other error of the area is one."""

    code = "backup-error"
    remedy = "read the message, mend what it names and run again; no data was changed"


class EngineMissing(BackupError):
    """The program that keeps the repository is not installed where the task runs."""

    code = "backup-engine-missing"
    remedy = "install it there, or choose engine: archive, which needs nothing but Python"


class RepositoryUnreachable(BackupError):
    """The repository is not there, cannot be reached, or may not be read or written."""

    code = "backup-repository-unreachable"
    remedy = "see that the host, the path and the rights are what the task says; nothing was changed"


class WrongPassword(BackupError):
    """The repository does not open with the password that was given."""

    code = "backup-wrong-password"
    remedy = "give the password with which the repository was made; nothing was changed"


class RepositoryLocked(BackupError):
    """Another process, which is alive or on a host that cannot be asked, works on the repository."""

    code = "backup-repository-locked"
    remedy = (
        "wait for it to end; if its host is gone for good, remove the lock there with the program of the repository"
    )


class RepositoryFull(BackupError):
    """The disk of the repository, or the one that a dump or a scratch restore needs, has no room."""

    code = "backup-disk-full"
    remedy = "free room, or take fewer snapshots with the keep options, and run again; every earlier snapshot is whole"


class SnapshotDamaged(BackupError):
    """What the repository holds is not what was saved: cut off, changed, or not signed with the key that was given."""

    code = "backup-snapshot-damaged"
    remedy = "do not rely on this snapshot; find another with backup_info, take a new one, and look at the disk that holds the repository"


class UnknownSnapshot(BackupError):
    """There is no such snapshot, or none as it was asked for."""

    code = "backup-unknown-snapshot"
    remedy = "backup_info lists what there is"


class SourceUnusable(BackupError):
    """A source cannot be saved as it is described: it is not there, a program is missing, or a right."""

    code = "backup-source-unusable"
    remedy = "correct the source in the task, or give the account the right that the message names; nothing was saved"


class DumpFailed(BackupError):
    """A source broke off while it was saved."""

    code = "backup-dump-failed"
    remedy = "mend what the message names and run again; no snapshot was made, and earlier ones are whole"


class NotProven(BackupError):
    """A snapshot was restored for a proof, and it is not what was saved."""

    code = "backup-not-proven"
    remedy = "do not deliver; take another backup, and if it fails again look at the repository and at the source"


class RestoreFailed(BackupError):
    """A restore could not be carried out; what the message names is as it was, and `restored` in the details says what had changed before it."""

    code = "backup-restore-failed"
    remedy = "mend what the message names and run the same restore again, which does the rest"


class WorkFolderUnusable(BackupError):
    """The folder for dumps and scratch restores cannot be made or written."""

    code = "backup-work-folder-unusable"
    remedy = "give work_directory a place that the task's account may write to, and that nobody else can read"
