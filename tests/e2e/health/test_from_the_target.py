# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Health checks made by a managed host itself, reached over ssh. Needs root, to boot the host."""

from __future__ import annotations

import collections.abc
import typing as t

import pytest

from ansible_collections.progressive.delivery.tests.e2e.booted_host import NAME, BootedHost, booted

PORT = 8099
INSIDE = f"systemd-run --quiet --unit inside python3 -m http.server --directory / --bind 127.0.0.1 {PORT}"
"""A server that only the host itself can reach."""
SECURED = f"""
set -e
cd /etc
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=inside \\
    -addext subjectAltName=IP:127.0.0.1 -keyout inside.key -out inside.pem
systemd-run --quiet --unit secured --working-directory /etc openssl s_server -www -accept {PORT + 1} -key inside.key -cert inside.pem
"""


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[BootedHost]:
    with booted("health", tmp_path_factory.mktemp("health")) as host:
        host.shell(INSIDE + SECURED)
        yield host


def check(host: BootedHost, options: dict[str, t.Any], *conditions: str, **keywords: t.Any) -> None:
    """Run the module in a play for the host; the conditions on ``health`` must hold."""
    asked = {"progressive.delivery.health_check": {"fail_on": "never", **options}, "register": "health", **keywords}
    told = {"ansible.builtin.assert": {"that": list(conditions), "fail_msg": "{{ health | to_json }}"}}
    assert host.play({"name": "Check", **asked}, {"name": "Compare", **told}) == 0


def test_it_sees_what_only_the_host_itself_can_reach(host) -> None:
    inside = {"checks": [{"name": "port", "type": "tcp", "port": PORT}], "deadline": 30}

    check(host, inside, "health.status == 'healthy'")
    outside = {**inside, "targets": [{"name": "app1", "address": host.address}], "wait": False}
    check(
        host,
        outside,
        "health.status == 'unhealthy'",
        "health.fault == 'target'",
        "health.targets.app1.checks.port.reason == 'connection refused'",
        delegate_to="localhost",
    )


def test_it_measures_the_host_itself(host) -> None:
    checks = [
        {"name": "service", "type": "systemd", "unit": "inside.service"},
        {"name": "stopped", "type": "systemd", "unit": "nothing.service", "severity": "warning"},
        {"name": "room", "type": "disk", "min_free_bytes": 1},
        {"name": "memory", "type": "memory", "min_available_percent": 0},
        {"name": "name", "type": "command", "argv": ["hostname"], "stdout_regex": f"^{NAME}$"},
    ]

    check(
        host,
        {"checks": checks},
        "health.status == 'degraded'",
        "health.targets.localhost.checks.stopped.reason == 'nothing.service is not-found'",
        "health.targets.localhost.checks.values() | rejectattr('healthy') | length == 1",
    )


def test_it_asks_over_http_with_the_libraries_of_the_host(host) -> None:
    host.shell("""echo '{"parts": ["a", "b"]}' > /etc/health.json""")
    trust = {"port": PORT + 1, "ca_path": "/etc/inside.pem"}
    checks = [
        {"name": "page", "type": "http", "port": PORT, "response_headers": {"Content-Type": "^text/html"}},
        {
            "name": "json",
            "type": "http",
            "port": PORT,
            "path": "/etc/health.json",
            "conditions": ["length(parts) > `1`"],
        },
        {"name": "secured", "type": "http", "scheme": "https", "body_regex": "TLS", **trust},
        {"name": "certificate", "type": "tls", "min_days": 20, **trust},
        {"name": "stranger", "type": "http", "scheme": "https", "port": PORT + 1, "severity": "warning"},
    ]

    check(
        host,
        {"checks": checks, "deadline": 30},
        "health.status == 'degraded'",
        "health.targets.localhost.checks.stranger.reason is match('the certificate is refused: ')",
    )
