# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Given, when, then: a delivery to a real site under load, told in a few lines."""

from __future__ import annotations

import json
import os
import pathlib
import socket
import subprocess
import sys
import time
import typing as t

import requests
from load import report
from loopback.site import REPOSITORY, Load, Run, Site, Started

QUICK = {
    "rollout_bake": 1,
    "rollout_rise": 1,
    "rollout_fall": 2,
    "rollout_check_interval": 0.3,
    "rollout_check_deadline": 3,
    "rollout_drain_timeout": 5,
    "rollout_lease": 3,
    "rollout_lock_wait": 6,
}
"""Rollout variables for a site whose instances answer at once."""
ONCE = "when: inventory_hostname == rollout_action_hosts | first"
"""Of the hosts on which a hook runs, one does the task."""
PLACES = 30
"""How many places there are in a delivery at which it can be killed: before and after each write to the journal."""
BAD = {"1.2.0", "1.3.0"}
"""Releases that are delivered to fail."""


class Story:
    """One scenario on a site that is kept from scenario to scenario."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._load: Load | None = None
        self._records: report.Records | None = None
        self._excused: set[str] = set()
        self._started: list[Started] = []
        self.last: Run | None = None
        self.old = ""
        self.new = ""

    # -- given -------------------------------------------------------------

    def given_serving(self, rate: int = 10) -> Story:
        """A good release, ``old``, serves everything; ``new`` was never delivered; load has begun.

        :param rate: requests a second during the story
        """
        serving = self.serving()
        if len(serving) != 1 or serving <= BAD:
            self.when("blue_green", rollout_release="1.0.0", rollout_bake=0).then_it_ended(0)
            serving = {"1.0.0"}
        self.old = serving.pop()
        self.new = f"2.0.{len(list(self.site.directory.glob('releases/*.tar.gz')))}"
        self.site.build_releases(self.new)
        self._load = self.site.load("--rate", str(rate), "--connections", "8")
        return self

    def given_serving_with_a_way_back(self) -> Story:
        """The same, and it is not the first release: where nothing was begun, a rollback goes back from what serves."""
        self.given_serving()
        first = self.site.journal()
        if first is not None and first["from_release"] is None:
            self.when_delivering("1.1.0").then_it_ended(0)
        return self

    def given_cut_off(self, host: str) -> Story:
        """*host* cannot be reached by Ansible."""
        (self.site.directory / f"cut-{host}").touch()
        return self

    # -- when --------------------------------------------------------------

    def when(self, playbook: str, fault: str | None = None, check: bool = False, **variables: t.Any) -> Story:
        """A playbook is run to its end, or until *fault* kills it."""
        self.last = self.site.run(playbook, fault, check, **{**QUICK, **variables})
        return self

    def starting(self, playbook: str, **variables: t.Any) -> Started:
        """A playbook is started and goes on beside the story."""
        self._started.append(self.site.start(playbook, **{**QUICK, **variables}))
        return self._started[-1]

    def when_delivering(self, release: str, **variables: t.Any) -> Story:
        return self.when("blue_green", rollout_release=release, **variables)

    def when_reached_again(self, host: str) -> Story:
        (self.site.directory / f"cut-{host}").unlink()
        return self

    def move_by_hand(self, split: dict[str, float]) -> None:
        """Someone moves traffic with the module, apart from any rollout."""
        arguments = {
            "app": "analyze-all",
            "balancer": self.site.settings["site_balancer"],
            "connection": {"directory": f"{self.site.directory}/lb-1"},
            "split": split,
        }
        subprocess.run(
            ["ansible", "localhost", "-m", "progressive.delivery.traffic", "-a", json.dumps(arguments)],
            cwd=REPOSITORY,
            env={**os.environ, "PATH": f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"},
            check=True,
            capture_output=True,
        )

    def wait_until(self, true: t.Callable[[], bool]) -> None:
        """Wait until something is the case; the run under way must bring it about."""
        deadline = time.monotonic() + 120
        while not true():
            assert time.monotonic() < deadline, "it never came to be"
            time.sleep(0.1)

    # -- then --------------------------------------------------------------

    def then_it_ended(self, code: int, *said: str) -> Story:
        """The last playbook ended with *code* and said all of *said*."""
        assert self.last is not None
        assert self.last.code == code, self.last.output
        for words in said:
            assert words in self.last.output, self.last.output
        return self

    def then_it_failed(self, *said: str) -> Story:
        """The last playbook ended with a failure and said all of *said*."""
        assert self.last is not None
        assert self.last.code > 0, self.last.output
        return self.then_it_ended(self.last.code, *said)

    def then_it_was_killed(self) -> Story:
        assert self.last is not None
        assert self.last.code == -9, self.last.output
        return self

    def then_status(self, status: str, reason: str = "") -> Story:
        """The journal's rollout is in *status*, and why."""
        rollout = self.site.journal()
        assert rollout is not None
        assert rollout["status"] == status, rollout
        assert reason in rollout["reason"], rollout
        return self

    def then_serves(self, *releases: str) -> Story:
        assert self.serving() == set(releases)
        return self

    def then_unlocked(self) -> Story:
        assert not self.site.locked()
        return self

    def then_only_failed_from(self, *releases: str) -> Story:
        """No request failed but those that one of *releases* answered itself."""
        failed = [record for record in self.records() if record.failed and record.release not in releases]
        assert failed == []
        return self

    def then_nothing_failed(self) -> Story:
        return self.then_only_failed_from()

    def then_never_answered(self, release: str) -> Story:
        assert release not in report.by_release(self.records())
        return self

    def then_answered(self, release: str) -> Story:
        assert release in report.by_release(self.records())
        return self

    # -- what is looked at -------------------------------------------------

    def serving(self, balancer: str = "lb-1") -> set[str]:
        """The releases that answer there now; empty when none does."""
        first = self._answering(balancer)
        if first is None:
            return set()
        return {first, *(self._answering(balancer) or "nothing" for _number in range(7))}

    def _answering(self, balancer: str) -> str | None:
        url = f"http://127.0.0.1:{self.site.ports[balancer]}/version"
        try:
            return requests.get(url, timeout=10).headers.get("X-Release")
        except requests.RequestException:
            return None

    def pool(self) -> str:
        """The pool that answers now."""
        answer = requests.get(self.site.url.replace("/analyze", "/version"), timeout=5)
        return answer.headers["X-Instance"].rpartition("-")[0]

    def idle_pool(self) -> str:
        """The pool that does not answer now."""
        return "blue" if self.pool() == "green" else "green"

    def preview(self, pool: str) -> str | None:
        """The release that answers a request with the preview header for *pool*."""
        url = self.site.url.replace("/analyze", "/version")
        return requests.get(url, headers={"X-Preview": pool}, timeout=5).headers.get("X-Release")

    def listens(self, host: str) -> bool:
        """Whether the host's instance takes connections."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.site.ports[host])) == 0

    def sets_a_cookie(self) -> bool:
        """Whether a client is given a place to keep."""
        return bool(requests.get(self.site.url.replace("/analyze", "/version"), timeout=5).cookies)

    def records(self) -> report.Records:
        """All requests of the story; ends its load."""
        if self._records is None:
            assert self._load is not None, "the story has no load"
            self._records = self._load.stop()
            assert len(self._records) > 20
        return self._records

    def close(self) -> None:
        """End the load, whatever happened, and let every host be reached again."""
        for started in self._started:
            started.wait()
        if self._load is not None:
            self._load.kill()
        for cut in pathlib.Path(self.site.directory).glob("cut-*"):
            cut.unlink()


def hook(story: Story, name: str, *tasks: str) -> str:
    """A task file that does *tasks* on the controller."""
    path = story.site.directory / f"{name}.yml"
    path.write_text("\n".join(["---", *tasks]), encoding="utf-8")
    return str(path)


def cutting(story: Story, host: str) -> str:
    """A hook that cuts *host* off amid the rollout."""
    path = story.site.directory / f"cut-{host}"
    return hook(
        story, "cut", f"- {{name: Cut off, ansible.builtin.file: {{path: {path}, state: touch, mode: '0600'}}, {ONCE}}}"
    )
