# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The releases of one root folder: reading them, and every change made to them.

PRIVATE to the collection.

.. code-block:: text

    ROOT/releases/VERSION/     a release; .release.json in it tells how it came
    ROOT/current               symbolic link to releases/VERSION
    ROOT/shared/               what outlives releases; linked into each
    ROOT/.release-history.json which release was current, in order
    ROOT/.sent-VERSION         an archive that was sent here to be unpacked; goes with that, or with a later release

A release is put together in ``releases/.staging-…`` and renamed when it is
complete and durable; one that goes is renamed to ``releases/.removed-…`` first.
Whatever instant a run is killed at, ``current`` and every release are whole,
and the next run sweeps the rest away.
"""

from __future__ import annotations

import contextlib
import datetime
import errno
import fcntl
import os
import shutil
import stat
import tempfile
import time
import typing as t
import uuid

from ansible_collections.progressive.delivery.plugins.module_utils._files import atomic, room
from ansible_collections.progressive.delivery.plugins.module_utils._releases import archive, disk
from ansible_collections.progressive.delivery.plugins.module_utils._releases.errors import (
    RecordUnreadable,
    RootBusy,
    StorageFailed,
)
from ansible_collections.progressive.delivery.plugins.module_utils._releases.members import RECORD
from ansible_collections.progressive.delivery.plugins.module_utils._releases.plan import Plan
from ansible_collections.progressive.delivery.plugins.module_utils._releases.records import (
    Activation,
    Record,
    activations_from_text,
    activations_to_text,
)
from ansible_collections.progressive.delivery.plugins.module_utils._releases.shared import NOBODY_ELSE, link_shared
from ansible_collections.progressive.delivery.plugins.module_utils._releases.snapshot import Snapshot
from ansible_collections.progressive.delivery.plugins.module_utils._releases.sources import PreparedSource, Source

_STAGING = ".staging-"
_REMOVED = ".removed-"
_PREPARED = ".prepared-"
_SENT = ".sent-"
_FORSAKEN_SECONDS = 24 * 3600
# A run uses what it has sent as soon as its other hosts have theirs, and sends it before it holds the lock here.
_UNUSED_SECONDS = 3600
_POLL_SECONDS = 0.1
_READABLE_BY_ALL = 0o755


class Store:
    """The releases below *root*, an absolute path that may not be there yet."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.releases = os.path.join(root, "releases")
        self.shared = os.path.join(root, "shared")
        self.current = os.path.join(root, "current")
        self.git_cache = os.path.join(root, ".git-source")
        self._history = os.path.join(root, ".release-history.json")
        self._lock = os.path.join(root, ".release.lock")

    def path(self, version: str) -> str:
        """The folder of release *version*."""
        return os.path.join(self.releases, version)

    def prepared_path(self, version: str) -> str:
        """The folder in which somebody else puts release *version* together."""
        return os.path.join(self.releases, _PREPARED + version)

    def read(self) -> Snapshot:
        """What is there. Raises :class:`RecordUnreadable` or :class:`PermissionMissing`."""
        with disk.explained("read the releases", self.root):
            current = self._read_current()
            names = self._names()
            records = {name: self._read_record(name) for name in names if not name.startswith(".")}
            activations = [entry.version for entry in self._read_history()]
        if current is not None and activations[-1:] != [current]:
            activations.append(current)
        prepared = frozenset(name[len(_PREPARED) :] for name in names if name.startswith(_PREPARED))
        return Snapshot(current, records, tuple(activations), prepared)

    @contextlib.contextmanager
    def locked(self, timeout: float) -> t.Iterator[None]:
        """Make the root's folders and hold them against other runs.

        Raises :class:`RootBusy` after *timeout* seconds of waiting.
        """
        disk.check_writable(self.releases)
        with disk.explained("make the folders of the releases", self.root):
            for folder in (self.root, self.releases, self.shared):
                os.makedirs(folder, 0o755, exist_ok=True)
            descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            self._acquire(descriptor, time.monotonic() + timeout)
            yield
        finally:
            os.close(descriptor)

    def carry_out(
        self,
        made: Plan,
        version: str,
        source: t.Optional[Source],
        shared: t.Sequence[str] = (),
        shared_owner: t.Tuple[int, int] = NOBODY_ELSE,
    ) -> t.Dict[str, str]:
        """Make the changes of a plan for *version*; of each release that could not be removed, why.

        The lock must be held. Raises what its parts raise, and has then done nothing after it.
        """
        if made.prepare or made.stage:
            self.sweep(version)
        if made.prepare:
            self.prepare(version)
        if made.stage and source is not None:
            self.stage(version, source, shared, shared_owner)
        if made.activate:
            self.activate(version)
        return self.remove(made.remove)

    def prepare(self, version: str) -> str:
        """An empty folder to put *version* together in; what an earlier attempt left is removed."""
        path = self.prepared_path(version)
        with disk.explained("prepare release {0!r}".format(version), self.releases):
            if os.path.lexists(path):
                _remove_tree(path)
            os.mkdir(path, 0o755)
        return path

    def stage(self, version: str, source: Source, shared: t.Sequence[str], shared_owner: t.Tuple[int, int]) -> Record:
        """Fetch, check and put release *version* in place; the lock must be held.

        Raises the errors of its source, and of :mod:`disk`. Nothing is left of
        a release that fails.
        """
        with self._sent_archive(version), source.opened(self.releases, shared) as content:
            disk.check_room(self.releases, content.size, content.files)
            record = Record(
                version=version,
                sequence=max(self.read().present.staged.values(), default=0) + 1,
                staged_at=_now(),
                source=content.description,
                shared=tuple(shared),
            )
            with disk.explained("unpack release {0!r}".format(version), self.releases):
                with self._staging(version, isinstance(source, PreparedSource)) as staging:
                    content.fill(staging)
                    link_shared(staging, self.path(version), self.shared, shared, shared_owner)
                    atomic.write_file(os.path.join(staging, RECORD), record.to_text())
                    archive.sync_tree(staging)
                    os.rename(staging, self.path(version))
                atomic.sync_folder(self.releases)
        return record

    def activate(self, version: str) -> None:
        """Point ``current`` to a release that is there, in one step; the lock must be held."""
        with disk.explained("make release {0!r} the current one".format(version), self.root):
            self._remember(self._read_current())
            try:
                atomic.point_link(self.current, os.path.join("releases", version))
            except FileExistsError as error:
                raise StorageFailed(str(error)) from error
            self._remember(version)

    def remove(self, versions: t.Iterable[str]) -> t.Dict[str, str]:
        """Remove releases; of each that could not be removed, why. The lock must be held."""
        kept = {}
        for version in versions:
            removed = os.path.join(self.releases, "{0}{1}-{2}".format(_REMOVED, version, uuid.uuid4().hex))
            try:
                os.rename(self.path(version), removed)
                _remove_tree(removed)
            except OSError as error:
                kept[version] = "{0}: {1}".format(error.filename, error.strerror)
        return kept

    def sweep(self, version: str) -> None:
        """Remove what killed runs have left, except what was sent or is being prepared for *version*.

        The lock must be held.
        """
        for name in self._names():
            path = os.path.join(self.releases, name)
            if not name.startswith((_STAGING, _REMOVED, _PREPARED)):
                continue
            if name.startswith(_PREPARED) and (name == _PREPARED + version or not _is_older(path, _FORSAKEN_SECONDS)):
                continue
            with contextlib.suppress(OSError):
                _remove_tree(path)
        self._sweep_archives(version)

    def _sweep_archives(self, version: str) -> None:
        """Remove archives that runs which were killed had sent, except that of *version*, which is about to be used."""
        with contextlib.suppress(OSError):
            for name in os.listdir(self.root):
                path = os.path.join(self.root, name)
                if name.startswith(_SENT) and name != _SENT + version and _is_older(path, _UNUSED_SECONDS):
                    os.unlink(path)

    @contextlib.contextmanager
    def _sent_archive(self, version: str) -> t.Iterator[None]:
        """Remove the archive that was sent for *version* in the end, whatever that is."""
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                os.unlink(os.path.join(self.root, _SENT + version))

    @contextlib.contextmanager
    def _staging(self, version: str, prepared: bool) -> t.Iterator[str]:
        path = self.prepared_path(version)
        if not prepared:
            path = tempfile.mkdtemp(prefix="{0}{1}-".format(_STAGING, version), dir=self.releases)
        os.chmod(path, _READABLE_BY_ALL)
        try:
            yield path
        except BaseException:
            # What cannot be removed is hidden by its name, and swept by the next run.
            with contextlib.suppress(OSError):
                _remove_tree(path)
            raise

    def _acquire(self, descriptor: int, deadline: float) -> None:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                if error.errno not in (errno.EAGAIN, errno.EACCES):
                    raise
            else:
                return
            if time.monotonic() > deadline:
                raise RootBusy("another run has held {0} all the time this one waited".format(self._lock))
            time.sleep(_POLL_SECONDS)

    def _names(self) -> t.List[str]:
        try:
            with os.scandir(self.releases) as entries:
                return sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
        except FileNotFoundError:
            return []

    def _read_current(self) -> t.Optional[str]:
        try:
            target = os.readlink(self.current)
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno == errno.EINVAL:
                raise StorageFailed("{0} is not a symbolic link".format(self.current)) from error
            raise
        folder, version = os.path.split(os.path.normpath(os.path.join(self.root, target)))
        return version if folder == self.releases and os.path.isdir(self.current) else None

    def _read_record(self, version: str) -> t.Optional[Record]:
        path = os.path.join(self.path(version), RECORD)
        try:
            with open(path, encoding="utf-8") as handle:
                record = Record.from_text(handle.read(), path)
        except FileNotFoundError:
            return None
        if record.version != version:
            raise RecordUnreadable("{0} is of release {1!r}; the folder has been renamed".format(path, record.version))
        return record

    def _read_history(self) -> t.List[Activation]:
        try:
            with open(self._history, encoding="utf-8") as handle:
                return list(activations_from_text(handle.read(), self._history))
        except FileNotFoundError:
            return []

    def _remember(self, version: t.Optional[str]) -> None:
        activations = self._read_history()
        if version is None or [entry.version for entry in activations[-1:]] == [version]:
            return
        try:
            atomic.write_file(self._history, activations_to_text([*activations, Activation(version, _now())]))
        except OSError as error:
            # A full disk must not stop the way back, and read() completes the history from the link.
            if error.errno not in room.FULL:
                raise


def _is_older(path: str, seconds: float) -> bool:
    return time.time() - os.lstat(path).st_mtime > seconds


def _now() -> str:
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _remove_tree(path: str) -> None:
    for folder, _folders, _files in os.walk(path):
        if not stat.S_IMODE(os.lstat(folder).st_mode) & stat.S_IWUSR:
            os.chmod(folder, 0o700)
    shutil.rmtree(path)
