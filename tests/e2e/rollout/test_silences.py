# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Of what a rollout disturbs nobody is told, and of all else people are, also after a run that died: on a real Alertmanager."""

from __future__ import annotations

import json
import pathlib
import re
import time
import typing as t

from ansible_collections.progressive.delivery.tests.e2e.telemetry import servers
from ansible_collections.progressive.delivery.tests.loopback_servers import refusing_port

from .story import ONCE, Story, hook

NOBODY = {"route": {"receiver": "nobody"}, "receivers": [{"name": "nobody"}]}


def silences(alertmanager: servers.Server) -> list[dict[str, t.Any]]:
    return [each for each in alertmanager.get("/api/v2/silences").json() if each["status"]["state"] != "expired"]


def looking(story: Story, name: str, alertmanager: servers.Server, path: pathlib.Path) -> str:
    """A hook that keeps which silences there are."""
    url = f"{alertmanager.address}/api/v2/silences"
    task = f'- {{name: Look, ansible.builtin.uri: {{url: "{url}", dest: "{path}"}}, delegate_to: localhost, {ONCE}}}'
    return hook(story, name, task)


def seen(path: pathlib.Path) -> list[dict[str, t.Any]]:
    return [each for each in json.loads(path.read_text()) if each["status"]["state"] == "active"]


def test_instances_are_silent_until_they_are_to_get_traffic_and_after_a_run_that_died_no_longer_than_said(
    story: Story, tmp_path: pathlib.Path
) -> None:
    story.given_serving()
    idle = story.idle_pool()
    with servers.alertmanager(tmp_path, NOBODY) as alertmanager:
        told = {"rollout_silences": {"addresses": [alertmanager.address], "minutes": 10}}
        hooks = {
            moment: looking(story, moment, alertmanager, tmp_path / moment)
            for moment in ("after_deploy", "before_shift")
        }
        story.when_delivering(story.new, rollout_hooks=hooks, **told).then_it_ended(0)
        (silence,) = seen(tmp_path / "after_deploy")
        assert silence["createdBy"] == "rollout " + story.site.journal()["id"]
        alerts, instances = (matcher["value"] for matcher in silence["matchers"])
        for name, port in story.site.ports.items():
            for instance in (f"127.0.0.1:{port}", f"http://127.0.0.1:{port}/readyz"):
                assert bool(re.fullmatch(instances, instance)) == name.startswith(idle), (name, instance)
        assert re.fullmatch(alerts, "InstanceDown")
        assert not re.fullmatch(alerts, "AppDown")
        assert seen(tmp_path / "before_shift") == silences(alertmanager) == []
        story.then_serves(story.new)

        story.when_delivering(story.old, fault="before-write:5", **told).then_it_was_killed()
        (left,) = silences(alertmanager)
        ends = time.mktime(time.strptime(left["endsAt"][:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone
        assert 0 < ends - time.time() <= 600
        story.when("rollback", **told).then_it_ended(0).then_serves(story.new).then_unlocked()
        assert silences(alertmanager) == []
    story.then_nothing_failed()


def test_where_alertmanager_does_not_answer_the_rollout_goes_on_and_says_so(story: Story) -> None:
    story.given_serving(rate=50)
    with refusing_port() as port:
        told = {"rollout_silences": {"addresses": [f"http://127.0.0.1:{port}"]}}
        story.when_delivering(story.new, **told).then_it_ended(0, "People are told of the instances that are changed: ")
    story.when_delivering(story.new, rollout_silences={"minutes": 5}).then_it_failed(
        "rollout_silences has no addresses"
    )
    story.then_serves(story.new).then_nothing_failed()
