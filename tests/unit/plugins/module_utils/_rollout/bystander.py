# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whoever comes to a rollout without its lock, amid a history of ``test_laws.py``: with the journal of that, and its clock."""

from __future__ import annotations

import contextlib
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._rollout.document import dump_rollout, load_rollout
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.journal import Journal
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.lock import Lock, Owner
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import Action, Rollout


class History(t.Protocol):
    """What is needed of one; its run is under way while it has an action."""

    rollout: Rollout
    action: t.Optional[Action]
    now: float

    def succeed(self, seconds: float, decided: bool = False) -> None: ...


class Kept(Journal):
    """The journal of a history, in memory: others read it, and leave in it what they ask for."""

    def __init__(self, history: History) -> None:
        super().__init__("nowhere", "app")
        self.history = history

    @contextlib.contextmanager
    def guard(self) -> t.Iterator[None]:
        yield

    def current(self) -> t.Optional[Rollout]:
        return self.history.rollout

    def write(self, rollout: Rollout, begins: bool = False) -> None:
        assert not begins
        self.history.rollout = load_rollout(dump_rollout(rollout), "journal")

    def lock(self) -> t.Optional[Lock]:
        now = self.history.now
        return None if self.history.action is None else Lock(Owner("a", "b", "c"), "the run under way", now, now, 300.0)

    def write_lock(self, lock: Lock) -> None:
        assert self.history.action is None


class Clock:
    """That of a history. While somebody waits for half a second, the run under way takes a turn."""

    def __init__(self, history: History) -> None:
        self.history = history

    def time(self) -> float:
        return self.history.now

    monotonic = time

    def sleep(self, seconds: float) -> None:
        before = self.history.now
        if self.history.action is not None:
            self.history.succeed(0.0)
        self.history.now = max(self.history.now, before + seconds)


OTHER = Lock(Owner("d", "e", "f"), "another run", 0.0, 0.0, 300.0)
