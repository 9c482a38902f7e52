# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the content of a release comes from.

PRIVATE to the collection. A source is first opened, which fetches and checks
everything, and only then filled into a folder.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import tempfile
import typing as t
from dataclasses import dataclass, field, replace

from ansible_collections.progressive.delivery.plugins.module_utils._releases import archive, members
from ansible_collections.progressive.delivery.plugins.module_utils._releases.disk import explained
from ansible_collections.progressive.delivery.plugins.module_utils._releases.errors import (
    ArchiveUnreadable,
    ChecksumDiffers,
    DownloadFailed,
)
from ansible_collections.progressive.delivery.plugins.module_utils._releases.names import Checksum
from ansible_collections.progressive.delivery.plugins.module_utils._shown_url import (
    shown_url,
    without_url_secrets,
)

_CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Content:
    """What a source holds, fetched and found good.

    :param description: what goes into the release's record
    :param size: bytes it takes on the disk, *files* in how many files
    :param fill: writes it into an empty folder
    """

    description: t.Mapping[str, str]
    size: int
    files: int
    fill: t.Callable[[str], None]


class Source:
    """A place that content comes from."""

    def examined(self) -> Source:
        """This source, with what has to be read of it before :meth:`same_as` can tell."""
        return self

    def same_as(self, recorded: t.Mapping[str, str]) -> bool:
        """Whether a release made from *recorded* is the one this source, examined, would make."""
        raise NotImplementedError

    def find(self) -> None:
        """Raise if it is to be on this host and is not."""

    def check(self, shared: t.Sequence[str] = ()) -> None:
        """Find out, changing nothing, whether :meth:`opened` would work, as far as that can be known."""
        raise NotImplementedError

    def opened(self, scratch: str, shared: t.Sequence[str] = ()) -> t.ContextManager[Content]:
        """Fetch and check.

        :param scratch: a folder for what is too large for memory
        :param shared: the checked paths that will be links out of the release
        """
        raise NotImplementedError


@dataclass(frozen=True)
class Download:
    """An address of an archive and how to ask for it; *timeout* in seconds, for each wait."""

    url: str
    username: t.Optional[str] = None
    password: t.Optional[str] = None
    headers: t.Mapping[str, str] = field(default_factory=dict)
    validate_certs: bool = True
    timeout: float = 30.0

    @property
    def shown(self) -> str:
        """The address as it may be shown."""
        return shown_url(self.url)

    def open(self) -> t.Any:
        """The response, to be read and closed; raises :class:`DownloadFailed`."""
        # It imports cryptography, which takes longer than all else that is done with a release that is not downloaded.
        from ansible.module_utils.urls import open_url  # noqa: PLC0415

        try:
            return open_url(
                self.url,
                headers=dict(self.headers),
                url_username=self.username,
                url_password=self.password,
                force_basic_auth=self.username is not None,
                validate_certs=self.validate_certs,
                timeout=self.timeout,
            )
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise DownloadFailed("cannot fetch {0}: {1}".format(self.shown, self._reason(error))) from None

    def chunks(self) -> t.Iterator[bytes]:
        """All that it sends; raises :class:`DownloadFailed`, also when it ends early."""
        with self.open() as response:
            received = 0
            try:
                for chunk in iter(lambda: response.read(_CHUNK), b""):
                    received += len(chunk)
                    yield chunk
            except (OSError, http.client.HTTPException) as error:
                raise DownloadFailed(
                    "{0} broke off after {1} bytes: {2}".format(self.shown, received, self._reason(error))
                ) from None
            promised = response.headers.get("Content-Length")
            if promised is not None and promised.isdigit() and int(promised) != received:
                raise DownloadFailed("{0} sent {1} of {2} bytes".format(self.shown, received, promised))

    def _reason(self, error: Exception) -> str:
        if isinstance(error, (http.client.InvalidURL, ValueError)) and not isinstance(error, OSError):
            # Their texts quote parts of the address, or the header that cannot be sent.
            return "the address is not valid, or a header cannot be sent"
        return without_url_secrets(str(error) or type(error).__name__, self.url)


