# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Balancers that are asked for their statistics over a socket of this machine, or over HTTP."""

from __future__ import annotations

import collections.abc
import contextlib
import pathlib
import socket
import threading
import typing as t

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils import _attempts
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.errors import (
    BadMeasurement,
    ProviderRefused,
    ProviderUnreachable,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.balancer_pages import LocalSocket
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.haproxy import statistics
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.registry import (
    OPTIONS,
    provider_of,
)
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.tests.loopback_servers import Reply, web_server

# As HAProxy 2.6 answers, less most of its columns.
TABLE = b"""# pxname,svname,scur,econ,eresp,type,hrsp_1xx,hrsp_5xx,req_tot,rtime,
shop,FRONTEND,0,,,0,0,4,20,,
shop.canary,app1,0,1,2,2,0,3,9,250,
shop.canary,BACKEND,0,1,2,1,0,4,10,250,

"""
PAGE = b'# TYPE rq counter\nrq{cluster="canary"} 7\n'


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_attempts, "_FIRST_PAUSE", 0.001)


def provider(kind: str, *balancers: str, **options: t.Any) -> t.Any:
    defaults = {name: spec.get("default") for name, spec in OPTIONS.items()}
    return provider_of({**defaults, "type": kind, "balancers": list(balancers), "attempts": 1, **options})


@contextlib.contextmanager
def answering(path: pathlib.Path, *answers: bytes) -> collections.abc.Iterator[list[bytes]]:
    """A socket at which each connection is answered in turn, once a line has come; yields what came."""
    came: list[bytes] = []

    def serve() -> None:
        for answer in answers:
            connection, _address = listener.accept()
            with connection:
                came.append(connection.recv(65536))
                connection.sendall(answer)

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        thread = threading.Thread(target=serve)
        thread.start()
        yield came
        thread.join()


def http(body: bytes, status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def test_the_table_of_haproxy_has_the_names_of_its_exporter() -> None:
    found = {(name, *sorted(labels.values())): value for name, labels, value in statistics(TABLE.decode())}
    assert found == {
        ("haproxy_frontend_http_responses_total", "1xx", "shop"): 0,
        ("haproxy_frontend_http_responses_total", "5xx", "shop"): 4,
        ("haproxy_frontend_http_requests_total", "shop"): 20,
        ("haproxy_server_http_responses_total", "1xx", "app1", "shop.canary"): 0,
        ("haproxy_server_http_responses_total", "5xx", "app1", "shop.canary"): 3,
        ("haproxy_server_connection_errors_total", "app1", "shop.canary"): 1,
        ("haproxy_server_response_errors_total", "app1", "shop.canary"): 2,
        ("haproxy_server_response_time_average_seconds", "app1", "shop.canary"): 0.25,
        ("haproxy_backend_http_responses_total", "1xx", "shop.canary"): 0,
        ("haproxy_backend_http_responses_total", "5xx", "shop.canary"): 4,
        ("haproxy_backend_http_requests_total", "shop.canary"): 10,
        ("haproxy_backend_connection_errors_total", "shop.canary"): 1,
        ("haproxy_backend_response_errors_total", "shop.canary"): 2,
        ("haproxy_backend_response_time_average_seconds", "shop.canary"): 0.25,
    }


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is no table of statistics"),
        ("Unknown command: 'show stat'\n", "is no table of statistics"),
        ("# pxname,svname,type,req_tot,\na,BACKEND,1,many,\n", "HAProxy's statistics cannot be understood"),
    ],
)
def test_what_is_no_table_is_a_bad_measurement(text: str, says: str) -> None:
    with pytest.raises(BadMeasurement, match=says):
        list(statistics(text))


