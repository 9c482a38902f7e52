# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sample service with a file of feature toggles: who gets the AI path, and what is told of it."""

from __future__ import annotations

import json
import pathlib
import time

import pytest
import requests
from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from ansible_collections.progressive.delivery.tests.module_call import call

FLAG = "analyze-all-ai"
BODY = {"template": "The door is open. Please come in."}


@pytest.fixture
def flags(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "flags.json"


@pytest.fixture
def exposures(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "exposures.jsonl"


@pytest.fixture
def service(start, flags: pathlib.Path, exposures: pathlib.Path):
    return start("--flags", str(flags), "--exposures", str(exposures)).wait_until_serving()


def ask(service, user: str | None) -> requests.Response:
    headers = {"X-User": user} if user else {}
    return requests.post(service.url("/analyze"), json=BODY, headers=headers, timeout=30)


def variants(service, users: range) -> list[str]:
    return [ask(service, f"user-{number}").headers["X-Variant"] for number in users]


def give(flags: pathlib.Path, **options) -> None:
    whole = {"variants": {"on": True, "off": False}, "default_variant": "off"}
    call("feature_toggle", path=str(flags), name=FLAG, **whole, **options)


def wait_for(service, user: str, variant: str) -> None:
    end = time.monotonic() + 60  # Only so that a hang is told.
    while ask(service, user).headers["X-Variant"] != variant:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_without_a_file_all_are_off_until_there_is_one_and_after_the_kill_switch(service, flags: pathlib.Path) -> None:
    assert set(variants(service, range(20))) == {"off"}
    give(flags, percent=0, allow=["user-1"])
    wait_for(service, "user-1", "on")
    assert ask(service, "user-2").headers["X-Variant"] == "off"
    assert ask(service, None).headers["X-Variant"] == "off"
    give(flags, killed=True)
    wait_for(service, "user-1", "off")


def test_a_share_of_the_users_gets_the_ai_path_and_each_is_told_of_once_by_opentelemetry_s_schema(
    service, flags: pathlib.Path, exposures: pathlib.Path
) -> None:
    give(flags, percent=25, allow=["first"])
    wait_for(service, "first", "on")
    users = range(300)
    first = variants(service, users)
    assert variants(service, users) == first
    assert 0.1 < first.count("on") / len(users) < 0.4
    assert "X-Variant" not in requests.get(service.url("/version"), timeout=30).headers

    told = {"on": 0, "off": 0}
    for line in exposures.read_text().splitlines():
        # Refuses what the schema does not have.
        request = json_format.Parse(line, ExportLogsServiceRequest())
        (record,) = request.resource_logs[0].scope_logs[0].log_records
        assert record.event_name == "feature_flag.evaluation"
        said = {attribute.key: attribute.value.string_value for attribute in record.attributes}
        assert said["feature_flag.key"] == FLAG
        assert "user" not in said["feature_flag.context.id"]
        told[said["feature_flag.result.variant"]] += 1
    assert (told["on"] - 1, told["off"]) == (first.count("on"), first.count("off"))
    seen = call("feature_toggle_exposures_info", path=str(exposures))["toggles"][FLAG]
    assert {variant: seen[variant]["users"] for variant in seen} == told


def test_metrics_tell_the_variants_apart(service, flags: pathlib.Path) -> None:
    give(flags, percent=100)
    wait_for(service, "user-1", "on")
    ask(service, None)
    lines = requests.get(service.url("/metrics"), timeout=30).text.splitlines()
    told = [line for line in lines if line.startswith("analyze_all_variant_requests_total{")]
    assert {line.partition(" ")[0] for line in told} == {
        'analyze_all_variant_requests_total{code="200",variant="on"}',
        'analyze_all_variant_requests_total{code="200",variant="off"}',
    }


def test_the_verdict_of_the_ai_path_is_its_own(service, flags: pathlib.Path) -> None:
    old = json.loads(ask(service, "user-1").text)
    give(flags, percent=100)
    wait_for(service, "user-1", "on")
    new = json.loads(ask(service, "user-1").text)
    assert old["score"] != new["score"]
    assert old["aspects"] == new["aspects"]
