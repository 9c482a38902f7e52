# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The revisions of one environment of an app on a host: reading them, and every change made to them.

PRIVATE to the collection.

.. code-block:: text

    STATE/APP/ENVIRONMENT/              0700: what is below holds secrets
    STATE/APP/ENVIRONMENT/revisions/N/  record.json, and in files/ what was rendered, by its place in the record
    STATE/APP/ENVIRONMENT/history.json  which revision was in force, in order; its last entry is
    STATE/APP/ENVIRONMENT/current       link to that revision, for people
    STATE/APP/ENVIRONMENT/lock          held by who changes any of it, or the app's files

A revision is put together in ``revisions/.made-N`` and renamed when it is complete and durable; one that goes is renamed
to ``revisions/.removed-N`` first. Whatever instant a run is killed at, every revision is whole, and the next run
sweeps the rest away.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.files import RenderedFile
from ansible_collections.progressive.delivery.plugins.module_utils._environments.revisions.errors import (
    ConfigurationUnwritable,
    EnvironmentBusy,
    RevisionDamaged,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.revisions.records import (
    Activation,
    Kept,
    Revision,
    history_from_text,
    history_to_text,
)
from ansible_collections.progressive.delivery.plugins.module_utils._files import atomic
from ansible_collections.progressive.delivery.plugins.module_utils._files.flock import taken

_MADE = ".made-"
_REMOVED = ".removed-"
_ONLY_OURS = 0o700


class Store:
    """The revisions below *folder*, ``STATE/APP/ENVIRONMENT``, which may not be there yet."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.revisions = os.path.join(folder, "revisions")
        self._history = os.path.join(folder, "history.json")

    def read(self) -> Kept:
        """What is kept. A revision that cannot be read is only a number.

        :raises RevisionDamaged: the history cannot be read
        """
        with explained("read", self.folder):
            numbers = self._numbers()
            readable = {}
            for number in numbers:
                with contextlib.suppress(RevisionDamaged):
                    readable[number] = self._record(number)
            return Kept(readable, frozenset(numbers), self._activations())

    def files(self, revision: Revision) -> t.Tuple[RenderedFile, ...]:
        """The files of a revision.

        :raises RevisionDamaged: one is not what was put there
        """
        found = []
        for place, kept in enumerate(revision.files):
            path = os.path.join(self.path(revision.number), "files", str(place))
            try:
                with open(path, "rb") as handle:
                    file = kept.with_content(handle.read())
            except OSError as error:
                raise RevisionDamaged("{0} cannot be read: {1}".format(path, error.strerror)) from error
            if file.digest != kept.sha256:
                raise RevisionDamaged("{0} is not what was put there".format(path))
            found.append(file)
        return tuple(found)

    def path(self, number: int) -> str:
        """The folder of a revision."""
        return os.path.join(self.revisions, str(number))

    @contextlib.contextmanager
    def locked(self, timeout: float) -> t.Iterator[None]:
        """Make the folders, hold them against other runs, and sweep away what one that was killed has left.

        :raises EnvironmentBusy: another run has held them for *timeout* seconds
        """
        lock = os.path.join(self.folder, "lock")
        with explained("make", self.folder):
            os.makedirs(os.path.dirname(self.folder), 0o755, exist_ok=True)
            for folder in (self.folder, self.revisions):
                with contextlib.suppress(FileExistsError):
                    os.mkdir(folder, _ONLY_OURS)
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if not taken(descriptor, timeout):
                raise EnvironmentBusy("another run has held {0} all the time this one waited".format(lock))
            with explained("sweep", self.revisions):
                self._sweep()
            yield
        finally:
            os.close(descriptor)

    def add(self, revision: Revision, files: t.Sequence[RenderedFile]) -> None:
        """Keep a new revision; the lock must be held."""
        made = os.path.join(self.revisions, _MADE + str(revision.number))
        with explained("write", self.revisions):
            os.mkdir(made, _ONLY_OURS)
            os.mkdir(os.path.join(made, "files"), _ONLY_OURS)
            for place, file in enumerate(files):
                atomic.write_file(os.path.join(made, "files", str(place)), file.content, 0o600)
            atomic.write_file(os.path.join(made, "record.json"), revision.to_text(), 0o600)
            os.rename(made, self.path(revision.number))
            atomic.sync_folder(self.revisions)

    def activate(self, activation: Activation) -> None:
        """Write down what is in force now; the lock must be held."""
        with explained("write", self._history):
            atomic.write_file(self._history, history_to_text([*self._activations(), activation]), 0o600)
        self.point()

    def point(self) -> None:
        """Make the link ``current`` say what the history says; the lock must be held."""
        link = os.path.join(self.folder, "current")
        with explained("write", link):
            activations = self._activations()
            number = activations[-1].revision if activations else None
            wanted = None if number is None else os.path.join("revisions", str(number))
            if (os.readlink(link) if os.path.islink(link) else None) == wanted:
                return
            if wanted is None:
                os.unlink(link)
            else:
                atomic.point_link(link, wanted)

    def remove(self, numbers: t.Iterable[int]) -> None:
        """Remove revisions; the lock must be held."""
        with explained("remove from", self.revisions):
            for number in numbers:
                removed = os.path.join(self.revisions, _REMOVED + str(number))
                os.rename(self.path(number), removed)
                shutil.rmtree(removed)

    def _sweep(self) -> None:
        for name in os.listdir(self.revisions):
            if name.startswith((_MADE, _REMOVED)):
                shutil.rmtree(os.path.join(self.revisions, name))
        for name in os.listdir(self.folder):
            if name.startswith((".history.json.", ".current.")):
                os.unlink(os.path.join(self.folder, name))

    def _numbers(self) -> t.List[int]:
        try:
            names = os.listdir(self.revisions)
        except FileNotFoundError:
            return []
        return sorted(int(name) for name in names if name.isdigit())

    def _record(self, number: int) -> Revision:
        path = os.path.join(self.path(number), "record.json")
        try:
            with open(path, encoding="utf-8") as handle:
                revision = Revision.from_text(handle.read(), path)
        except (FileNotFoundError, UnicodeDecodeError) as error:
            raise RevisionDamaged("{0} cannot be read".format(path)) from error
        if revision.number != number:
            raise RevisionDamaged("{0} is of revision {1}".format(path, revision.number))
        return revision

    def _activations(self) -> t.Tuple[Activation, ...]:
        try:
            with open(self._history, encoding="utf-8") as handle:
                return history_from_text(handle.read(), self._history)
        except FileNotFoundError:
            return ()


@contextlib.contextmanager
def explained(verb: str, path: str) -> t.Iterator[None]:
    """Turn an :class:`OSError` into :class:`ConfigurationUnwritable`; *verb* is what was done at *path*."""
    try:
        yield
    except OSError as error:
        where = error.filename or path
        raise ConfigurationUnwritable("cannot {0} {1}: {2}".format(verb, where, error.strerror or error)) from error
