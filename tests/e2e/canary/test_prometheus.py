# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A canary that is judged by what a real Prometheus has scraped of its instances, and a Prometheus that dies meanwhile."""

from __future__ import annotations

import collections.abc
import json
import pathlib
import subprocess

import pytest
import requests

from ansible_collections.progressive.delivery.tests.e2e.balancers.laid_down import free_port, until
from ansible_collections.progressive.delivery.tests.e2e.canary.story import (
    COMPARED,
    ERRORS,
    FAILING,
    GOOD,
    OLD,
    Data,
    Story,
)


class Prometheus:
    """A Prometheus that scrapes every instance of a site four times a second."""

    def __init__(self, folder: pathlib.Path, metrics: dict[str, list[str]]) -> None:
        targets = [
            {
                "targets": [url.removeprefix("http://").removesuffix("/metrics") for url in urls],
                "labels": {"pool": pool},
            }
            for pool, urls in metrics.items()
        ]
        configuration = {
            "global": {"scrape_interval": "250ms", "scrape_timeout": "200ms"},
            "scrape_configs": [{"job_name": "app", "static_configs": targets}],
        }
        # JSON is YAML.
        (folder / "prometheus.yml").write_text(json.dumps(configuration), encoding="utf-8")
        self._options = {
            "config.file": folder / "prometheus.yml",
            "storage.tsdb.path": folder / "data",
            "web.listen-address": f"127.0.0.1:{free_port()}",
        }
        address = f"http://{self._options['web.listen-address']}"
        self.provider: Data = {"type": "prometheus", "address": address, "attempts": 1, "timeout": 5}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Run it, and return once it has an instance's metrics."""
        command = ["prometheus", *(f"--{name}={value}" for name, value in self._options.items())]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(self._has_scraped, "Prometheus has scraped")

    def kill(self) -> None:
        """End it as a crash does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _has_scraped(self) -> bool:
        url = f"{self.provider['address']}/api/v1/query"
        try:
            return bool(requests.get(url, params={"query": "requests_total"}, timeout=5).json()["data"]["result"])
        except (requests.RequestException, KeyError, ValueError):
            return False


@pytest.fixture
def prometheus(story: Story, tmp_path: pathlib.Path) -> collections.abc.Iterator[Prometheus]:
    """A Prometheus of the story's site, which has begun."""
    prometheus = Prometheus(tmp_path, story.site.metrics(story.site.pools))
    story.given_serving()
    prometheus.start()
    yield prometheus
    prometheus.kill()


def asking(prometheus: Prometheus, minimum: int) -> dict[str, Data]:
    """The analysis ``compared`` of what Prometheus has; it says nothing before there are so many requests on each side."""
    metric = {**ERRORS, "minimum_sample": minimum, "consecutive_error_limit": 1}
    return {"compared": {**COMPARED, "metrics": [metric], "provider": prometheus.provider, "duration": 6}}


def test_errors_that_prometheus_has_seen_take_it_back(story: Story, prometheus: Prometheus) -> None:
    steps = [{"share": 50}, {"analysis": "compared"}]
    story.when_delivering(FAILING, steps=steps, analyses=asking(prometheus, 40))
    story.then_ended("rolled_back", "errors: worse than 1.5 ×").then_serves(OLD).then_only_failed_from(FAILING)


def test_a_prometheus_that_dies_amid_an_analysis_pauses_it_and_it_finishes_once_that_is_back(
    story: Story, prometheus: Prometheus
) -> None:
    steps = [{"share": 50}, {"analysis": "compared"}, {"share": 75}]
    analyses = asking(prometheus, 100)
    story.when_delivering(GOOD, {("analyse", 3): prometheus.kill}, steps=steps, analyses=analyses)
    story.then_ended("paused", "the checks themselves failed 2 times in a row", "does not answer").then_shares(0, 50)
    assert story.rollout()["pause"] == "inconclusive"
    story.then_measured(GOOD, 50).when("resume").then_ended("paused", "does not answer").then_shares(0, 50)
    prometheus.start()
    story.when("resume").then_ended("succeeded").then_serves(GOOD).then_shares(0, 50, 75, 100).then_nothing_failed()
