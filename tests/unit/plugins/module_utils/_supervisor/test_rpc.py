# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A supervisord that ends amid a call, or answers with something else."""

from __future__ import annotations

import contextlib
import socket
import threading
import xmlrpc.client

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._supervisor.errors import SupervisorUnresponsive
from ansible_collections.progressive.delivery.plugins.module_utils._supervisor.rpc import Client

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 1000\r\n\r\n"
ANSWERS = {
    "nothing": b"",
    "half a head": b"HTTP/1.1 200",
    "half a body": HEAD + b"<?xml version='1.0'?><methodResponse>",
    "no supervisord's": b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n",
    "no XML": b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\noops",
}


@contextlib.contextmanager
def answering(path, answer):
    """A server at the socket *path* that gives each call *answer* and hangs up."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    connection, _address = listening.accept()
                    with connection, connection.makefile("rb") as call:
                        # Who hangs up on half a call cuts the other half off.
                        for line in call:
                            if b"</methodCall>" in line:
                                break
                        connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield Client(str(path))
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


CALLS = {
    "process": lambda client: client.process("web"),
    "outdated": lambda client: client.outdated(),
    "load": lambda client: client.load("web"),
    "start": lambda client: client.start("web"),
    "stop": lambda client: client.stop("web"),
    "signal": lambda client: client.signal("web", "HUP"),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_supervisord_that_is_gone_when_it_is_called_is_named(tmp_path, call):
    path = tmp_path / "supervisord.sock"

    with pytest.raises(SupervisorUnresponsive, match="No such file") as gone:
        call(Client(str(path)))

    assert str(path) in gone.value.message


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_a_supervisord_that_goes_amid_its_answer_is_named(tmp_path, answer):
    refused = pytest.raises(SupervisorUnresponsive, match="getProcessInfo")
    with refused, answering(tmp_path / "socket", answer) as client:
        client.process("web")


@pytest.mark.parametrize("answer", ["nothing", "half a body", "no supervisord's", "no XML"])
def test_whether_one_runs_is_told_or_refused(tmp_path, answer):
    with answering(tmp_path / "socket", ANSWERS[answer]) as client:
        if answer == "nothing":
            assert client.daemon_state() is None
        else:
            with pytest.raises(SupervisorUnresponsive, match="cannot speak"):
                client.daemon_state()


def test_one_that_goes_while_it_is_shut_down_is_shut_down(tmp_path):
    with answering(tmp_path / "socket", b"") as client:
        client.shut_down()


def test_an_answer_is_understood(tmp_path):
    body = xmlrpc.client.dumps(({"statename": "RUNNING"},), methodresponse=True).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with answering(tmp_path / "socket", head + body) as client:
        assert client.daemon_state() == "RUNNING"
