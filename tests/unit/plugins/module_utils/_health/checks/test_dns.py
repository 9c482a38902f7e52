# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of names. Only ``localhost`` and IP addresses need no network."""

from __future__ import annotations

import socket

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._health.checks.dns import judge
from ansible_collections.progressive.delivery.plugins.module_utils._health.interface import failed, passed, unable


def test_a_name_with_an_address_is_good(finding) -> None:
    assert finding("dns", query="localhost") == passed("the addresses are 127.0.0.1")


def test_all_expected_addresses_must_be_there(finding) -> None:
    assert finding("dns", query="{address}", expect=["127.0.0.1"]).passed
    assert finding("dns", query="localhost", expect=["127.0.0.1", "192.0.2.1"]) == failed(
        "the addresses are 127.0.0.1; 192.0.2.1 is missing"
    )


def test_more_addresses_than_expected_are_good() -> None:
    assert judge(frozenset({"192.0.2.1", "192.0.2.2"}), frozenset({"192.0.2.2"})).passed


@pytest.mark.parametrize("written", ["::1", "0:0:0:0:0:0:0:1", "0000::0001", " ::1 "])
def test_an_expected_address_may_be_written_in_any_way(finding, written) -> None:
    assert finding("dns", query="::1", record_type="AAAA", expect=[written]).passed


@pytest.mark.parametrize(
    ("record_type", "expect", "message"),
    [
        ("A", "::1", "Option expect of check 'it' has ::1, an IPv6 address, which no record of type A holds"),
        ("AAAA", "127.0.0.1", "has 127.0.0.1, an IPv4 address, which no record of type AAAA holds"),
        ("A", "app.example.com", "Option expect of check 'it' has 'app.example.com', which is no IP address"),
        ("A", "127.0.0.256", "which is no IP address"),
    ],
)
def test_what_can_never_be_found_is_refused(prepared, record_type, expect, message) -> None:
    with pytest.raises(InvalidOption, match=message):
        prepared("dns", query="localhost", record_type=record_type, expect=[expect])


def test_the_record_type_chooses_the_family(finding) -> None:
    assert finding("dns", query="::1", record_type="AAAA") == passed("the addresses are ::1")
    assert not finding("dns", query="::1", record_type="A").passed


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (socket.EAI_NONAME, failed("the name is not found: no")),
        (socket.EAI_AGAIN, unable("the resolver of the checking machine failed: no")),
    ],
)
def test_a_name_that_is_not_found_is_told_from_a_resolver_that_fails(finding, monkeypatch, code, expected) -> None:
    def fail(*_args: object) -> None:
        raise socket.gaierror(code, "no")

    monkeypatch.setattr(socket, "getaddrinfo", fail)

    assert finding("dns", query="app.example.com") == expected


@pytest.mark.parametrize("query", ["", "two..dots", "a" * 64 + ".example"])
def test_what_can_be_no_name_is_refused(prepared, query: str) -> None:
    with pytest.raises(InvalidOption, match=r"Option query of check 'it' is .* neither a host name nor an IP address"):
        prepared("dns", query=query)
