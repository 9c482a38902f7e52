# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An app that the modules ``rollout`` and ``rollout_info`` deliver, with its journal on disk and a clock of its own."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.progressive.delivery.tests.module_call import Failed, call

Result = dict[str, t.Any]
OPENING = ["begin", "promote", "rollback", "resume", "abandon"]
"""The commands with which a run begins."""

ALICE = {"name": "alice", "host": "control", "run": "job 42"}
BOB = {"name": "bob", "host": "laptop", "run": "playbook"}


class Clock:
    """Stands in for the module ``time``; begins at 2027-01-15T08:00:00Z and passes only where it is told to."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def time(self) -> float:
        return self.now

    monotonic = time

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Shop:
    """The app ``shop``: pools blue and green, two balancers, release 1.0 on blue, which has all the traffic.

    It keeps what a run keeps: the token of its lock, and what the module answered last.
    """

    def __init__(self, state_dir: pathlib.Path, clock: Clock) -> None:
        self.state_dir = state_dir
        self.folder = state_dir / "shop"
        self.clock = clock
        self.shares = {"blue": 10000, "green": 0}
        self.header: str | None = None
        self.fleet: dict[str, dict[str, str | None]] = {
            "blue": {"app1": "1.0", "app2": "1.0"},
            "green": {"app3": None, "app4": None},
        }
        self.token = ""
        self.answer: Result = {}

    @property
    def splits(self) -> dict[str, Result]:
        """What both balancers carry out, of the form that traffic_info returns."""
        header = {"name": "X-Preview", "pool": self.header} if self.header else None
        return {name: {"shares": self.shares, "header": header} for name in ("lb1", "lb2")}

    def ask(self, command: str, **options: t.Any) -> Result:
        """The answer to *command* with nothing but *options*."""
        return call("rollout", app="shop", state_dir=str(self.state_dir), command=command, **options)

    def info(self, **options: t.Any) -> Result:
        return call("rollout_info", app="shop", state_dir=str(self.state_dir), **options)

    def lock(self, **options: t.Any) -> Result:
        """Take the lock as Alice's run does, unless *options* say otherwise."""
        return self.ask("lock", **{"owner": ALICE, **options})

    def say(self, command: str, **options: t.Any) -> Result:
        """The answer to *command* of the run that holds the lock."""
        what: Result = {"token": self.token, "splits": self.splits}
        if command == "begin":
            what.update(release="1.1", fleet=self.fleet)
        return self.ask(command, **{**what, **options})

    def open(self, command: str = "begin", **options: t.Any) -> Result:
        """Begin a run: take the lock and say *command*."""
        self.token = self.lock()["token"]
        self.answer = self.say(command, **options)
        return self.answer

    def report(self, result: str = "succeeded", **options: t.Any) -> Result:
        """Do the action that was asked for, unless *result* is another, and report."""
        action = self.answer["action"]
        expected = sorted(self.splits if action["kind"] in ("shift", "drain") else self.fleet[action["pool"]])
        if result == "succeeded":
            self._perform(action)
        # The last part of an analysis always has a verdict.
        decided = action["kind"] == "analyse" and action["closes"]
        reports = {
            name: {"seq": action["seq"], "result": result, "reason": "", "decided": decided} for name in expected
        }
        said = {"seq": action["seq"], "expected": expected, "reports": reports}
        self.answer = self.say("advance", **{**said, **options})
        return self.answer

    def walk(self, results: t.Mapping[str, str]) -> list[str]:
        """Go on to the end of the run; the kinds of its actions, each of which takes a second or as long as it says.

        :param results: what is reported, by kind of action; success for all others
        """
        kinds = [self.answer["action"]["kind"]]
        while kinds[-1] != "end":
            self.clock.now += self.answer["action"]["seconds"] or 1.0
            kinds.append(self.report(results.get(kinds[-1], "succeeded"))["action"]["kind"])
        return kinds

    def ready_for(self, command: str) -> Result:
        """Bring the app to where *command* has something to do; the options that it then takes."""
        if command == "lock":
            return {}
        if command == "begin":
            self.token = self.lock()["token"]
            return {"token": self.token, "splits": self.splits, "release": "1.1", "fleet": self.fleet}
        self.open("begin", gate=command == "promote")
        if command == "pause":
            return {}
        if command == "promote":
            self.walk({})
            self.token = self.lock()["token"]
        options: Result = {"token": self.token, "splits": self.splits}
        if command == "advance":
            reports = {name: {"seq": 1, "result": "succeeded"} for name in ("app3", "app4")}
            options.update(seq=1, expected=["app3", "app4"], reports=reports)
        return options

    def refused(self, error: str | None, command: str, **options: t.Any) -> str:
        """What is said when *command* fails with *error* and leaves every record as it was."""
        before = self.records()
        with pytest.raises(Failed) as failure:
            self.ask(command, **options)
        assert failure.value.result.get("error") == error
        assert self.records() == before
        return str(failure.value.result["msg"])

    def tree(self) -> dict[str, bytes | None]:
        """Everything in the state folder, byte for byte."""
        found = sorted(self.state_dir.rglob("*"))
        return {str(path.relative_to(self.state_dir)): path.read_bytes() if path.is_file() else None for path in found}

    def records(self) -> dict[str, bytes]:
        """What the journal has, byte for byte, less who holds the lock."""
        aside = ("shop/lock", "shop/guard")
        return {path: content for path, content in self.tree().items() if content is not None and path not in aside}

    def journal(self) -> pathlib.Path:
        """The file of the one rollout there is."""
        (path,) = (self.folder / "rollouts").iterdir()
        return path

    def _perform(self, action: Result) -> None:
        if action["kind"] == "shift":
            self.shares, self.header = action["shares"], action["header"]
        if action["kind"] == "deploy":
            self.fleet[action["pool"]] = dict.fromkeys(self.fleet[action["pool"]], self.answer["rollout"]["to_release"])
