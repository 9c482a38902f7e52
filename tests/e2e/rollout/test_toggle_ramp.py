# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole plays by which a feature of a running service is given to more and more of its users."""

from __future__ import annotations

import pathlib

import pytest
import requests
from load.__main__ import LETTER
from loopback.site import Site

from ansible_collections.progressive.delivery.tests.module_call import call

from .story import QUICK
from .test_canary import POOL

FLAG = "analyze-all-ai"
JOURNAL = f"analyze-all-{FLAG}"
RAMP = {
    "toggle_ramp_toggle": {
        "path": "{{ site_directory }}/flags.json",
        "name": FLAG,
        "variants": {"on": True, "off": False},
        "default_variant": "off",
    },
    "toggle_ramp_steps": [{"percent": 50}, {"analysis": "errors"}],
    "toggle_ramp_bake": 0,
    "rollout_bake_checks": [{"name": "ready", "type": "http", "path": "/readyz"}],
    "rollout_analyses": {
        "errors": {
            "duration": 40,
            "interval": 1,
            "metrics": [
                {
                    "name": "errors",
                    "bad": f'analyze_all_variant_requests_total{{variant="{POOL}",code=~"5.."}}',
                    "total": f'analyze_all_variant_requests_total{{variant="{POOL}"}}',
                    "minimum_sample": 20,
                }
            ],
        }
    },
}
USERS = 200


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory):
    """A service with feature toggles, whose AI path fails every other time."""
    site = Site(tmp_path_factory.mktemp("s") / "haproxy", "haproxy", instances=1, flags=True)
    try:
        site.build_releases("3.0.0", faults=["ai_error_rate=0.5"])
        for playbook, variables in (("balancer", {}), ("blue_green", {"rollout_release": "3.0.0", "rollout_bake": 0})):
            ended = site.run(playbook, **{**QUICK, **variables})
            assert ended.code == 0, ended.output
        yield site
    finally:
        site.down()


def variants(site: Site) -> set[str | None]:
    """What the users get now."""
    body = LETTER.read_bytes()
    headers = [{"Content-Type": "application/json", "X-User": f"user-{number}"} for number in range(USERS)]
    with requests.Session() as session:
        answers = [session.post(site.url, body, headers=one, timeout=30) for one in headers]
    return {answer.headers.get("X-Variant") for answer in answers if answer.status_code == 200}


def test_users_whose_feature_fails_lose_it_again_and_only_they_had_failures(site: Site) -> None:
    load = site.load("--rate", "40", "--connections", "8", "--users", str(USERS))
    ended = site.run("toggle", **QUICK, **RAMP)
    assert ended.code > 0, ended.output
    assert "users: on 50 %, others 50 %" in ended.output
    rollout = site.journal(JOURNAL)
    assert rollout is not None
    assert (rollout["status"], rollout["from_release"], rollout["to_release"]) == ("rolled_back", "off", "on for 50 %")
    assert "errors: worse than 1.5" in rollout["reason"]
    assert variants(site) == {"off"}
    assert {record.outcome for record in load.stop() if record.failed} == {500}
    delivered = site.journal()
    assert delivered is not None
    assert (delivered["to_release"], delivered["status"]) == ("3.0.0", "succeeded")

    (told,) = [path for path in pathlib.Path(site.directory).glob("*-exposures.jsonl") if path.stat().st_size]
    seen = call("feature_toggle_exposures_info", path=str(told), name=FLAG, events=True)
    (on, off) = (seen["toggles"][FLAG][variant]["users"] for variant in ("on", "off"))
    assert on + off == USERS
    assert {event["data"]["release"] for event in seen["events"]} == {"3.0.0"}
    assert len({event["id"] for event in seen["events"]}) == len(seen["events"])

    status = site.run("status", rollout_journal=JOURNAL)
    assert status.code == 0, status.output
    assert "off → on for 50 % (toggle_ramp) is rolled_back" in status.output
