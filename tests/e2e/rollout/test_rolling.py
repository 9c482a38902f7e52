# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole plays that go from host to host of the pool that serves."""

from __future__ import annotations

import json
import typing as t

from .story import Story
from .test_canary import ERRORS


def rolling(story: Story, **variables: t.Any) -> dict[str, t.Any]:
    """The variables with which the pool that serves is the only one of the site."""
    return {"rollout_pools": [story.pool()], "rollout_floor": "50%", **variables}


def test_the_release_goes_from_host_to_host_with_its_configuration_and_a_toggle_on_the_way_and_back(
    story: Story,
) -> None:
    story.given_serving(rate=25)
    flags, layers = story.site.directory / "flags", story.site.directory / "environments"
    for folder in (flags, layers):
        folder.mkdir()
    toggle = {
        "path": f"{flags}/{{{{ inventory_hostname }}}}.json",
        "name": "search",
        "variants": {"on": True, "off": False},
    }
    rules = [{"when": {"ends_with": [{"var": "email"}, "@example.com"]}, "variant": "on"}]
    kept = {"from": "2027-01-01T00:00:00Z", "expires": "2027-03-31", "environment": "staging", "keep_revisions": 2}
    options = rolling(
        story,
        rollout_steps=[
            {"hosts": 1},
            {"toggle": {**toggle, "default_variant": "off", "variant": "on", "percent": 5, "rules": rules, **kept}},
            {"analysis": "errors"},
        ],
        rollout_analyses={"errors": {**ERRORS, "metrics": [{**ERRORS["metrics"][0], "minimum_sample": 10}]}},
        release_configured=True,
        environment_app="analyze-all",
        environment_name="staging",
        environment_directory=str(layers),
        environment_renders=[{"path": "{{ release_root }}/app.json", "format": "json"}],
        environment_state_directory="{{ release_root }}/configurations",
    )

    def declare(color: str) -> None:
        (layers / "base.yml").write_text(f"color: {color}\n")
        (layers / "staging.yml").write_text("{}\n")

    def colors() -> set[str]:
        return {json.loads(path.read_text())["color"] for path in story.site.directory.glob("*/app.json")}

    declare("blue")
    serving = options["rollout_pools"][0]
    story.when("environment", environment_hosts=serving, environment_release=story.old, **options).then_it_ended(0)

    declare("green")
    story.when("rolling", rollout_release=story.new, **options).then_it_ended(0, f"hosts: 1 of 2 have {story.new}")
    story.then_status("succeeded").then_serves(story.new).then_unlocked()
    (file,) = {path.read_text() for path in flags.glob("*.json")}
    search = json.loads(file)["flags"]["search"]
    assert search["variants"] == {"on": True, "off": False}
    assert {"!!": [rules[0]["when"]]} in search["targeting"]["if"]
    assert (search["metadata"]["expires"], json.loads(file)["metadata"]["environment"]) == ("2027-03-31", "staging")
    assert colors() == {"green"}

    declare("olive")
    story.when("rollback", **options).then_it_ended(0).then_serves(story.old).then_nothing_failed()
    (file,) = {path.read_text() for path in flags.glob("*.json")}
    assert json.loads(file)["flags"] == {}
    assert colors() == {"blue"}
