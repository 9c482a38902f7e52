# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole plays of which the callback tells, to sinks that are up, down or slow, and of a run that is killed."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import subprocess
import sys
import typing as t

import pytest

from ansible_collections.progressive.delivery.tests.e2e.balancers.laid_down import ROOT, until
from ansible_collections.progressive.delivery.tests.e2e.telemetry import servers
from ansible_collections.progressive.delivery.tests.loopback_servers import Reply, refusing_port, web_server

SECRET = "s3cret-of-shop"
PLAY = f"""
- name: Deliver
  hosts: all
  gather_facts: false
  tasks:
    - name: Say it
      ansible.builtin.command: echo {SECRET}
    - name: Turn it on
      progressive.delivery.feature_toggle:
        path: "{{{{ folder }}}}/{{{{ inventory_hostname }}}}.json"
        name: search
        variants: {{"on": true, "off": false}}
        default_variant: "off"
        percent: 25
        description: {SECRET}
    - name: Turn another on, which nobody is to know
      progressive.delivery.feature_toggle:
        path: "{{{{ folder }}}}/{{{{ inventory_hostname }}}}.json"
        name: hidden
        variants: {{"on": true, "off": false}}
        default_variant: "off"
      no_log: true
    - name: Try it
      ansible.builtin.command: "false"
      register: tried
      until: tried is succeeded
      retries: 2
      delay: 0
      ignore_errors: true
    - name: Fail with a secret
      ansible.builtin.fail:
        msg: {SECRET}
      when: inventory_hostname == "b"
    - name: Linger
      ansible.builtin.pause:
        seconds: "{{{{ linger | default(0) }}}}"
"""


ILL = """
- name: Look
  hosts: all
  gather_facts: false
  tasks:
    - name: Look at what is not there
      progressive.delivery.health_check:
        targets: [{"name": "gone", "address": "127.0.0.1"}]
        checks: [{"name": "ready", "type": "tcp", "port": "{{ port }}"}]
        wait: false
        deadline: 5
        fail_on: never
      run_once: true
"""


