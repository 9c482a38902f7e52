# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Events that fit a type of CDEvents are valid by its published schema, and the others stay what they are."""

from __future__ import annotations

import typing as t

import jsonschema
import pytest
import referencing

from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.cdevents import as_cdevent
from ansible_collections.progressive.delivery.tests.oracles import load
from ansible_collections.progressive.delivery.tests.unit.plugins.plugin_utils._telemetry.telling import (
    LABELS,
    moved,
    said,
    told,
)

FOLDER = "cdevents-0.5.1/schemas/"
LINKS = ("embeddedlinksarray", "embeddedlinkend", "embeddedlinkpath", "embeddedlinkrelation")
NAMES = (
    "pipelinerunstarted",
    "pipelinerunfinished",
    "taskrunfinished",
    "servicedeployed",
    "serviceupgraded",
    "servicerolledback",
)
SCHEMAS = {
    schema["properties"]["context"]["properties"]["type"]["enum"][0]: schema
    for schema in (load(FOLDER + name + ".json") for name in NAMES)
}
REGISTRY = referencing.Registry().with_resources(
    (schema["$id"], referencing.Resource.from_contents(schema))
    for schema in (load(f"{FOLDER}links/{name}.json") for name in LINKS)
)


def checked(events: list[dict[str, t.Any]]) -> dict[str, dict[str, t.Any]]:
    """Those that are CDEvents, by type, each valid."""
    found = {}
    for event in events:
        carried = as_cdevent(event)
        if carried is not None:
            validator = jsonschema.Draft202012Validator(
                SCHEMAS[carried["type"]], registry=REGISTRY, format_checker=jsonschema.FormatChecker()
            )
            validator.validate(carried["data"])
            assert (carried["id"], carried["time"], carried["specversion"]) == (event["id"], event["time"], "1.0")
            assert carried["data"]["customData"] == event["data"]
            found[carried["type"].removeprefix("dev.cdevents.").removesuffix(".0.3.0")] = carried["data"]
    return found


def test_a_delivery_that_ends_well():
    found = checked(told(moved("running", "shift"), said("traffic.shifted", split={"blue": 95}), moved("succeeded")))

    assert set(found) == {"pipelinerun.started", "pipelinerun.finished", "taskrun.finished", "service.upgraded"}
    assert found["pipelinerun.started"]["subject"]["content"]["uri"] == "https://awx.example.com/#/jobs/playbook/42"
    assert found["service.upgraded"]["subject"]["id"] == "shop"
    assert found["service.upgraded"]["subject"]["content"] == {
        "environment": {"id": "production"},
        "artifactId": "pkg:generic/shop@1.1.0",
    }
    assert found["service.upgraded"]["context"]["chainId"] == "shop-7"


def test_a_delivery_that_is_taken_back():
    found = checked(told(moved("rolled_back"), failed=True))

    assert found["service.rolledback"]["subject"]["content"]["artifactId"] == "pkg:generic/shop@1.0.0"
    assert found["pipelinerun.finished"]["subject"]["content"]["outcome"] == "failure"
    assert found["pipelinerun.finished"]["subject"]["content"]["errors"] == "failed on web1"
    assert found["taskrun.finished"]["subject"]["content"]["outcome"] == "failure"


def test_a_first_release_is_deployed_and_a_way_back_rolls_back():
    first = said("rollout.moved", {"app": "shop"}, status="succeeded", to="1.0.0")
    back = said(
        "rollout.moved", {"app": "shop"}, **{"status": "succeeded", "strategy": "rollback", "from": "2", "to": "1"}
    )

    assert "service.deployed" in checked(told(first))
    assert checked(told(back))["service.rolledback"]["subject"]["content"]["artifactId"] == "pkg:generic/shop@1"


@pytest.mark.parametrize("labels", [{}, {"team": "search"}])
def test_without_an_environment_nothing_is_about_a_service(labels):
    found = checked(told(moved("succeeded"), labels=labels))

    assert set(found) == {"pipelinerun.started", "pipelinerun.finished", "taskrun.finished"}
    assert found["pipelinerun.started"]["subject"]["content"]["uri"] == "urn:progressive.delivery:run:r1"
    assert LABELS["environment"] not in str(found)
