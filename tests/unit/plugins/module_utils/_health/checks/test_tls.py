# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of certificates, against real servers."""

from __future__ import annotations

import math

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._health.interface import failed
from ansible_collections.progressive.delivery.tests.loopback_servers import (
    Reply,
    drip,
    keep_silent,
    raw_server,
    say,
    web_server,
)
from ansible_collections.progressive.delivery.tests.unit.plugins.module_utils._health.authority import self_signed


def server(authority, *names: str, days: float = 90):
    return web_server(lambda _exchange: Reply(), authority.server_context(*names, days=days))


def test_a_trusted_certificate_with_days_to_go_is_good(finding, authority) -> None:
    with server(authority, "127.0.0.1") as running:
        found = finding("tls", running.port, ca_path=str(authority.path))

    assert found.passed
    assert found.reason in ("the certificate expires in 90.0 days", "the certificate expires in 89.9 days")


def test_a_self_signed_one_can_vouch_for_itself(finding, tmp_path) -> None:
    context, path = self_signed("app1", tmp_path)
    with web_server(lambda _exchange: Reply(), context) as running:
        assert finding("tls", running.port, ca_path=str(path), server_name="app1").passed
        assert not finding("tls", running.port, server_name="app1").passed


def test_one_that_expires_too_soon_is_bad(finding, authority) -> None:
    with server(authority, "127.0.0.1", days=10) as running:
        found = finding("tls", running.port, ca_path=str(authority.path))
        assert finding("tls", running.port, ca_path=str(authority.path), min_days=9).passed

    assert not found.passed
    assert found.reason.endswith("days, at least 14 are wanted")


def test_an_expired_one_is_bad(finding, authority) -> None:
    with server(authority, "127.0.0.1", days=-1) as running:
        found = finding("tls", running.port, ca_path=str(authority.path), min_days=0)

    assert found == failed("the certificate is refused: certificate has expired")


def test_one_for_another_name_is_bad(finding, authority) -> None:
    with server(authority, "app.example.com") as running:
        found = finding("tls", running.port, ca_path=str(authority.path))
        named = finding("tls", running.port, ca_path=str(authority.path), server_name="app.example.com")

    assert not found.passed
    assert found.reason.startswith("the certificate is refused: IP address mismatch")
    assert named.passed


def test_one_that_the_system_does_not_trust_is_bad(finding, authority) -> None:
    with server(authority, "127.0.0.1") as running:
        found = finding("tls", running.port)

    assert not found.passed
    assert found.reason.startswith("the certificate is refused: ")


def test_a_server_without_tls_is_bad(finding) -> None:
    with raw_server(say(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as port:
        found = finding("tls", port)

    assert not found.passed
    assert found.reason.startswith("TLS failed: ")


@pytest.mark.parametrize("converse", [keep_silent, drip(b"\x16\x03\x03\x40\x00" + b"\0" * 300, pause=0.05)])
def test_a_handshake_that_takes_too_long_is_bad(finding, converse) -> None:
    with raw_server(converse) as port:
        assert finding("tls", port, timeout=0.3) == failed("no answer within 0.3 s")


@pytest.mark.parametrize("days", [-1.0, math.nan, math.inf])
def test_days_that_no_certificate_can_have_are_refused(prepared, days) -> None:
    with pytest.raises(InvalidOption, match="Option min_days of check 'it' is .*; it must be a number of days"):
        prepared("tls", 443, min_days=days)


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_authorities_that_cannot_be_read_are_refused(prepared, tmp_path, content) -> None:
    path = tmp_path / "authorities.pem"
    if content:
        path.write_text(content)

    with pytest.raises(InvalidOption, match=r"Option ca_path of check 'it' is .*authorities.pem, which cannot be read"):
        prepared("tls", 443, ca_path=str(path))