@pytest.fixture
def run(tmp_path: pathlib.Path) -> t.Callable[..., subprocess.Popen[str]]:
    """Begins a play whose callback ships to *sinks*."""

    def begun(
        *sinks: str, options: t.Sequence[str] = (), then: t.Sequence[str] = (), play: str = PLAY, **variables: t.Any
    ) -> subprocess.Popen[str]:
        (tmp_path / "play.yml").write_text(play)
        environment = {
            **os.environ,
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "collections"),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_CALLBACKS_ENABLED": "progressive.delivery.telemetry",
            "PROGRESSIVE_DELIVERY_SINKS": ",".join(sinks),
            "PROGRESSIVE_DELIVERY_BACKLOG": str(tmp_path / "backlog"),
            "PROGRESSIVE_DELIVERY_LABELS": "team=search",
            "JOB_ID": "42",
        }
        given = {"folder": str(tmp_path), "ansible_python_interpreter": sys.executable, **variables}
        command = [str(pathlib.Path(sys.executable).with_name("ansible-playbook")), "-i", "a,b,", "-c", "local"]
        return subprocess.Popen(
            [*command, *options, "-e", json.dumps(given), str(tmp_path / "play.yml"), *then],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    return begun


def events(path: pathlib.Path) -> list[dict[str, t.Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_a_run_is_told_whole_and_without_a_secret(tmp_path: pathlib.Path, run) -> None:
    got: list[dict[str, t.Any]] = []

    def respond(exchange):
        got.extend(json.loads(exchange.body))
        return Reply(202)

    with web_server(respond) as server:
        output, _none = run(f"jsonl:{tmp_path}/events", f"cloudevents+http://127.0.0.1:{server.port}/").communicate()

    told = events(tmp_path / "events")
    assert [event["id"] for event in got] == [event["id"] for event in told]
    assert (got[0]["type"], got[0]["data"]["customData"]) == ("dev.cdevents.pipelinerun.started.0.3.0", told[0]["data"])
    assert f"telemetry: {tmp_path}/events: {len(told)} shipped" in output
    assert SECRET not in (tmp_path / "events").read_text()
    assert "hidden" not in (tmp_path / "events").read_text()
    assert {event["data"]["labels"]["team"] for event in told} == {"search"}
    assert {event["data"]["labels"]["job"] for event in told} == {"42"}
    assert len({event["id"] for event in told}) == len(told)

    tasks = {event["data"]["task"]: event["data"] for event in told if event["type"].endswith("task.ended")}
    assert tasks["Say it"]["outcomes"] == {"changed": 2}
    assert tasks["Try it"]["outcomes"] == {"ignored": 2}
    assert tasks["Try it"]["attempts"] == 6
    assert tasks["Fail with a secret"]["outcomes"] == {"failed": 1, "skipped": 1}
    toggled = [event["data"] for event in told if event["type"] == "progressive.delivery.toggle.changed"]
    assert [(each["host"], each["percent"]) for each in sorted(toggled, key=lambda each: each["host"])] == [
        ("a", 25),
        ("b", 25),
    ]
    (failed,) = [event["data"] for event in told if event["type"].endswith("host.failed")]
    assert (failed["host"], failed["task"]) == ("b", "Fail with a secret")
    assert (told[0]["data"]["playbook"], told[-1]["data"]["failed_hosts"]) == ("play.yml", ["b"])


def test_variables_of_the_inventory_come_before_all_else(tmp_path: pathlib.Path, run) -> None:
    said = {
        "progressive_delivery_sinks": [f"jsonl:{tmp_path}/{{{{ where }}}}"],
        "progressive_delivery_labels": "team=ads,environment=test",
        "where": "theirs",
    }
    (tmp_path / "group_vars").mkdir()
    (tmp_path / "group_vars" / "all.json").write_text(json.dumps(said))
    output, _none = run(f"jsonl:{tmp_path}/events").communicate()

    assert not (tmp_path / "events").exists(), output
    told = events(tmp_path / "theirs")
    assert {event["data"]["labels"]["team"] for event in told} == {"ads"}
    assert (told[0]["type"], told[-1]["type"]) == ("progressive.delivery.run.began", "progressive.delivery.run.ended")


EMPTY = """
- name: Do nothing
  hosts: nobody
  tasks: []
- name: Say
  hosts: all
  gather_facts: false
  tasks:
    - name: Say it
      ansible.builtin.debug:
        msg: hello
"""


def test_a_variable_that_cannot_be_had_and_a_play_without_hosts_leave_the_rest_as_it_is(
    tmp_path: pathlib.Path, run
) -> None:
    said = {
        "progressive_delivery_sinks": f"jsonl:{tmp_path}/theirs",
        "progressive_delivery_inventory": "{{ set_by_a_task }}",
        "progressive_delivery_other": "{{ lookup('ansible.builtin.pipe', 'touch " + str(tmp_path) + "/made') }}",
    }
    (tmp_path / "group_vars").mkdir()
    (tmp_path / "group_vars" / "all.json").write_text(json.dumps(said))
    output, _none = run(f"jsonl:{tmp_path}/events", play=EMPTY).communicate()

    assert "progressive_delivery_inventory is not looked at" in output.replace("\n", " ")
    told = events(tmp_path / "theirs")
    assert told[-1]["type"] == "progressive.delivery.run.ended"
    assert not (tmp_path / "events").exists()
    assert not (tmp_path / "made").exists()


def test_of_two_playbooks_in_one_command_each_is_a_run(tmp_path: pathlib.Path, run) -> None:
    (tmp_path / "other.yml").write_text(EMPTY)
    output, _none = run(f"jsonl:{tmp_path}/events", play=EMPTY, then=[str(tmp_path / "other.yml")]).communicate()

    told = events(tmp_path / "events")
    assert [event["data"]["playbook"] for event in told if event["type"].endswith("run.began")] == [
        "play.yml",
        "other.yml",
    ]
    assert len({event["data"]["run"] for event in told}) == 2
    assert output.count("telemetry: ") == 2, output


def test_what_a_sink_that_was_down_missed_comes_with_the_next_run(tmp_path: pathlib.Path, run) -> None:
    late = tmp_path / "late"
    late.mkdir()
    sinks = f"jsonl:{tmp_path}/events", f"jsonl:{late}"
    with refusing_port() as port:
        first = run(*sinks, f"cloudevents+http://127.0.0.1:{port}/")
        output, _none = first.communicate()
    assert first.returncode == 2
    count = len(events(tmp_path / "events"))
    assert f"telemetry: {late}: 0 shipped, {count} kept for the next run ({late}: Is a directory)" in output
    assert f"telemetry: http://127.0.0.1:{port}/: 0 shipped, {count} kept for the next run" in output
    late.rmdir()

    output, _none = run(*sinks).communicate()

    assert events(late) == events(tmp_path / "events")
    assert f"telemetry: {late}: {len(events(late))} shipped\n" in output


def test_what_is_only_foreseen_has_not_happened(tmp_path: pathlib.Path, run) -> None:
    run(f"jsonl:{tmp_path}/events", options=["--check"]).communicate()

    told = events(tmp_path / "events")
    assert told[0]["data"]["check"] is True
    assert [event["data"]["task"] for event in told if event["type"].endswith("task.ended")][:2] == [
        "Say it",
        "Turn it on",
    ]
    assert not [event for event in told if event["type"].endswith("toggle.changed")]


def test_of_a_run_that_is_killed_nothing_that_was_shipped_is_missing(tmp_path: pathlib.Path, run) -> None:
    with run(f"jsonl:{tmp_path}/events", linger=600) as killed:
        until(lambda: any(event["type"].endswith("host.failed") for event in events(tmp_path / "events")), "b failed")
        os.killpg(killed.pid, signal.SIGKILL)
    before = events(tmp_path / "events")
    assert before[-1]["type"] != "progressive.delivery.run.ended"

    run(f"jsonl:{tmp_path}/events").communicate()

    after = events(tmp_path / "events")
    assert after[: len(before)] == before
    assert len({event["id"] for event in after}) == len(after)
    assert after[-1]["type"] == "progressive.delivery.run.ended"


def test_a_run_is_measured_and_its_troubles_are_told_of(tmp_path: pathlib.Path, run) -> None:
    configuration = {"route": {"receiver": "nobody"}, "receivers": [{"name": "nobody"}]}
    with (
        servers.pushgateway(tmp_path) as gateway,
        servers.alertmanager(tmp_path, configuration) as alertmanager,
        refusing_port() as port,
    ):
        sinks = f"pushgateway+{gateway.address}", f"alertmanager+{alertmanager.address}"
        output, _none = run(*sinks, play=ILL, port=port).communicate()
        measured = gateway.get("/metrics").text
        (alert,) = alertmanager.get("/api/v2/alerts").json()

    assert "progressive_delivery_health_ready_targets" in measured, output
    assert 'progressive_delivery_task_results_total{instance="",job="progressive_delivery",outcome="ok"' in measured
    assert alert["labels"]["alertname"] == "HealthUnhealthy"
    assert alert["labels"]["team"] == "search"
    assert "job" not in alert["labels"]
    assert (alert["annotations"]["job"], alert["annotations"]["description"]) == ("42", "ready: 0; needed: 1")
