# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be seen from outside and on the hosts, after each act of the scenario."""

from __future__ import annotations

import collections
import json
import os
import typing as t
from pathlib import Path

import pytest
import requests
import testinfra
from load import records, report
from testinfra.host import Host

STATE = "/var/lib/progressive.delivery/analyze-all"


@pytest.fixture
def ask(request: pytest.FixtureRequest) -> t.Callable[[str], Host]:
    """A host of the inventory by name."""
    inventory = request.config.getoption("--ansible-inventory")
    return lambda name: testinfra.get_host(f"ansible://{name}", ansible_inventory=inventory)


@pytest.fixture
def balancer(ask: t.Callable[[str], Host]) -> Host:
    return ask("balancer")


@pytest.fixture
def serving(balancer: Host) -> dict[str, set[str]]:
    """The instances that answer through the balancer, by their release."""
    address = balancer.interface("host0").addresses[0]
    answers = collections.defaultdict(set)
    for _number in range(40):
        answer = requests.get(f"http://{address}/version", timeout=5)
        answer.raise_for_status()
        answers[answer.headers["X-Release"]].add(answer.headers["X-Instance"])
    return dict(answers)


@pytest.fixture
def ask_prometheus(ask: t.Callable[[str], Host]) -> t.Callable[[str], dict[str, float]]:
    """What Prometheus answers to an expression, by job."""
    address = ask("watcher").interface("host0").addresses[0]

    def asked(expression: str) -> dict[str, float]:
        answer = requests.get(f"http://{address}:9090/api/v1/query", params={"query": expression}, timeout=5)
        answer.raise_for_status()
        return {each["metric"].get("job", ""): float(each["value"][1]) for each in answer.json()["data"]["result"]}

    return asked


@pytest.fixture
def rollout(balancer: Host) -> dict[str, t.Any]:
    """The latest rollout as the journal on the balancer tells it."""
    name = balancer.file(f"{STATE}/current").content_string.strip()
    return json.loads(balancer.file(f"{STATE}/rollouts/{name}.json").content_string)["rollout"]


@pytest.fixture
def requests_sent() -> report.Records:
    """What became of the requests that were sent while the last playbook ran."""
    sent = records.read(Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "load.jsonl")
    assert len(sent) > 100
    return sent


@pytest.fixture(autouse=True)
def _unlocked(balancer: Host) -> None:
    assert not balancer.file(f"{STATE}/lock").exists
