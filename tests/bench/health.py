# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Endpoints asked for their health: all in one call, and by ansible.builtin.uri one at a time."""

from __future__ import annotations

import contextlib
import pathlib
import typing as t

from ansible_collections.progressive.delivery.tests.bench import rival, timed_play
from ansible_collections.progressive.delivery.tests.bench.endpoints import Endpoints

ENDPOINTS = 1000
RIVAL_ENDPOINTS = 50
"""A thousand would take the rival's loop the better part of an hour on a busy machine."""

HOLD = 100
PATH = "/readyz"


def measure(scale: float, _balancers: t.Sequence[str], folder: pathlib.Path) -> t.Iterator[rival.Row]:
    """One row."""
    names = [f"app{number}" for number in range(max(20, round(ENDPOINTS * scale)))]
    rivals = max(5, round(RIVAL_ENDPOINTS * scale))
    with contextlib.closing(Endpoints({"green": names})) as endpoints:
        ports = endpoints.ports["green"]
        targets = [{"name": name, "address": "127.0.0.1", "port": port} for name, port in ports.items()]
        seconds = timed_play.task_seconds(folder, {"targets": targets}, [*rival.ours("ours", _ours()), _theirs(rivals)])
    yield rival.Row(
        what="endpoints asked over HTTP",
        items=len(names),
        seconds=rival.median(seconds, "ours"),
        rival="ansible.builtin.uri",
        rival_items=rivals,
        rival_seconds=seconds["theirs"],
        hold=HOLD,
    )


def _ours() -> dict[str, t.Any]:
    parameters = {"targets": "{{ targets }}", "checks": [{"name": "ready", "type": "http", "path": PATH}]}
    return {
        "progressive.delivery.health_check": parameters,
        "register": "done",
        "failed_when": "done.ready != targets | length",
    }


def _theirs(count: int) -> dict[str, t.Any]:
    parameters = {"url": f"http://{{{{ item.address }}}}:{{{{ item.port }}}}{PATH}", "status_code": 200}
    return {"name": "theirs", "ansible.builtin.uri": parameters, "loop": f"{{{{ targets[:{count}] }}}}"}
