# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Counting open connections from the kernel's tables."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._balancers import tcp_connections
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.errors import Unsupported

# As Linux prints it on a little-endian machine: to 127.0.0.1:8001 established, listening, to 127.0.0.1:8002 half closed.
TABLE = """  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:A1B2 0100007F:1F41 01 00000000:00000000 00:00000000 00000000     0        0 101 1 0000000000000000 20 4 30 10 -1
   1: 0100007F:1F41 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 102 1 0000000000000000 100 0 0 10 0
   2: 0100007F:A1B4 0100007F:1F42 08 00000000:00000000 00:00000000 00000000     0        0 103 1 0000000000000000 20 4 30 10 -1
   3: 0100007F:A1B6 0100007F:1F42 06 00000000:00000000 03:00000000 00000000     0        0 0 3 0000000000000000
"""
TABLE6 = """  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000001000000:A1B2 00000000000000000000000001000000:1F41 01 00000000:00000000 00:00000000 00000000     0        0 201 1
   1: 0000000000000000FFFF00000100007F:A1B4 0000000000000000FFFF00000100007F:1F41 02 00000000:00000000 00:00000000 00000000     0        0 202 1
"""


@pytest.fixture
def listener():
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield server


def test_open_connections_are_read_from_the_tables(monkeypatch):
    monkeypatch.setattr(tcp_connections.sys, "byteorder", "little")
    assert tcp_connections.parse_table(TABLE) == [(("127.0.0.1", 8001), "101"), (("127.0.0.1", 8002), "103")]
    assert tcp_connections.parse_table(TABLE6) == [(("::1", 8001), "201"), (("127.0.0.1", 8001), "202")]


def test_a_connection_counts_until_it_is_closed(listener):
    address = "127.0.0.1:{}".format(listener.getsockname()[1])
    assert tcp_connections.count_to([address], None) == {address: 0}
    with socket.create_connection(listener.getsockname()), socket.create_connection(listener.getsockname()):
        assert tcp_connections.count_to([address], None) == {address: 2}
        assert tcp_connections.count_to(["localhost:{}".format(listener.getsockname()[1])], None).popitem()[1] == 2
    assert tcp_connections.count_to([address], None) == {address: 0}


def test_only_connections_of_the_process_and_its_children_count(listener):
    address = "127.0.0.1:{}".format(listener.getsockname()[1])
    code = "import socket, sys; s = socket.create_connection(('127.0.0.1', int(sys.argv[1]))); print(1, flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", code, str(listener.getsockname()[1])]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        child.stdout.readline()
        assert tcp_connections.count_to([address], os.getpid()) == {address: 1}
        assert tcp_connections.count_to([address], child.pid) == {address: 1}
        with socket.create_connection(listener.getsockname()):
            assert tcp_connections.count_to([address], None) == {address: 2}
            assert tcp_connections.count_to([address], child.pid) == {address: 1}
        child.stdin.close()


def test_a_name_that_cannot_be_resolved_is_named():
    with pytest.raises(Unsupported, match="nowhere.invalid:80"):
        tcp_connections.count_to(["nowhere.invalid:80"], None)


def test_a_host_without_the_tables_is_unsupported(monkeypatch):
    monkeypatch.setattr(tcp_connections, "TABLES", ("/nowhere/tcp", "/nowhere/tcp6"))
    with pytest.raises(Unsupported, match="/nowhere/tcp"):
        tcp_connections.count_to(["127.0.0.1:80"], None)
