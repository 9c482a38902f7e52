# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module as a whole, in this process."""

from __future__ import annotations

import json
import socket
import typing as t

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args

from ansible_collections.progressive.delivery.plugins.module_utils._health import http_request
from ansible_collections.progressive.delivery.plugins.module_utils._health.registry import CHECK_TYPES
from ansible_collections.progressive.delivery.plugins.modules import health_check
from ansible_collections.progressive.delivery.tests.loopback_servers import (
    Reply,
    raw_server,
    refusing_port,
    web_server,
)
from ansible_collections.progressive.delivery.tests.unit.plugins.module_utils._health.processes import is_over


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> t.Callable[..., dict[str, t.Any]]:
    """Runs the module and returns its result, which must have come with the exit code that fits it."""

    def run_module(**options: t.Any) -> dict[str, t.Any]:
        with patch_module_args(options), pytest.raises(SystemExit) as left:
            health_check.main()
        result = json.loads(capsys.readouterr().out)
        assert left.value.code == (1 if result.get("failed") else 0)
        return result

    return run_module


def target(port: int, name: str = "app1") -> dict[str, t.Any]:
    return {"name": name, "address": "127.0.0.1", "port": port}


READY = {"name": "ready", "type": "http", "path": "/readyz", "conditions": ["status == 'ok'"]}
PORT = {"name": "port", "type": "tcp"}


def ok(_exchange) -> Reply:
    return Reply(body=b'{"status": "ok"}')


def test_healthy(run) -> None:
    with web_server(ok) as server:
        result = run(targets=[target(server.port)], checks=[READY, PORT])

    assert result["status"] == "healthy"
    assert result["changed"] is False
    assert result["targets"]["app1"]["checks"]["ready"]["reason"] == "status 200"


def test_check_mode_asks_all_the_same(run) -> None:
    with web_server(ok) as server:
        result = run(targets=[target(server.port)], checks=[READY], _ansible_check_mode=True)

    assert result["status"] == "healthy"
    assert len(server.seen) == 1


def test_only_validating_asks_nothing(run) -> None:
    with web_server(ok) as server:
        result = run(targets=[target(server.port)], checks=[READY], validate_only=True)

    assert result["changed"] is False
    assert "status" not in result
    assert server.seen == []


def test_only_validating_refuses_what_would_be_refused(run) -> None:
    result = run(targets=[target(1)], checks=[{**READY, "conditions": ["]["]}], validate_only=True)

    assert result["error"] == "invalid-option"
    assert "][" in result["msg"]


def test_a_target_that_rises_late_is_waited_for(run) -> None:
    replies = [Reply(503), Reply(503), ok(None), Reply(503), ok(None), ok(None)]
    with web_server(lambda _exchange: replies.pop(0)) as server:
        result = run(targets=[target(server.port)], checks=[READY], rise=2, interval=0.01)

    assert result["status"] == "healthy"
    assert result["targets"]["app1"]["checks"]["ready"]["attempts"] == 6


def test_a_target_that_falls_in_the_hold(run) -> None:
    replies = [ok(None)] * 3
    with web_server(lambda _exchange: replies.pop() if replies else Reply(500)) as server:
        result = run(targets=[target(server.port)], checks=[READY], interval=0.01, hold=3600, fall=2)

    assert result["failed"]
    assert (result["status"], result["ended_by"]) == ("unhealthy", "fell")
    assert result["targets"]["app1"]["checks"]["ready"]["attempts"] == 5


@pytest.mark.parametrize(
    ("severity", "fail_on", "status", "failed"),
    [
        ("critical", "unhealthy", "unhealthy", True),
        ("critical", "degraded", "unhealthy", True),
        ("critical", "never", "unhealthy", False),
        ("warning", "unhealthy", "degraded", False),
        ("warning", "degraded", "degraded", True),
        ("warning", "never", "degraded", False),
    ],
)
def test_when_it_fails(run, severity, fail_on, status, failed) -> None:
    with refusing_port() as port:
        result = run(targets=[target(port)], checks=[{**PORT, "severity": severity}], wait=False, fail_on=fail_on)

    assert result["status"] == status
    assert result.get("failed", False) is failed
    assert result.get("error") == (status if failed else None)
    assert result.get("msg") == (result["summary"] if failed else None)


def test_a_quorum_of_targets_is_enough(run) -> None:
    with web_server(ok) as server, refusing_port() as port:
        targets = [target(server.port, "a"), target(server.port, "b"), target(port, "c")]
        assert run(targets=targets, checks=[PORT], quorum="60%")["status"] == "degraded"
        assert run(targets=targets, checks=[PORT], quorum="67%", wait=False)["status"] == "unhealthy"


def test_without_targets_it_looks_at_its_own_machine(run, tmp_path) -> None:
    room = {"name": "room", "type": "disk", "path": str(tmp_path), "min_free_bytes": "1K"}

    assert run(checks=[room])["targets"]["localhost"]["status"] == "healthy"