@dataclass(frozen=True)
class ArchiveSource(Source):
    """A tar or zip archive at a path of this host, or at an address.

    :param checksum: None when the archive is not verified
    :param strip: leading folders to take off its members
    :param found: the digest of one that is not verified, once it is examined
    """

    path: t.Optional[str] = None
    download: t.Optional[Download] = None
    checksum: t.Optional[Checksum] = None
    strip: int = 0
    found: t.Optional[Checksum] = None

    def examined(self) -> ArchiveSource:
        if self.checksum is not None or self.found is not None or self.path is None or not os.path.isfile(self.path):
            return self
        with self._opened_path(self.path) as handle:
            return replace(self, found=Checksum("sha256", archive.digest_of(handle, "sha256")))

    def same_as(self, recorded: t.Mapping[str, str]) -> bool:
        if recorded.get("type") != "archive":
            return False
        if self.checksum is not None:
            known = recorded.get(self.checksum.algorithm)
            return known is None or known == self.checksum.digits
        return self.found is None or recorded.get(self.found.algorithm) == self.found.digits

    def find(self) -> None:
        if self.path is not None:
            with self._opened_path(self.path):
                pass

    def check(self, shared: t.Sequence[str] = ()) -> None:
        if self.path is not None:
            with self.opened(os.path.dirname(self.path), shared):
                pass
        elif self.download is not None:
            self.download.open().close()

    @contextlib.contextmanager
    def opened(self, scratch: str, shared: t.Sequence[str] = ()) -> t.Iterator[Content]:
        with self._handle(scratch) as handle:
            digests = self._verified(handle)
            with archive.open_archive(handle, self._name) as opened:
                safe = members.safe_members(opened.members(), self.strip, shared)
                yield Content(
                    description=dict(digests, type="archive", name=os.path.basename(self._name)),
                    size=members.total_size(safe),
                    files=len(safe),
                    fill=lambda folder: archive.unpack(opened, safe, folder),
                )

    @property
    def _name(self) -> str:
        return self.path or (self.download.shown if self.download else "")

    def _handle(self, scratch: str) -> t.ContextManager[t.BinaryIO]:
        if self.path is not None:
            return self._opened_path(self.path)
        return self._downloaded(scratch)

    @contextlib.contextmanager
    def _opened_path(self, path: str) -> t.Iterator[t.BinaryIO]:
        try:
            handle = open(path, "rb")  # noqa: SIM115 - closed below; an error while it is used is not one of opening
        except OSError as error:
            raise ArchiveUnreadable("archive {0!r} cannot be opened: {1}".format(path, error.strerror)) from error
        with handle:
            yield handle

    @contextlib.contextmanager
    def _downloaded(self, scratch: str) -> t.Iterator[t.BinaryIO]:
        if self.download is None:
            raise AssertionError("an archive has a path or an address")
        with tempfile.TemporaryFile(dir=scratch) as handle:
            for chunk in self.download.chunks():
                with explained("keep what {0} sends".format(self.download.shown), scratch):
                    handle.write(chunk)
                    handle.flush()
            yield t.cast(t.BinaryIO, handle)

    def _verified(self, handle: t.BinaryIO) -> t.Dict[str, str]:
        algorithm = self.checksum.algorithm if self.checksum else "sha256"
        digits = archive.digest_of(handle, algorithm)
        if self.checksum is not None and digits != self.checksum.digits:
            raise ChecksumDiffers(
                "archive {0} has {1}:{2}, and {3} was asked for".format(self._name, algorithm, digits, self.checksum)
            )
        return {algorithm: digits}


@dataclass(frozen=True)
class ReferenceSource(Source):
    """A container image or a package, which lives elsewhere: the release holds a file that names it.

    :param kind: what it is, which also names the file ``<kind>.env``
    :param fields: its variables in that file
    :param beside: further variables there, which make no other release
    """

    kind: str
    fields: t.Mapping[str, str]
    beside: t.Mapping[str, str] = field(default_factory=dict)

    def same_as(self, recorded: t.Mapping[str, str]) -> bool:
        return {key: value for key, value in recorded.items() if key not in self.beside} == self._identity

    def check(self, shared: t.Sequence[str] = ()) -> None:
        """Nothing can be known without asking the place where it lives."""

    @contextlib.contextmanager
    def opened(self, scratch: str, shared: t.Sequence[str] = ()) -> t.Iterator[Content]:  # noqa: ARG002
        yield Content(dict(self._identity, **self.beside), size=0, files=1, fill=self._fill)

    @property
    def _identity(self) -> t.Dict[str, str]:
        return dict(self.fields, type=self.kind)

    def _fill(self, folder: str) -> None:
        variables = dict(self.fields, **self.beside)
        lines = ["{0}={1}\n".format(key.upper(), variables[key]) for key in sorted(variables)]
        with open(os.path.join(folder, "{0}.env".format(self.kind)), "w", encoding="utf-8") as handle:
            handle.writelines(lines)


@dataclass(frozen=True)
class PreparedSource(Source):
    """A folder that somebody else has filled, and what it is known by.

    :param identity: a text that two fillings share exactly when they are the same; may be empty
    """

    identity: str = ""

    def same_as(self, recorded: t.Mapping[str, str]) -> bool:
        return recorded.get("type") == "prepared" and recorded.get("identity", "") == self.identity

    def check(self, shared: t.Sequence[str] = ()) -> None:
        """Nothing can be known before it is filled."""

    @contextlib.contextmanager
    def opened(self, scratch: str, shared: t.Sequence[str] = ()) -> t.Iterator[Content]:  # noqa: ARG002
        yield Content({"type": "prepared", "identity": self.identity}, size=0, files=0, fill=_leave)


def _leave(_folder: str) -> None:
    """Keep the folder as it was filled."""
