# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Given, when, then: canaries on a real balancer under load, told in a few lines."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
import pathlib
import subprocess
import sys
import time
import typing as t

from load import records, report
from loopback.site import Load

from ansible_collections.progressive.delivery.tests.e2e.balancers.laid_down import LaidDown, environment, until
from ansible_collections.progressive.delivery.tests.e2e.canary.client import Client
from ansible_collections.progressive.delivery.tests.e2e.canary.run import Data, Meanwhile, Options, Run
from ansible_collections.progressive.delivery.tests.e2e.canary.site import APP, BALANCER, Site
from ansible_collections.progressive.delivery.tests.module_call import Failed, call

OLD = "1.0"
GOOD = "2.0"
BETTER = "3.0"
FAILING = "2.1-failing"
DOUBTFUL = "2.2-doubtful"
SLOW = "2.3-slow"
NEVER_READY = "2.4-never-ready"
DOES_NOT_START = "2.5-does-not-start"
RELEASES: dict[str, Data] = {
    OLD: {},
    GOOD: {},
    BETTER: {},
    FAILING: {"error_rate": 0.5},
    DOUBTFUL: {"error_rate": 0.1},
    SLOW: {"latency": 0.05},
    NEVER_READY: {"ready": False},
    DOES_NOT_START: {"starts": False},
}
"""What can be delivered; the names say what is wrong with it."""

ERROR_RATIO: Data = {
    "name": "error ratio",
    "query": 'error_ratio{pool="{{ pool }}"}',
    "reduction": "max",
    "success_condition": "result < `0.05`",
    "failure_condition": "result > `0.4`",
}
ERRORS: Data = {
    "name": "errors",
    "bad": 'requests_total{pool="{{ pool }}",code=~"5.."}',
    "total": 'requests_total{pool="{{ pool }}"}',
    "minimum_sample": 40,
}
LATENCY: Data = {"name": "latency", "value": 'latency_seconds{pool="{{ pool }}"}', "interval": 0.2}
RATIO: Data = {"duration": 20, "interval": 0.1, "metrics": [{**ERROR_RATIO, "count": 3, "initial_delay": 0.5}]}
"""An analysis by conditions: three looks at the part of the requests that fail."""
COMPARED: Data = {"duration": 20, "interval": 0.2, "metrics": [ERRORS]}
"""An analysis that compares both pools."""
PLACES = 60
"""How many places there are in the canary of ``test_kills.py`` at which it can be killed: before and after each write to the journal."""
HERE = pathlib.Path(__file__).resolve().parent