def test_haproxy_is_asked_over_its_socket(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "haproxy.sock"
    with answering(path, TABLE) as came:
        measured = provider("haproxy", str(path)).measure(['haproxy_backend_http_requests_total{proxy="shop.canary"}'])
    assert came == [b"show stat\n"]
    assert [(series.value, dict(series.labels)["balancer"]) for series in measured[0]] == [(10, str(path))]


def test_envoy_is_asked_over_its_socket(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "envoy.sock"
    with answering(path, http(PAGE)) as came:
        measured = provider("envoy", str(path)).measure(["rq"])
    assert came[0].startswith(b"GET /stats/prometheus HTTP/1.1\r\n")
    assert [series.value for series in measured[0]] == [7]


def test_all_balancers_are_read_and_told_apart(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "envoy.sock"
    with answering(path, http(PAGE)), web_server(lambda _exchange: Reply(body=PAGE)) as server:
        url = f"http://127.0.0.1:{server.port}"
        options = {"secret_headers": {"Authorization": "Bearer s3cret"}}
        measured = provider("envoy", str(path), url, **options).measure(["rq"])
    assert {(dict(series.labels)["balancer"], series.value) for series in measured[0]} == {
        (str(path), 7),
        (f"127.0.0.1:{server.port}", 7),
    }
    assert server.seen[0].path == "/stats/prometheus"
    assert server.seen[0].headers["Authorization"] == "Bearer s3cret"


def test_the_exporter_of_haproxy_is_asked_where_the_task_says() -> None:
    with web_server(lambda _exchange: Reply(body=PAGE)) as server:
        assert provider("haproxy", f"http://127.0.0.1:{server.port}/metrics").measure(["rq"])[0][0].value == 7
    assert server.seen[0].path == "/metrics"


def test_a_socket_without_an_answer_is_asked_again(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "envoy.sock"
    with answering(path, b"", http(PAGE)) as came:
        assert provider("envoy", str(path), attempts=2).measure(["rq"])[0][0].value == 7
    assert len(came) == 2


def test_a_socket_that_nobody_listens_at_does_not_answer(tmp_path: pathlib.Path) -> None:
    for kind in ("haproxy", "envoy"):
        with pytest.raises(ProviderUnreachable, match=r"nobody\.sock does not answer"):
            provider(kind, str(tmp_path / "nobody.sock")).measure(["rq"])


def test_a_socket_that_is_silent_does_not_answer(tmp_path: pathlib.Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "silent.sock"))
        listener.listen()
        for kind in ("haproxy", "envoy"):
            with pytest.raises(ProviderUnreachable, match=r"silent\.sock does not answer: timed out"):
                provider(kind, str(tmp_path / "silent.sock"), timeout=0.1).measure(["rq"])


def test_a_socket_that_refuses_is_told(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "envoy.sock"
    with answering(path, http(b"", "404 Not Found")), pytest.raises(ProviderRefused, match="with status 404"):
        provider("envoy", str(path)).measure(["rq"])
    path = tmp_path / "haproxy.sock"
    with answering(path, b"Permission denied\n\n"), pytest.raises(ProviderRefused, match="does not let this socket"):
        provider("haproxy", str(path)).measure(["rq"])


def test_a_user_who_may_not_use_the_socket_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(_self: LocalSocket) -> socket.socket:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(LocalSocket, "connect", connect)
    with pytest.raises(ProviderRefused, match=r"this user may not use /run/haproxy\.sock"):
        LocalSocket("/run/haproxy.sock", 1).told("show stat")


@pytest.mark.parametrize("address", ["/run/haproxy.sock", "http://edge1:9901/a"])
def test_a_balancer_that_is_named_twice_is_refused(address: str) -> None:
    with pytest.raises(InvalidOption, match="provider: two of those that are read are"):
        provider("haproxy", "/run/haproxy.sock", "http://edge1:9901", address)


@pytest.mark.parametrize("address", ["edge1:9901", "haproxy.sock", "unix:/run/haproxy.sock"])
def test_a_place_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(InvalidOption, match="balancers: '.*' is neither a URL"):
        provider("haproxy", "http://edge1", address)
