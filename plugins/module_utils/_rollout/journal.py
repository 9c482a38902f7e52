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
overwritten.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._files.atomic import sync_folder, write_file
from ansible_collections.progressive.delivery.plugins.module_utils._rollout import document, fault
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.errors import (
    JournalCorrupt,
    JournalUnwritable,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.lock import Lock
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import Rollout


class Journal:
    """The journal of one app.

    :param state_dir: the state folder; made, with the app's folder in it, at the first write
    :param app: a checked app name
    """

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
        rollout_id = self._read("current")
        if rollout_id is None:
            return None
        name = rollout_id.strip()
        if not name or os.path.basename(name) != name:
            raise JournalCorrupt("{0} does not name a rollout".format(self._path("current")))
        return self.rollout(name)

    def rollout(self, rollout_id: str) -> Rollout:
        """One rollout by its id; raises JournalCorrupt when its file is missing or damaged."""
        name = os.path.join("rollouts", rollout_id + ".json")
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
        return sorted(name[: -len(".json")] for name in names if name.endswith(".json") and not name.startswith("."))

    def write(self, rollout: Rollout, begins: bool = False) -> None:
        """Make *rollout* durable; one that *begins* becomes the current one after its file is safe."""
        self._write(os.path.join("rollouts", rollout.id + ".json"), document.dump_rollout(rollout))
        if begins:
            self._write("current", rollout.id + "\n")

    def lock(self) -> t.Optional[Lock]:
        text = self._read("lock")
        return None if text is None else document.load_lock(text, self._path("lock"))

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
            with self._writing("old journals"):
                os.unlink(self._path(os.path.join("rollouts", name + ".json")))
        return old

    def set_aside(self, suffix: str) -> t.List[str]:
        """Rename what cannot be read, so that it is kept and the app is free again; returns the new paths."""
        moved = []
        rollout_id = (self._read("current") or "").strip()
        candidates = [("current", self.current), ("lock", self.lock)]
        for name, load in candidates:
            try:
                load()
            except JournalCorrupt:
                moved.append(self._rename(name, suffix))
                damaged = os.path.join("rollouts", os.path.basename(rollout_id) + ".json")
                if name == "current" and os.path.exists(self._path(damaged)):
                    moved.append(self._rename(damaged, suffix))
        return moved

    def _rename(self, name: str, suffix: str) -> str:
        with self._writing(name):
            os.rename(self._path(name), self._path(name) + suffix)
            sync_folder(os.path.dirname(self._path(name)))
        return self._path(name) + suffix

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
