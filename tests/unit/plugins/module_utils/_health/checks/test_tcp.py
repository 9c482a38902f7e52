# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of a port, against real ones."""

from __future__ import annotations

import errno
import socket
import time

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._health import connection
from ansible_collections.progressive.delivery.plugins.module_utils._health.interface import (
    Fault,
    failed,
    passed,
    unable,
)
from ansible_collections.progressive.delivery.tests.loopback_servers import (
    Reply,
    hosts,
    keep_silent,
    raw_server,
    refusing_port,
    web_server,
)


def test_a_port_that_takes_connections_is_good(finding) -> None:
    with raw_server(keep_silent) as port:
        assert finding("tcp", port) == passed(f"port {port} takes connections")


@pytest.mark.parametrize("host", hosts())
def test_every_kind_of_address_is_reached(finding, host) -> None:
    with web_server(lambda _exchange: Reply(), host=host) as server:
        assert finding("tcp", server.port, address=host) == passed(f"port {server.port} takes connections")


def test_the_checks_port_goes_before_the_targets(finding) -> None:
    with raw_server(keep_silent) as port, refusing_port() as other:
        assert not finding("tcp", other).passed
        assert finding("tcp", other, port=port).passed


def test_a_port_that_refuses_is_bad(finding) -> None:
    with refusing_port() as port:
        assert finding("tcp", port) == failed("connection refused")


def test_no_time_left_is_a_timeout(prepared) -> None:
    with raw_server(keep_silent) as port:
        assert prepared("tcp", port, timeout=3.0).run(0.0) == failed("no answer within 3 s")


def test_without_any_port_it_is_refused(prepared) -> None:
    with pytest.raises(InvalidOption, match="Target 'app1' has no port, which the tcp check 'it' needs"):
        prepared("tcp")


def test_each_address_of_a_name_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    with raw_server(keep_silent) as port, refusing_port() as refusing:
        found = [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", refusing)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)),
        ]
        monkeypatch.setattr(connection.socket, "getaddrinfo", lambda *_args, **_kwargs: found)
        connected = connection.connect("two.example", port, until=time.monotonic() + 10)
        with connected:
            assert connected.getpeername() == ("127.0.0.1", port)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (
            socket.gaierror(socket.EAI_AGAIN, "try again"),
            unable("the resolver of the checking machine failed: try again"),
        ),
        (socket.gaierror(socket.EAI_NONAME, "unknown"), failed("the name is not found: unknown")),
        (OSError(errno.EMFILE, "Too many open files"), unable("Too many open files")),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), unable("Network is unreachable")),
        (PermissionError(errno.EACCES, "Permission denied"), unable("Permission denied")),
        (OSError(errno.EHOSTUNREACH, "No route to host"), failed("No route to host")),
        (ConnectionResetError(errno.ECONNRESET, "reset"), failed("the connection was reset")),
        (None, failed("the connection failed: NoneType")),
    ],
)
def test_faults_of_the_checking_machine_are_told_from_the_targets(error, expected) -> None:
    assert connection.finding_of(error, 5.0) == expected
    assert expected.fault in (Fault.TARGET, Fault.CHECKER)
