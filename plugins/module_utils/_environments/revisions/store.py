# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The revisions of one environment of an app on a host: reading them, and every change made to them.

PRIVATE to the collection.

.. code-block:: text

    STATE/APP/ENVIRONMENT/              0700: what is below holds secrets
    STATE/APP/ENVIRONMENT/revisions/N/  record.json, and in files/ what was rendered, by its place in the record
    STATE/APP/ENVIRONMENT/history.json  which revision was in force, in order; its last entry is. Also the revisions whose
                                        files are being written
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
    HistoryDamaged,
    RevisionDamaged,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.revisions.records import (
    Activation,
    Kept,
    Revision,
    history_from_text,
    history_of_records,
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
        self.history = os.path.join(folder, "history.json")
        self._link = os.path.join(folder, "current")

    def read(self) -> Kept:
        """What is kept. A revision that cannot be read is only a number.

        :raises HistoryDamaged: the history cannot be read
        """
        with explained("read", self.folder):
            return Kept(*self._revisions(), *self._activations())

    def read_or_rebuilt(self) -> Kept:
        """What is kept; in place of a history that cannot be read, what the records and the link ``current`` say."""
        with contextlib.suppress(HistoryDamaged):
            return self.read()
        with explained("read", self.folder):
            readable, numbers = self._revisions()
            return Kept(readable, numbers, history_of_records(readable, self._pointed_to()), rebuilt=True)

    def _revisions(self) -> t.Tuple[t.Dict[int, Revision], t.FrozenSet[int]]:
        numbers = self._numbers()
        readable = {}
        for number in numbers:
            with contextlib.suppress(RevisionDamaged):
                readable[number] = self._record(number)
        return readable, frozenset(numbers)

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

    def remember(self, kept: Kept) -> None:
        """Write down what is in force, and what is begun; the lock must be held.

        A history that is damaged is put aside first, as ``history.json.damaged``.
        """
        with explained("write", self.history):
            if kept.rebuilt and os.path.exists(self.history):
                with open(self.history, "rb") as handle:
                    atomic.write_file(self.history + ".damaged", handle.read(), 0o600)
            atomic.write_file(self.history, history_to_text(kept.activations, kept.begun), 0o600)

    def point(self, number: t.Optional[int]) -> None:
        """Make the link ``current`` lead to the revision in force; the lock must be held."""
        with explained("write", self._link):
            wanted = None if number is None else os.path.join("revisions", str(number))
            if (os.readlink(self._link) if os.path.islink(self._link) else None) == wanted:
                return
            if wanted is None:
                os.unlink(self._link)
            else:
                atomic.point_link(self._link, wanted)

    def _pointed_to(self) -> t.Optional[int]:
        name = os.path.basename(os.readlink(self._link)) if os.path.islink(self._link) else ""
        return int(name) if name.isdigit() else None

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

    def _activations(self) -> t.Tuple[t.Tuple[Activation, ...], t.Tuple[int, ...]]:
        try:
            with open(self.history, encoding="utf-8") as handle:
                return history_from_text(handle.read(), self.history)
        except FileNotFoundError:
            # The link is made after the history.
            if not os.path.islink(self._link):
                return (), ()
            raise HistoryDamaged("{0} is not there, although {1} is".format(self.history, self._link)) from None
        except UnicodeDecodeError as error:
            raise HistoryDamaged("{0} is no UTF-8".format(self.history)) from error


@contextlib.contextmanager
def explained(verb: str, path: str) -> t.Iterator[None]:
    """Turn an :class:`OSError` into :class:`ConfigurationUnwritable`; *verb* is what was done at *path*."""
    try:
        yield
    except OSError as error:
        where = error.filename or path
        raise ConfigurationUnwritable("cannot {0} {1}: {2}".format(verb, where, error.strerror or error)) from error