def test_many_types_at_once(run, tmp_path) -> None:
    options = {
        "http": {},
        "tcp": {},
        "dns": {"query": "localhost"},
        "command": {"argv": ["true"]},
        "disk": {"path": str(tmp_path), "min_free_percent": 0},
    }
    checks = [{"name": kind, "type": kind, **own} for kind, own in options.items()]
    checks.append({"name": "most", "type": "composite", "of": list(options), "quorum": "80%"})
    with web_server(ok) as server:
        result = run(targets=[target(server.port)], checks=checks)

    assert list(result["targets"]["app1"]["checks"]) == [*options, "most"]
    assert result["status"] == "healthy"


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"rise": 0}, "invalid-option", "rise is 0"),
        ({"quorum": "2"}, "invalid-option", "quorum is 2, but there are only 1"),
        ({"workers": 0}, "invalid-option", "workers is 0"),
        ({"targets": []}, "invalid-option", "targets is empty"),
        ({"checks": []}, "invalid-option", "checks is empty"),
        ({"checks": [READY, {**PORT, "status": [200]}]}, "invalid-option", "Option status of check 'port'"),
        ({"checks": [READY, {"name": "c", "type": "command", "argv": ["nowhere"]}]}, "cannot-check-here", "nowhere"),
    ],
)
def test_what_cannot_be_meant_or_done_is_an_error_before_any_request(run, options, error, message) -> None:
    with web_server(ok) as server:
        result = run(**{"targets": [target(server.port)], "checks": [READY], **options})

    assert result["failed"]
    assert result["error"] == error
    assert message in result["msg"]
    assert server.seen == []


@pytest.mark.parametrize(
    ("key", "options"),
    [
        ("targets.pool", {"targets": [{"name": "a", "pool": "blue"}], "checks": [PORT]}),
        ("checks.prot", {"targets": [{"name": "a"}], "checks": [{**PORT, "prot": 80}]}),
    ],
)
def test_unknown_keys_are_refused(run, key, options) -> None:
    result = run(**options)

    assert result["failed"]
    assert "Unsupported parameters" in result["msg"]
    assert key in result["msg"]


def test_a_missing_library_is_an_error_before_any_request(run, monkeypatch) -> None:
    monkeypatch.setattr(http_request, "requests", None)
    with web_server(ok) as server:
        result = run(targets=[target(server.port)], checks=[READY])

    assert result["error"] == "missing-library"
    assert "requests" in result["msg"]
    assert server.seen == []


def test_secrets_appear_nowhere_in_the_result(run) -> None:
    secret = "5e5ame-0pen-thy5e1f"
    with web_server(lambda exchange: Reply(headers={"X-Echo": exchange.headers["Authorization"]})) as server:
        result = run(
            targets=[target(server.port, "green-1")],
            checks=[
                {
                    "name": "echo",
                    "type": "http",
                    "headers": {"X-Preview": "green"},
                    "secret_headers": {"Authorization": secret},
                    "response_headers": {"X-Echo": "something else"},
                }
            ],
            wait=False,
            fail_on="never",
        )

    assert secret not in json.dumps(result)
    assert "green-1: echo: header X-Echo is " in result["summary"]
    assert server.seen[0].headers["Authorization"] == secret


def test_a_secret_that_cannot_be_sent_is_refused_without_showing_it(run) -> None:
    check = {"name": "echo", "type": "http", "secret_headers": {"Authorization": "Bearer 5e5ame\n"}}

    result = run(targets=[target(80)], checks=[check])

    assert result["error"] == "invalid-option"
    assert "5e5ame" not in json.dumps(result["msg"])


def test_a_command_does_not_outlive_the_deadline(run, tmp_path) -> None:
    pid, deadline = tmp_path / "pid", 0.2
    script = f"echo $$ > {pid}.part; mv {pid}.part {pid}; exec sleep 9999"
    while not pid.exists():  # a busy machine may need longer to get so far
        deadline *= 2
        checks = [{"name": "endless", "type": "command", "argv": ["sh", "-c", script]}]
        assert run(checks=checks, timeout=9999, deadline=deadline, fail_on="never")["ended_by"] == "deadline"

    assert is_over(int(pid.read_text()))


def test_a_pool_that_hangs_does_not_pass_a_short_hold(run) -> None:
    asked = []

    def converse(connection, over) -> None:
        asked.append(connection)
        if len(asked) > 1:
            over.wait()
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    with raw_server(converse) as port:
        result = run(
            targets=[target(port)],
            checks=[{"name": "ready", "type": "http"}],
            interval=0.05,
            timeout=0.3,
            fall=3,
            hold=0.3,
            wait=False,
            fail_on="never",
        )

    assert (result["status"], result["ended_by"], result["fault"]) == ("unhealthy", "fell", "target")
    assert result["targets"]["app1"]["checks"]["ready"]["attempts"] == 4


def test_when_the_checker_could_not_ask_the_result_says_so(run, monkeypatch) -> None:
    def fail(*_args: object) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "try again")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    result = run(targets=[target(80)], checks=[PORT], wait=False)

    assert (result["status"], result["fault"], result["error"]) == ("unhealthy", "checker", "unhealthy")
    assert "the checking machine could not ask well enough to tell" in result["msg"]


def test_every_type_and_its_options_are_offered() -> None:
    offered = set(health_check.CHECK_OPTIONS)

    assert set(health_check.CHECK_OPTIONS["type"]["choices"]) == {*CHECK_TYPES, "composite"}
    assert {option for kind in CHECK_TYPES.values() for option in kind.defaults} <= offered


def test_the_examples_are_valid(run) -> None:
    for task in yaml.safe_load(health_check.EXAMPLES):
        for check in task["progressive.delivery.health_check"]["checks"]:
            assert set(check) <= set(health_check.CHECK_OPTIONS)
