# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The load generator against servers that do exactly what a test tells them."""

from __future__ import annotations

import collections.abc
import contextlib
import pathlib
import re
import signal
import socket
import struct
import threading
import time

import pytest
from load import records

ANSWER = b"HTTP/1.1 200 OK\r\nX-Release: 1.0.0\r\nX-Instance: blue-1\r\nContent-Length: 2\r\n\r\n{}"

Conversation = collections.abc.Callable[["ScriptedServer", socket.socket], None]


class ScriptedServer:
    """Holds the same conversation on every connection, and counts what reaches it."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = "http://127.0.0.1:{}/analyze".format(self._listener.getsockname()[1])
        self.connections = 0
        self.requests: list[bytes] = []
        self.let_go = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def read_request(self, connection: socket.socket) -> bool:
        """Take one request off a connection; False at its end."""
        received = b""
        while b"\r\n\r\n" not in received:
            part = connection.recv(65536)
            if not part:
                return False
            received += part
        head, _blank, body = received.partition(b"\r\n\r\n")
        length = re.search(rb"Content-Length: (\d+)", head)
        while length and len(body) < int(length[1]):
            body += connection.recv(65536)
        self.requests.append(head)
        return True

    def close(self) -> None:
        self.let_go.set()
        # Closing alone would leave the thread in accept(), and the port open.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _address = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._converse, args=[connection], daemon=True).start()

    def _converse(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(ConnectionError):
            self._conversation(self, connection)


def answer_all(server: ScriptedServer, connection: socket.socket) -> None:
    while server.read_request(connection):
        connection.sendall(ANSWER)


def answer_once_then_reset(server: ScriptedServer, connection: socket.socket) -> None:
    server.read_request(connection)
    connection.sendall(ANSWER)
    server.read_request(connection)
    reset(connection)


def answer_once_then_close_on_the_next(server: ScriptedServer, connection: socket.socket) -> None:
    server.read_request(connection)
    connection.sendall(ANSWER)
    server.read_request(connection)


def answer_once_and_close(server: ScriptedServer, connection: socket.socket) -> None:
    server.read_request(connection)
    connection.sendall(ANSWER.replace(b"Content-Length", b"Connection: close\r\nContent-Length"))


def reset_at_once(server: ScriptedServer, connection: socket.socket) -> None:
    server.read_request(connection)
    reset(connection)


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def send(content: bytes) -> Conversation:
    """A conversation of one answer, after which the connection ends."""

    def converse(server: ScriptedServer, connection: socket.socket) -> None:
        server.read_request(connection)
        connection.sendall(content)

    return converse


def say_nothing(server: ScriptedServer, connection: socket.socket) -> None:
    server.read_request(connection)
    server.let_go.wait()


@pytest.fixture
def serve() -> collections.abc.Iterator[collections.abc.Callable[[Conversation], ScriptedServer]]:
    with contextlib.ExitStack() as running:
        yield lambda conversation: running.enter_context(contextlib.closing(ScriptedServer(conversation)))


@pytest.fixture
def run(start_load, tmp_path) -> collections.abc.Callable[..., list[records.Record]]:
    """Runs a load to its end; the records."""

    def run_to_the_end(url: str, *options: str) -> list[records.Record]:
        load = start_load(url, "--rate", "1000", *options)
        load.communicate()
        assert load.returncode == 0
        return records.read(tmp_path / "load.jsonl")

    return run_to_the_end


def test_every_request_is_recorded_with_who_answered(serve, run) -> None:
    server = serve(answer_all)

    run_records = run(server.url, "--requests", "200", "--connections", "4")

    assert [(r.outcome, r.release, r.instance) for r in run_records] == [(200, "1.0.0", "blue-1")] * 200
    assert len(server.requests) == 200
    assert server.connections == 4
    assert server.requests[0].startswith(b"POST /analyze HTTP/1.1\r\n")


def test_a_connection_for_each_request(serve, run) -> None:
    server = serve(answer_all)

    run_records = run(server.url, "--requests", "50", "--connections", "4", "--new-connections")

    assert {record.outcome for record in run_records} == {200}
    assert (server.connections, len(server.requests)) == (50, 50)
    assert all(b"Connection: close" in request for request in server.requests)


def test_requests_are_sent_when_they_are_due_and_not_before(serve, run) -> None:
    run_records = run(serve(answer_all).url, "--rate", "200", "--duration", "0.5")

    assert len(run_records) == 100
    assert all(record.late >= 0 for record in run_records)
    due = [record.sent - record.late for record in run_records]
    assert [instant - due[0] for instant in due] == pytest.approx([number / 200 for number in range(100)], abs=1e-5)


def test_a_get_with_headers_of_one_s_own(serve, run) -> None:
    server = serve(answer_all)

    run(server.url, "--requests", "1", "--method", "GET", "--header", "X-Preview: green", "--header", "Cookie:a=b")

    assert server.requests[0].split(b"\r\n")[0] == b"GET /analyze HTTP/1.1"
    assert {b"X-Preview: green", b"Cookie: a=b"} < set(server.requests[0].split(b"\r\n"))
    assert b"Content-Length" not in server.requests[0]


def test_a_body_of_one_s_own(serve, run, tmp_path) -> None:
    (tmp_path / "body.json").write_text('{"text": "x"}')
    server = serve(answer_all)

    run(server.url, "--requests", "1", "--body", str(tmp_path / "body.json"))

    assert b"Content-Length: 13" in server.requests[0]


@pytest.mark.parametrize(
    ("conversation", "outcome"),
    [(answer_once_then_reset, "reset-reused"), (answer_once_then_close_on_the_next, "closed-reused")],
)
def test_a_reset_on_a_connection_used_before_is_a_failure_and_nothing_is_sent_again(
    serve, run, conversation: Conversation, outcome: str
) -> None:
    server = serve(conversation)

    run_records = run(server.url, "--requests", "6", "--connections", "1")

    assert [record.outcome for record in run_records] == [200, outcome] * 3
    assert len(server.requests) == 6


def test_a_connection_that_the_server_closed_in_time_is_no_failure(serve, run) -> None:
    server = serve(answer_once_and_close)

    run_records = run(server.url, "--requests", "6", "--connections", "1")

    assert [record.outcome for record in run_records] == [200] * 6
    assert server.connections == 6


@pytest.mark.parametrize(
    ("conversation", "outcome"),
    [
        (reset_at_once, "reset"),
        (send(b""), "closed"),
        (send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"), "closed"),
        (send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"), "closed"),
        (send(b"HTTP/1.1 200 OK\r\nX-Rel"), "closed"),
        (send(b"SSH-2.0-OpenSSH\r\n"), "malformed"),
        (send(b"HTTP/1.1 200 OK\r\n\r\nas long as it goes"), 200),
        (send(b"HTTP/1.1 100 Continue\r\n\r\n" + ANSWER), 200),
        (send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfull\r\n0\r\n\r\n"), 200),
        (send(b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\nno server"), 503),
    ],
)
def test_what_becomes_of_a_request_is_told_apart(serve, run, conversation: Conversation, outcome: int | str) -> None:
    server = serve(conversation)

    assert [record.outcome for record in run(server.url, "--requests", "3")] == [outcome] * 3
    assert len(server.requests) == 3


def test_nobody_there(run) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = "http://127.0.0.1:{}/".format(unused.getsockname()[1])

        assert [record.outcome for record in run(url, "--requests", "3")] == ["refused"] * 3


def test_no_answer_in_time(serve, run) -> None:
    server = serve(say_nothing)

    run_records = run(server.url, "--requests", "3", "--timeout", "0.2")

    assert [record.outcome for record in run_records] == ["timeout"] * 3
    assert all(record.latency >= 0.2 for record in run_records)


def test_a_server_that_stalls_makes_requests_late_and_none_is_left_out(serve, run) -> None:
    server = serve(say_nothing)

    run_records = run(server.url, "--requests", "6", "--connections", "2", "--timeout", "0.2")

    assert len(run_records) == len(server.requests) == 6
    assert max(record.late for record in run_records) >= 0.39


def answer_when_told(server: ScriptedServer, connection: socket.socket) -> None:
    while server.read_request(connection):
        server.let_go.wait()
        connection.sendall(ANSWER)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_it_lets_requests_under_way_finish(serve, start_load, tmp_path, number: signal.Signals) -> None:
    server = serve(answer_when_told)
    load = start_load(server.url, "--rate", "1000", "--connections", "4")
    while len(server.requests) < 4:
        time.sleep(0.01)

    load.send_signal(number)
    server.let_go.set()
    output, _errors = load.communicate()

    run_records = records.read(tmp_path / "load.jsonl")
    assert load.returncode == 0
    assert {record.outcome for record in run_records} == {200}
    assert len(run_records) == len(server.requests)
    assert output.startswith(f"{len(run_records)} requests in ")


def test_the_records_can_be_read_during_the_run_and_after_it_was_killed(serve, start_load, tmp_path) -> None:
    path = tmp_path / "load.jsonl"
    load = start_load(serve(answer_all).url, "--rate", "500")
    while not path.exists() or len(records.read(path)) < 100:
        time.sleep(0.01)
    read_during = len(records.read(path))

    load.kill()
    load.wait()

    after = records.read(path)
    assert len(after) >= read_during
    assert {record.outcome for record in after} == {200}


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--url", "https://127.0.0.1/"], 2, "it must be like http://"),
        (["--rate", "0"], 2, "argument --rate: 0 is not above 0"),
        (["--rate", "nan"], 2, "argument --rate"),
        (["--connections", "0"], 2, "argument --connections"),
        (["--header", "no colon"], 2, "argument --header"),
        (["--header", "A: b\r\nC: d"], 2, "argument --header"),
        (["--keep-alive", "--new-connections"], 2, "not allowed with"),
        (["--body", "/nowhere/body.json"], 1, "/nowhere/body.json: No such file"),
        (["--record", "/nowhere/load.jsonl"], 1, "/nowhere/load.jsonl: No such file"),
    ],
)
def test_a_wrong_command_line_is_refused(capfd, start_load, options: list[str], code: int, said: str) -> None:
    load = start_load("http://127.0.0.1:1/", *options)

    assert load.wait() == code
    assert said in capfd.readouterr().err


def test_a_full_disk_is_not_passed_over(serve, start_load, capfd) -> None:
    assert pathlib.Path("/dev/full").exists()

    load = start_load(serve(answer_all).url, "--record", "/dev/full", "--requests", "10")

    assert load.wait() == 1
    assert "No space left on device" in capfd.readouterr().err
