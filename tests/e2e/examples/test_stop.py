# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sample service told to stop: nobody who has a request under way notices."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import socket
import time

import pytest
from load import records

LETTER = json.dumps({"text": "All is well."}).encode()
HEAD = b"POST /analyze HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(LETTER)


def is_refused(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:
        pass
    return False


def wait_until(condition) -> None:
    while not condition():
        time.sleep(0.01)


def read_to_the_end(raw: socket.socket) -> bytes:
    received = b""
    while part := raw.recv(65536):
        received += part
    return received


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_with_0(start, number: signal.Signals) -> None:
    service = start().wait_until_serving()

    service.process.send_signal(number)

    assert service.process.wait() == 0


def test_readiness_turns_before_the_port_closes_and_answers_say_goodbye(start) -> None:
    service = start("--lame-duck", "3600").wait_until_serving()
    kept = service.connect()
    kept.connect()

    service.process.terminate()
    service.wait_for_line(re.compile("the port closes in 3600 s"))

    assert service.get("/readyz").status == 503
    assert service.get("/readyz").content["reasons"] == ["shutting down"]
    assert service.get("/healthz").status == 200
    kept.request("POST", "/analyze", LETTER)
    response = kept.getresponse()
    assert response.status == 200
    assert response.getheader("Connection") == "close"
    kept.close()


def test_a_request_under_way_is_answered_after_the_port_has_closed(start) -> None:
    service = start().wait_until_serving()
    with socket.create_connection(("127.0.0.1", service.port)) as raw:
        raw.sendall(HEAD + LETTER[:5])
        wait_until(lambda: "analyze_all_requests_in_flight 1.0" in service.get("/metrics").content)

        service.process.terminate()
        wait_until(lambda: is_refused(service.port))
        raw.sendall(LETTER[5:])
        answer = read_to_the_end(raw)

    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\nconnection: close\r\n" in answer
    assert b'"verdict":"good"' in answer
    assert service.process.wait() == 0


def test_an_idle_connection_is_closed_and_not_reset(start) -> None:
    service = start().wait_until_serving()
    with contextlib.closing(service.connect()) as used, socket.create_connection(("127.0.0.1", service.port)) as fresh:
        used.request("POST", "/analyze", LETTER)
        used.getresponse().read()

        service.process.terminate()

        # A reset would raise here.
        assert (read_to_the_end(used.sock), read_to_the_end(fresh)) == (b"", b"")
    assert service.process.wait() == 0


def test_a_request_that_never_ends_is_cut_at_the_drain_limit(start) -> None:
    service = start("--drain", "1", latency_ms=60_000).wait_until_serving()
    with socket.create_connection(("127.0.0.1", service.port)) as raw:
        raw.sendall(HEAD + LETTER)
        wait_until(lambda: "analyze_all_requests_in_flight 1.0" in service.get("/metrics").content)

        assert service.stop() == 0


def test_a_stop_during_the_start_delay_ends_it_with_the_port_never_open(start) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    service = start(port=port, start_delay_seconds=3600)
    service.wait_for_line(re.compile(r"analyze-all 1\.0\.0 as blue-1"))

    assert is_refused(port)
    wait_until(lambda: stop_is_heard(service.process.pid))
    assert service.stop() == 0


def stop_is_heard(pid: int) -> bool:
    """Whether the process catches SIGTERM yet; before that it would simply die of it."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        caught = next(line for line in status if line.startswith("SigCgt:"))
    return bool(int(caught.split()[1], 16) & 1 << (signal.SIGTERM - 1))


@pytest.mark.parametrize("reuse", ["--keep-alive", "--new-connections"])
def test_under_load_no_request_that_was_taken_is_lost(start, start_load, tmp_path, reuse: str) -> None:
    service = start("--lame-duck", "0.5", latency_ms=50).wait_until_serving()
    path = tmp_path / "load.jsonl"
    load = start_load(service.url("/analyze"), reuse, "--rate", "100", "--connections", "16")
    wait_until(lambda: path.exists() and len(records.read(path)) > 50)

    service.process.terminate()
    assert service.process.wait() == 0
    wait_until(lambda: records.read(path)[-1].outcome == "refused")
    load.terminate()
    assert load.wait() == 0

    outcomes = {record.outcome for record in records.read(path)}
    # "reset" is a connection that the system had accepted and the service had not: no request of it was read.
    assert outcomes - {"reset"} == {200, "refused"}
