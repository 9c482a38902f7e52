# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers of HAProxy put out of service and back: in one call, and by community.general.haproxy one at a time."""

from __future__ import annotations

import contextlib
import pathlib
import typing as t

from ansible_collections.progressive.delivery.tests.bench import rival, timed_play
from ansible_collections.progressive.delivery.tests.bench.endpoints import Endpoints
from ansible_collections.progressive.delivery.tests.e2e.balancers import laid_down

SERVERS = 100
HOLD = 30
STATES = {"drain": "drain", "ready": "enabled"}
"""The states that servers are put into in turn, and the rival's names of them."""


def measure(scale: float, _balancers: t.Sequence[str], folder: pathlib.Path) -> t.Iterator[rival.Row]:
    """A row for each state."""
    names = [f"green{number}" for number in range(1, max(5, round(SERVERS * scale)) + 1)]
    with contextlib.closing(Endpoints({"blue": ["blue1"], "green": names})) as endpoints:
        haproxy = laid_down.lay_down("haproxy", folder / "app", endpoints)
        try:
            haproxy.start()
            seconds = timed_play.task_seconds(folder, {"names": names}, _tasks(haproxy))
        finally:
            haproxy.stop()
    for state, theirs in STATES.items():
        yield rival.Row(
            what=f"servers of HAProxy: {state}",
            items=len(names),
            seconds=rival.median(seconds, state),
            rival="community.general.haproxy",
            rival_items=len(names),
            rival_seconds=seconds[theirs],
            hold=HOLD,
        )


def _tasks(haproxy: laid_down.LaidDown) -> list[dict[str, t.Any]]:
    """Ours in turn, then theirs in turn, so that every task finds something to change."""
    rounds = [rival.ours(state, _ours(haproxy, state)) for state in STATES]
    in_turn = [task for pair in zip(*rounds, strict=True) for task in pair]
    return in_turn + [_theirs(haproxy, state) for state in STATES.values()]


def _ours(haproxy: laid_down.LaidDown, state: str) -> dict[str, t.Any]:
    parameters = {
        "app": laid_down.APP,
        "balancer": "haproxy",
        "connection": {"directory": str(haproxy.directory)},
        "servers": {"pool": "green", "names": "{{ names }}", "state": state},
    }
    return {"progressive.delivery.traffic": parameters, "register": "done", "failed_when": "not done.changed"}


def _theirs(haproxy: laid_down.LaidDown, state: str) -> dict[str, t.Any]:
    parameters = {
        "state": state,
        "host": "{{ item }}",
        "backend": f"{laid_down.APP}.green",
        "socket": str(haproxy.directory / "haproxy.sock"),
    }
    return {
        "name": state,
        "community.general.haproxy": parameters,
        "loop": "{{ names }}",
        "register": "done",
        "failed_when": "not done.changed",
    }
