# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole plays that give a flag of a real Unleash server to more and more users, and take it back."""

from __future__ import annotations

import pytest
from loopback.site import Site

from ansible_collections.progressive.delivery.tests.e2e.toggles.unleash_server import Unleash, events, where
from ansible_collections.progressive.delivery.tests.module_call import call

NAME = "analyze-all-ai"
JOURNAL = f"analyze-all-{NAME}"
QUICK = {"rollout_bake_interval": 0.5, "rollout_bake": 0, "rollout_backup": False}


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory):
    site = Site(tmp_path_factory.mktemp("s") / "haproxy", "haproxy", instances=1)
    try:
        site.build_releases("1.0.0")
        for playbook, variables in (("balancer", {}), ("blue_green", {**QUICK, "rollout_release": "1.0.0"})):
            ended = site.run(playbook, **variables)
            assert ended.code == 0, ended.output
        yield site
    finally:
        site.down()


def test_a_ramp_on_a_server_takes_each_step_once_and_goes_back_to_what_was(site: Site, unleash: Unleash) -> None:
    plain = {**where(unleash), "name": NAME, "variants": {"on": True, "off": False}, "default_variant": "off"}
    call("feature_toggle", **plain, percent=2, allow=["ada"])

    def share() -> float:
        return call("feature_toggle_info", **where(unleash), name=NAME)["toggles"][NAME]["audience"]["percent"]

    ramp = {
        "toggle_ramp_toggle": plain,
        "toggle_ramp_steps": [{"percent": 5}, {"pause": "until_promoted"}, {"percent": 50}],
        "toggle_ramp_bake": 0,
    }
    ended = site.run("toggle", **QUICK, **ramp)
    assert ended.code == 0, ended.output
    assert share() == 5
    journal = site.journal(JOURNAL)
    assert journal is not None
    assert (journal["status"], journal["to_release"]) == ("paused", "on for 50 %")

    ended = site.run("promote", **QUICK, rollout_journal=JOURNAL)
    assert ended.code == 0, ended.output
    assert share() == 50
    before = events(unleash, NAME)

    again = site.run("toggle", **QUICK, **ramp)
    assert again.code == 0, again.output
    assert events(unleash, NAME) == before

    ended = site.run("rollback", **QUICK, rollout_journal=JOURNAL)
    assert ended.code == 0, ended.output
    assert share() == 2
    flag = call("feature_toggle_info", **where(unleash), name=NAME)["toggles"][NAME]
    assert flag["audience"]["allow"] == ["ada"]
    assert unleash.token_file.read_text().strip() not in ended.output
