# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where journals and locks are kept: ``STATE_DIR/<app>`` on the state host.

PRIVATE to the collection. The only I/O of this area::

    <app>/rollouts/<id>.json   one file a rollout
    <app>/current              the id of the latest rollout
    <app>/lock                 who holds the app
    <app>/guard                flock(2)ed for the length of one module call

Every write is atomic and durable. A file that cannot be read is never
overwritten; set aside it is ``<name>.corrupt-<time>``.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import itertools
import os
import re
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._files.atomic import sync_folder, write_file
from ansible_collections.progressive.delivery.plugins.module_utils._rollout import document, fault
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.errors import (
    JournalCorrupt,
    JournalUnwritable,
    LockCorrupt,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.lock import Lock, utc
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import Rollout

_ROLLOUT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+~-]{0,249}")


class Journal:
    """The journal of one app.

    :param state_dir: the state folder; made, with the app's folder in it, at the first write
    :param app: a checked app name
    """

    read_only = False

    def __init__(self, state_dir: str, app: str) -> None:
        self.folder = os.path.join(state_dir, app)

    @contextlib.contextmanager
    def guard(self) -> t.Iterator[None]:
        """Keep every other module call off this app; falls with the process, whatever kills it.

        :raises JournalUnwritable: when the folder cannot be made or written
        """
        with self._writing("the state folder"):
            os.makedirs(os.path.join(self.folder, "rollouts"), mode=0o750, exist_ok=True)
            descriptor = os.open(os.path.join(self.folder, "guard"), os.O_RDWR | os.O_CREAT, 0o640)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def current(self) -> t.Optional[Rollout]:
        """The latest rollout; None when the app has none.

        :raises JournalCorrupt, JournalTooNew: see :mod:`document`
        """
        rollout_id = self._current_id()
        return None if rollout_id is None else self.rollout(rollout_id)

    def rollout(self, rollout_id: str) -> Rollout:
        """One rollout by its id; raises JournalCorrupt when its file is missing or damaged."""
        name = _file_of(rollout_id)
        text = self._read(name)
        if text is None:
            raise JournalCorrupt("{0} is missing".format(self._path(name)))
        return document.load_rollout(text, self._path(name))

    def history(self) -> t.List[str]:
        """The ids of all rollouts, oldest first."""
        try:
            names = os.listdir(self._path("rollouts"))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise JournalUnwritable("{0} cannot be read: {1}".format(self.folder, error.strerror)) from error
        return sorted(name[: -len(".json")] for name in names if name.endswith(".json") and not name.startswith("."))

    def write(self, rollout: Rollout, begins: bool = False) -> None:
        """Make *rollout* durable; one that *begins* becomes the current one after its file is safe."""
        self._write(_file_of(rollout.id), document.dump_rollout(rollout))
        if begins:
            self._write("current", rollout.id + "\n")

    def lock(self) -> t.Optional[Lock]:
        """Who holds the app; None when nobody does.

        :raises LockCorrupt, JournalTooNew: when the file cannot be read
        """
        try:
            text = self._read("lock")
            return None if text is None else document.load_lock(text, self._path("lock"))
        except JournalCorrupt as error:
            raise LockCorrupt(error.message) from error

    def write_lock(self, lock: Lock) -> None:
        self._write("lock", document.dump_lock(lock))

    def release_lock(self) -> None:
        with self._writing("the lock"), contextlib.suppress(FileNotFoundError):
            fault.reach("unlock")
            os.unlink(self._path("lock"))
            sync_folder(self.folder)

    def prune(self, keep: int) -> t.List[str]:
        """Remove the oldest ended rollouts beyond *keep*, never the current one; returns their ids."""
        names = self.history()
        current = (self._read("current") or "").strip()
        old = [name for name in names[: max(0, len(names) - keep)] if name != current]
        for name in old:
            self._remove(_file_of(name))
        return old

    def unreadable(self) -> t.List[str]:
        """The names of the files because of which :meth:`current` is corrupt; empty when it is not."""
        try:
            self.current()
        except JournalCorrupt:
            return self._damaged_rollout() + ["current"]
        return []

    def set_aside(self, names: t.Sequence[str], now: float) -> t.List[str]:
        """Rename the files *names*, so that they are kept and in nobody's way; returns their new paths."""
        return [self._rename(name, self._aside(name, now)) for name in names]

    def _aside(self, name: str, now: float) -> str:
        """A name for what is set aside, which nothing has yet."""
        first = "{0}.corrupt-{1}".format(name, utc(now))
        names = itertools.chain([first], ("{0}-{1}".format(first, number) for number in itertools.count(2)))
        return next(name for name in names if not os.path.lexists(self._path(name)))

    def _rename(self, name: str, to: str) -> str:
        with self._writing(name):
            os.rename(self._path(name), self._path(to))
            sync_folder(os.path.dirname(self._path(to)))
        return self._path(to)

    def _remove(self, name: str) -> None:
        with self._writing(name):
            os.unlink(self._path(name))

    def _damaged_rollout(self) -> t.List[str]:
        try:
            name = _file_of(self._current_id() or "")
        except JournalCorrupt:
            return []
        return [name] if os.path.exists(self._path(name)) else []

    def _current_id(self) -> t.Optional[str]:
        text = self._read("current")
        if text is not None and not _ROLLOUT_ID.fullmatch(text.strip()):
            raise JournalCorrupt("{0} does not name a rollout".format(self._path("current")))
        return None if text is None else text.strip()

    def _path(self, name: str) -> str:
        return os.path.join(self.folder, name)

    def _read(self, name: str) -> t.Optional[str]:
        try:
            with open(self._path(name), "rb") as handle:
                return handle.read().decode("utf-8")
        except FileNotFoundError:
            return None
        except UnicodeDecodeError as error:
            raise JournalCorrupt("{0} is not text: {1}".format(self._path(name), error)) from error
        except OSError as error:
            raise JournalUnwritable("{0} cannot be read: {1}".format(self._path(name), error.strerror)) from error

    def _write(self, name: str, text: str) -> None:
        fault.reach("before-write")
        with self._writing(name):
            write_file(self._path(name), text, mode=0o640)
        fault.reach("after-write")

    @contextlib.contextmanager
    def _writing(self, what: str) -> t.Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno == errno.ENOENT and what != "the state folder":
                raise
            raise JournalUnwritable(
                "{0} in {1} cannot be written: {2}".format(what, self.folder, error.strerror or error)
            ) from error


class ReadOnlyJournal(Journal):
    """The journal of one app in check mode: every write succeeds and is forgotten, and no file is touched."""

    read_only = True

    @contextlib.contextmanager
    def guard(self) -> t.Iterator[None]:
        yield

    def release_lock(self) -> None:
        pass

    def _rename(self, _name: str, to: str) -> str:
        return self._path(to)

    def _remove(self, _name: str) -> None:
        pass

    def _write(self, _name: str, _text: str) -> None:
        pass


def _file_of(rollout_id: str) -> str:
    return os.path.join("rollouts", rollout_id + ".json")
