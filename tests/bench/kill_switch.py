# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kill switch of a feature on many hosts, each with an app that reads its own file: until the last app has heard of it.

Beside it, what people do without a module for flags: ``ansible.builtin.copy`` of a file in which the flag is off.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import pathlib
import statistics
import subprocess
import sys
import time
import typing as t

from ansible_collections.progressive.delivery.tests.bench import timed_play
from ansible_collections.progressive.delivery.tests.module_call import call

HOSTS = 20
ROUNDS = 3
"""How often each kills it; the median counts."""
FLAG = "analyze-all-ai"
POLL_MS = 100
"""How often each app looks at its file."""
READER = pathlib.Path(__file__).with_name("flag_reader.py")


@dataclasses.dataclass(frozen=True)
class Row:
    """How long it took by one module; medians over the rounds, in seconds.

    :param task: the whole task, on all hosts
    :param last_seen: from the beginning of the task until the last app had heard of it
    :param after_write: from the change of an app's file until it had heard of it, the longest of all apps
    :param rival_last_seen: the same as ``last_seen`` by the rival
    """

    what: str
    hosts: int
    task: float
    last_seen: float
    after_write: float
    rival: str
    rival_last_seen: float

    @property
    def ratio(self) -> float:
        """How many times sooner the last app hears of it."""
        return self.rival_last_seen / self.last_seen


@dataclasses.dataclass(frozen=True)
class _Killed:
    task: float
    last_seen: float
    after_write: float


class _App:
    """An app on one of the hosts."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.file = folder / "flags.json"
        command = [sys.executable, str(READER), str(self.file), FLAG, str(POLL_MS)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def wait_for(self, value: bool) -> float:
        """When it first saw that value, after what it saw last."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            seen = json.loads(line)
            if seen["value"] is value:
                return float(seen["at"])
        raise RuntimeError(f"the reader of {self.file} has ended")

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


def measure(scale: float, _balancers: t.Sequence[str], folder: pathlib.Path) -> t.Iterator[Row]:
    """One row."""
    hosts = [f"host-{number}" for number in range(1, max(2, round(HOSTS * scale)) + 1)]
    for host in hosts:
        (folder / host).mkdir()
        _give(folder / host / "flags.json")
    dead = folder / "dead.json"
    _give(dead)
    call("feature_toggle", path=str(dead), name=FLAG, state="disabled")
    file = f"{folder}/{{{{ inventory_hostname }}}}/flags.json"
    ours = {"progressive.delivery.feature_toggle": {"path": file, "name": FLAG, "killed": True}}
    theirs = {"ansible.builtin.copy": {"src": str(dead), "dest": file}}
    with contextlib.ExitStack() as closing:
        apps = [closing.enter_context(contextlib.closing(_App(folder / host))) for host in hosts]
        killed: dict[str, list[_Killed]] = {"ours": [], "theirs": []}
        for _round in range(ROUNDS):
            for name, task in (("ours", ours), ("theirs", theirs)):
                killed[name].append(_kill(folder, hosts, apps, task))
    yield Row(
        what="kill switch",
        hosts=len(hosts),
        task=statistics.median(one.task for one in killed["ours"]),
        last_seen=statistics.median(one.last_seen for one in killed["ours"]),
        after_write=max(one.after_write for one in killed["ours"]),
        rival="ansible.builtin.copy",
        rival_last_seen=statistics.median(one.last_seen for one in killed["theirs"]),
    )


def _kill(folder: pathlib.Path, hosts: list[str], apps: list[_App], task: dict[str, t.Any]) -> _Killed:
    """One kill by *task*, of a feature that all apps have seen on."""
    for app in apps:
        _give(app.file)
    for app in apps:
        app.wait_for(True)
    time.sleep(1)
    timed = timed_play.tasks_timed(folder, hosts, {}, [{"name": "kill", **task}])["kill"]
    seen = [app.wait_for(False) for app in apps]
    written = [app.file.stat().st_mtime for app in apps]
    waited = [one - other for one, other in zip(seen, written, strict=True)]
    return _Killed(timed.seconds, max(seen) - timed.start, max(waited))


def _give(file: pathlib.Path) -> None:
    """The feature for everybody."""
    whole = {"variants": {"on": True, "off": False}, "default_variant": "off", "percent": 100, "state": "enabled"}
    call("feature_toggle", path=str(file), name=FLAG, killed=False, **whole)