class Story:
    """One scenario on a site that is kept from scenario to scenario, with a journal of its own.

    :param rate: requests a second
    """

    def __init__(self, site: Site, edge: LaidDown, folder: pathlib.Path, rate: int = 100) -> None:
        self.site = site
        self.edge = edge
        self._state_dir = folder / "state"
        self._folder = folder
        self._rate = rate
        self._load: Load | None = None
        self._records: report.Records | None = None
        self._options = Options()
        self._ended: Data | None = None
        self._refusal: Failed | None = None
        self.killed = False
        self.splits: list[Data] = []

    # -- given -------------------------------------------------------------

    def given_serving(self, release: str = OLD) -> Story:
        """*release* serves everything from blue, green has nothing; load has begun."""
        self._put_all(release)
        self._load = self._start_load()
        return self

    def given_serving_without_load(self, release: str = OLD) -> Story:
        self._put_all(release)
        return self

    def given_nothing(self) -> Story:
        """Nothing was ever delivered."""
        self._put_all(OLD)
        for names in self.site.pools.values():
            for name in names:
                self.site.clear(name)
        return self

    def given_delivered(self, release: str = GOOD) -> Story:
        """A delivery of *release* went before, so that there is a way back from what serves."""
        self.given_serving()
        return self.when_delivering(release, strategy="blue_green", bake=0).then_ended("succeeded")

    def given_toggle(self, instance: str, **toggle: t.Any) -> Story:
        """An instance that has a feature toggle already."""
        call("feature_toggle", **{**toggle, "path": str(self.site.toggles(instance))})
        return self

    # -- when --------------------------------------------------------------

    def when_delivering(self, release: str, meanwhile: Meanwhile | None = None, **options: t.Any) -> Story:
        """A canary of *release* is begun and carried on until its run ends; *options* as of :class:`Options`."""
        self._options = Options(**options)
        return self._run("begin", meanwhile, release)

    def when_ramping(self, meanwhile: Meanwhile | None = None, **options: t.Any) -> Story:
        """A toggle is given to more and more users, and that is carried on until its run ends."""
        self._options = Options(strategy="toggle_ramp", **options)
        return self._run("begin", meanwhile)

    def when(self, command: str, meanwhile: Meanwhile | None = None, **options: t.Any) -> Story:
        """Another run: ``promote``, ``rollback``, ``resume`` or ``abandon``; the rest is as in the delivery."""
        self._options = dataclasses.replace(self._options, **{"full": False, **options})
        return self._run(command, meanwhile)

    def when_killed(self, fault: str, release: str | None, **options: t.Any) -> Story:
        """A run in a process of its own delivers *release* until it is killed at *fault*, as ``PLACE:COUNT``."""
        self._options = Options(**options)
        process = self._start(fault, release, self._options)
        _told, complaints = process.communicate()
        self.killed = process.returncode == -9
        assert self.killed or process.returncode == 0, complaints
        return self

    def starting_beside(self, release: str, **options: t.Any) -> subprocess.Popen[str]:
        """A delivery by somebody else, in a process of its own, which goes on beside the run under way."""
        return self._start("never:1", release, Options(**options))

    def _start(self, fault: str, release: str | None, options: Options) -> subprocess.Popen[str]:
        marks = self._folder / "marks"
        marks.mkdir()
        given = {
            "site": str(self.site.directory),
            "state_dir": str(self._state_dir),
            "release": release,
            "options": dataclasses.asdict(options),
            "fault": fault,
            "marks": str(marks),
        }
        (self._folder / "given.json").write_text(json.dumps(given), encoding="utf-8")
        with (self._folder / "given.json").open(encoding="utf-8") as stdin:
            return subprocess.Popen(
                [sys.executable, str(HERE / "run_process.py"), "begin"],
                stdin=stdin,
                env=environment(),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )

    def when_told(self, quality: str, value: t.Any, *instances: str) -> Story:
        """Running instances behave otherwise from now on."""
        for instance in instances:
            self.site.tell(instance, quality, value)
        return self

    def when_served(self, release: str) -> Story:
        """Every answer is of *release* at last: a balancer asks an instance more than once before it sends requests again."""
        end = time.monotonic() + 60  # Only so that a hang is told.
        while self.serving() != {release}:
            assert time.monotonic() < end, self.serving()
            time.sleep(0.1)
        return self

    def when_dead(self, instance: str) -> Story:
        """An instance is killed."""
        self.site.stop(instance, 9)
        return self

    def another(self, command: str, **options: t.Any) -> Story:
        """What a run of somebody else comes to beside the one under way, as a story of its own without load."""
        other = Story(self.site, self.edge, self._folder)
        other.splits = self.splits
        return other.when(command, **options)

    def another_delivery(self, release: str, **options: t.Any) -> Story:
        """The same of a delivery."""
        other = Story(self.site, self.edge, self._folder)
        other.splits = self.splits
        return other.when_delivering(release, **options)

    def pause(self) -> None:
        """Somebody asks the run under way to pause, as the pause playbook does."""
        call("rollout", app=APP, state_dir=str(self._state_dir), command="pause")

    def skip(self, full: bool = False) -> None:
        """Somebody asks it to go on, as the skip playbook does."""
        call("rollout", app=APP, state_dir=str(self._state_dir), command="skip", full=full)

    # -- then --------------------------------------------------------------

    def then_ended(self, result: str, *reasons: str) -> Story:
        """The last run ended with *result*, for all of *reasons*, and gave the lock back."""
        assert self._refusal is None, self._refusal.result
        assert self._ended is not None
        action = self._ended["action"]
        assert action["result"] == result, action
        for reason in reasons:
            assert reason in action["reason"], action
        return self.then_unlocked()

    def then_paused_for_another(self) -> Story:
        """The last run ended as a delivery was to take its place, which has the lock perhaps."""
        assert self._ended is not None, self._refusal
        assert "a delivery that is to take its place asked for a pause" in self._ended["action"]["reason"]
        return self

    def then_refused(self, *reasons: str) -> Story:
        """The last run was refused, for all of *reasons*, and holds nothing."""
        return self.then_refused_while_held(*reasons).then_unlocked()

    def then_refused_while_held(self, *reasons: str) -> Story:
        """The last run was refused, for all of *reasons*."""
        assert self._refusal is not None, self._ended
        for reason in reasons:
            assert reason in self._refusal.result["msg"], self._refusal.result
        return self

    def then_refuses(self, command: str, *reasons: str) -> Story:
        """A run that begins another release, or does *command*, is refused for all of *reasons*, whatever the journal can tell."""
        self._run(command, None, BETTER if command == "begin" else None)
        return self.then_refused_while_held(*reasons)

    def then_unlocked(self) -> Story:
        assert self._info()["lock"] is None
        return self

    def then_rollouts(self, *releases: str) -> Story:
        """The journal has rollouts to these releases, oldest first, and no others."""
        folder = self._state_dir / APP / "rollouts"
        found = [json.loads(path.read_text(encoding="utf-8"))["rollout"] for path in folder.glob("*.json")]
        assert [one["to_release"] for one in sorted(found, key=lambda one: one["created_at"])] == list(releases)
        return self

    def then_serves(self, release: str) -> Story:
        """Every answer is of *release*, and the balancer gives it everything."""
        assert self.serving() == {release}
        (split,) = self.site.observe().values()
        assert set(split["shares"].values()) == {0, 10000}
        assert split["consistent"]
        return self

    def then_shares(self, *per_cent: float) -> Story:
        """In all runs together the pool green had these parts of the traffic, one after the other."""
        seen = [split["split"]["green"] for split in self.splits if split]
        assert [share for share, _same in itertools.groupby(seen)] == list(per_cent)
        return self

    def then_fleet(self, *releases: str | None) -> Story:
        """The hosts of the pool blue have these releases."""
        assert tuple(self.site.fleet()["blue"].values()) == releases
        return self

    def then_all_in(self) -> Story:
        """No server is taken out."""
        pools = self.site.observe()[BALANCER]["pools"]
        states = {endpoint["state"] for pool in pools.values() for endpoint in pool["endpoints"]}
        assert not states.intersection(("drain", "maint"))
        return self

    def then_runs(self, release: str, pool: str) -> Story:
        """The instances of *pool* have *release*."""
        assert set(self.site.fleet()[pool].values()) == {release}
        return self

    def then_runs_nothing(self, pool: str) -> Story:
        """Nothing was put on the instances of *pool*."""
        assert set(self.site.fleet()[pool].values()) == {None}
        return self

    def then_measured(self, release: str, per_cent: float, requests: int = 500) -> Story:
        """Of the requests sent from now on that part is answered by *release*: within five times what chance explains."""
        sent = self.requests_from_now(requests)
        share = sum(record.release == release for record in sent) / len(sent)
        expected = per_cent / 100
        assert abs(share - expected) <= 5 * math.sqrt(expected * (1 - expected) / len(sent)), share
        return self

    def then_preview(self, pool: str, release: str) -> Story:
        """A request with the header for *pool* is answered by *release*."""
        assert {self.edge.get(X_Preview=pool).pool for _number in range(8)} == {release}
        return self

    def then_no_copies(self) -> Story:
        """No pool gets copies of requests."""
        assert self.site.observe()[BALANCER]["mirror"] == {}
        return self

    def then_no_preview(self) -> Story:
        """The balancer has no header route."""
        assert self.site.observe()[BALANCER]["header"] == {}
        return self

    def then_kinds(self, *kinds: str) -> Story:
        """The latest rollout did these actions, of those that are asked about."""
        assert [kind for kind in self.kinds() if kind in kinds] == list(kinds)
        return self

    def then_never(self, kind: str) -> Story:
        """The latest rollout did nothing of that kind."""
        assert kind not in self.kinds()
        return self

    def then_only_failed_from(self, *releases: str) -> Story:
        """No request failed but those that one of *releases* answered itself; ends the load."""
        failed = [record for record in self.records() if record.failed and record.release not in releases]
        assert failed == []
        return self

    def then_nothing_failed(self) -> Story:
        return self.then_only_failed_from()

    def then_answered(self, release: str) -> Story:
        assert release in report.by_release(self.records())
        return self

    def then_never_answered(self, release: str) -> Story:
        assert release not in report.by_release(self.records())
        return self

    # -- what is looked at -------------------------------------------------

    def last(self) -> Data:
        """What the last run came to."""
        assert self._ended is not None, self._refusal
        return self._ended

    def rollout(self, rollout_id: str | None = None) -> Data:
        """The latest rollout, or that one, as the journal has it."""
        return self._info(**({"id": rollout_id} if rollout_id else {}))["rollout"]

    def journal_file(self) -> pathlib.Path:
        """The file of the latest rollout."""
        folder = self._state_dir / APP
        return folder / "rollouts" / f"{(folder / 'current').read_text().strip()}.json"

    def toggles(self, name: str) -> list[Data | None]:
        """A feature toggle on each instance; None where there is none."""
        return [self.site.toggle(instance, name) for names in self.site.pools.values() for instance in names]

    def serving(self) -> set[str | None]:
        """The releases that answer now."""
        return {self.edge.get().pool for _number in range(8)}

    def kinds(self) -> list[str]:
        """The kinds of actions that the latest rollout intended, each begun step once."""
        return [entry["kind"] for entry in self.rollout()["entries"] if entry["what"] == "intent"]

    def reached(self, place: str) -> int:
        """How often the run of :meth:`when_killed` reached *place*."""
        return (self._folder / "marks" / place).stat().st_size

    def new_client(self) -> Client:
        """A client that keeps what it is told to keep."""
        return Client(self.edge.port)

    def requests_from_now(self, number: int) -> report.Records:
        """So many requests that are sent from now on; waits for them."""
        assert self._load is not None, "the story has no load"
        begun = records.read(self._load.record)[-1].sent
        later: report.Records = []

        def enough() -> bool:
            nonlocal later
            later = [record for record in records.read(self._load.record) if record.sent > begun + 0.1]
            return len(later) >= number

        until(enough, f"{number} requests are answered")
        return later

    def records(self) -> report.Records:
        """All requests of the story; ends its load."""
        if self._records is None:
            assert self._load is not None, "the story has no load"
            self._records = self._load.stop()
            assert len(self._records) > 20
        return self._records

    def close(self) -> None:
        """End the load, whatever happened."""
        if self._load is not None:
            self._load.kill()

    def _run(self, command: str, meanwhile: Meanwhile | None, release: str | None = None) -> Story:
        self._ended, self._refusal = None, None
        run = Run(self.site, self._state_dir, self._options, meanwhile, self.splits.append)
        try:
            self._ended = run.carry_out(command, release)
        except Failed as refusal:
            self._refusal = refusal
        return self

    def _info(self, **options: t.Any) -> Data:
        return call("rollout_info", app=APP, state_dir=str(self._state_dir), **options)

    def _put_all(self, release: str) -> None:
        """The site as a story finds it. Nobody sends anything, so the order does not matter."""
        for version, qualities in RELEASES.items():
            self.site.add_release(version, **qualities)
        for name in self.site.pools["blue"]:
            self.site.put(name, release)
        blue = {**dict.fromkeys(self.site.pools, 0), "blue": 100}
        self.site.traffic(split=blue, header={}, sticky=False, health={"check": False})
        for pool, names in self.site.pools.items():
            if self.site.takes_out:
                self.site.traffic(servers={"pool": pool, "names": names, "state": "ready"})
            for name in names:
                self.site.toggles(name).unlink(missing_ok=True)
                if pool != "blue":
                    self.site.clear(name)
        until(self._blue_is_up, "the balancer sees the instances")

    def _blue_is_up(self) -> bool:
        endpoints = self.site.observe()[BALANCER]["pools"]["blue"]["endpoints"]
        return {endpoint["state"] for endpoint in endpoints} <= {"ready", "unknown"} and self.edge.get().status == 200

    def _start_load(self) -> Load:
        url = f"http://127.0.0.1:{self.edge.port}/"
        load = Load(url, self._folder / "load", "--method", "GET", "--rate", str(self._rate), "--connections", "8")
        until(lambda: load.record.exists() and bool(records.read(load.record)), "the load is answered")
        return load
