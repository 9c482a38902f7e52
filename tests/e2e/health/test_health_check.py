# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Health checks through Ansible, against servers that do well, badly and worse."""

from __future__ import annotations

import contextlib
import json
import threading
import typing as t

import pytest

from ansible_collections.progressive.delivery.tests.loopback_servers import (
    Exchange,
    Reply,
    drip,
    keep_silent,
    raw_server,
    refusing_port,
    web_server,
)
from ansible_collections.progressive.delivery.tests.unit.plugins.module_utils._health.authority import Authority


def target(name: str, port: int) -> dict[str, t.Any]:
    return {"name": name, "address": "127.0.0.1", "port": port}


READY = {"name": "ready", "type": "http", "path": "/readyz", "conditions": ["status == 'ok'"]}


def ok(_exchange: Exchange) -> Reply:
    return Reply(body=json.dumps({"status": "ok"}).encode())


@pytest.mark.parametrize("arguments", [(), ("--check",), ("--check", "--diff")])
def test_a_pool_of_many_with_one_bad(check_health, arguments) -> None:
    with web_server(ok) as server, refusing_port() as port:
        pool = [target(f"app{number}", server.port) for number in range(50)]
        result = check_health(
            {"targets": [*pool, target("dead", port)], "checks": [READY], "quorum": "95%"}, *arguments
        )

    assert (result["status"], result["ready"], result["expected"]) == ("degraded", 50, 49)
    assert result["changed"] is False
    assert result["targets"]["dead"]["checks"]["ready"]["reason"] == "connection refused"
    assert len(server.seen) == 50


def test_every_way_of_hanging_ends_at_the_deadline(check_health) -> None:
    head = b"HTTP/1.1 200 OK\r\n"
    ways = {
        "silent": keep_silent,
        "head": drip(head + b"X-Slow: " + b"x" * 6000, pause=0.1),
        "body": drip(head + b"Content-Length: 6000\r\n\r\n" + b"x" * 6000, pause=0.1),
    }
    with contextlib.ExitStack() as servers:
        targets = [target(name, servers.enter_context(raw_server(way))) for name, way in ways.items()]
        result = check_health(
            {"targets": targets, "checks": [{"name": "ready", "type": "http"}], "timeout": 0.5, "deadline": 2}
        )

    assert (result["status"], result["ended_by"], result["ready"]) == ("unhealthy", "deadline", 0)
    for name in ways:
        shown = result["targets"][name]["checks"]["ready"]
        assert shown["reason"] == "no answer within 0.5 s"
        assert shown["attempts"] >= 1


def test_a_deadline_comes_before_a_longer_timeout(check_health) -> None:
    with raw_server(keep_silent) as port:
        result = check_health({"targets": [target("app1", port)], "checks": [READY], "timeout": 3600, "deadline": 0.5})

    assert result["ended_by"] == "deadline"
    assert result["targets"]["app1"]["checks"]["ready"]["attempts"] == 0


def test_a_bake_sees_one_instance_die(check_health) -> None:
    """The server answers well until it has been asked a few times by the bake, then with errors."""
    bad = threading.Event()
    asked = 0

    def respond(exchange: Exchange) -> Reply:
        nonlocal asked
        asked += 1
        if asked >= 10:
            bad.set()
        return Reply(500) if bad.is_set() else ok(exchange)

    with web_server(ok) as good, web_server(respond) as dying:
        result = check_health(
            {
                "targets": [target("good", good.port), target("dying", dying.port)],
                "checks": [READY],
                "interval": 0.05,
                "rise": 2,
                "fall": 3,
                "hold": 3600,
            }
        )

    assert (result["status"], result["ended_by"], result["error"]) == ("unhealthy", "fell", "unhealthy")
    assert result["targets"]["good"]["status"] == "healthy"
    assert asked == 12


def test_a_bake_that_goes_well(check_health) -> None:
    with web_server(ok) as server:
        result = check_health({"targets": [target("app1", server.port)], "checks": [READY], "interval": 0.1, "hold": 1})

    assert (result["status"], result["ended_by"]) == ("healthy", "held")
    assert result["targets"]["app1"]["checks"]["ready"]["attempts"] > 1
    assert result["duration"] >= 1


def test_tls_end_to_end(check_health, tmp_path) -> None:
    authority = Authority(tmp_path)
    with web_server(ok, authority.server_context("app.example.com", days=20)) as server:
        checks = [
            {**READY, "scheme": "https", "ca_path": str(authority.path), "server_name": "app.example.com"},
            {"name": "certificate", "type": "tls", "ca_path": str(authority.path), "server_name": "app.example.com"},
            {
                "name": "soon",
                "type": "tls",
                "ca_path": str(authority.path),
                "server_name": "app.example.com",
                "min_days": 30,
                "severity": "warning",
            },
            {"name": "stranger", "type": "tls", "severity": "warning"},
        ]
        result = check_health({"targets": [target("app1", server.port)], "checks": checks})

    shown = result["targets"]["app1"]["checks"]
    assert result["status"] == "degraded"
    assert [name for name, check in shown.items() if check["healthy"]] == ["ready", "certificate"]
    assert "at least 30 are wanted" in shown["soon"]["reason"]
    assert shown["stranger"]["reason"].startswith("the certificate is refused: ")


def test_no_output_of_any_verbosity_shows_a_secret(check_health) -> None:
    secret = "Bearer 5e5ame-0pen-thy5e1f"
    with web_server(ok) as server:
        result = check_health(
            {
                "targets": [target("green-1", server.port)],
                "checks": [{**READY, "headers": {"X-Preview": "green"}, "secret_headers": {"Authorization": secret}}],
            },
            "-vvv",
        )

    assert server.seen[0].headers["Authorization"] == secret
    assert "X-Preview" in result["output"]
    assert "5e5ame" not in json.dumps(result)
    assert list(result["targets"]) == ["green-1"]


def test_an_impossible_option_fails_before_any_request(check_health) -> None:
    with web_server(ok) as server:
        result = check_health({"targets": [target("app1", server.port)], "checks": [READY], "quorum": "200%"})

    assert result["error"] == "invalid-option"
    assert "quorum is '200%'" in result["msg"]
    assert server.seen == []
