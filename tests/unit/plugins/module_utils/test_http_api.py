# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP to a provider, against real servers: what is tried again, what is told, and what is not."""

from __future__ import annotations

import itertools
import json
import math
import pathlib
import types
import typing as t

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils import _attempts, _http_api
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.errors import (
    BadMeasurement,
    ProviderRefused,
    ProviderUnreachable,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.provider_api import ProviderApi
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._http_api import Access
from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import MissingLibrary
from ansible_collections.progressive.delivery.tests.loopback_servers import (
    Exchange,
    Reply,
    keep_silent,
    raw_server,
    refusing_port,
    say,
    web_server,
)
from ansible_collections.progressive.delivery.tests.unit.plugins.module_utils._health.authority import Authority


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_attempts, "_FIRST_PAUSE", 0.001)
    monkeypatch.setattr(_attempts, "_LONGEST_PAUSE", 0.002)


def api(port: int, **options: t.Any) -> ProviderApi:
    return ProviderApi("Prometheus", Access(f"http://127.0.0.1:{port}", **options))


def test_a_question_and_its_secrets_arrive_and_the_answer_comes_back() -> None:
    with web_server(lambda _exchange: Reply(body=b'{"a": [1]}')) as server:
        answer = api(server.port, headers={"Authorization": "Bearer s3cret"}).json("/query", {"query": 'a{b="c d"}'})

    assert answer == {"a": [1]}
    assert server.seen[0].path == "/query?query=a%7Bb%3D%22c+d%22%7D"
    assert server.seen[0].headers["Authorization"] == "Bearer s3cret"


def test_secrets_are_not_shown() -> None:
    assert "s3cret" not in repr(Access("http://localhost", {"Authorization": "Bearer s3cret"}))


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_may_be_answered_later_is_asked_again(status: int) -> None:
    replies = itertools.chain([Reply(status), Reply(status)], itertools.repeat(Reply(body=b"1")))
    with web_server(lambda _exchange: next(replies)) as server:
        assert api(server.port).json("/query") == 1

    assert len(server.seen) == 3


def busy(_exchange: Exchange) -> Reply:
    return Reply(503, b"try\n later")


def test_what_is_never_answered_is_given_up() -> None:
    with web_server(busy) as server, pytest.raises(ProviderUnreachable) as failure:
        api(server.port, attempts=2).json("/query")

    assert failure.value.message == "Prometheus answered /query with status 503: try later"
    assert len(server.seen) == 2


@pytest.mark.parametrize("status", [301, 400, 401, 422])
def test_a_refusal_is_taken_at_once(status: int) -> None:
    reply = Reply(status, b"no " + b"x" * 999, {"Location": "http://127.0.0.1:1/"})
    with web_server(lambda _exchange: reply) as server, pytest.raises(ProviderRefused) as refusal:
        api(server.port).json("/query")

    assert len(server.seen) == 1
    assert f"with status {status}: no xxx" in refusal.value.message
    assert len(refusal.value.message) < 300


@pytest.mark.parametrize("body", [b"<html>", b"[" * 100_000], ids=["a page", "without end"])
def test_an_answer_that_is_no_json_is_a_bad_measurement(body: bytes) -> None:
    with web_server(lambda _exchange: Reply(body=body)) as server, pytest.raises(BadMeasurement, match="no JSON"):
        api(server.port).json("/query")


def test_an_answer_that_breaks_off_is_asked_for_again_and_then_given_up() -> None:
    half = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[1, "
    asked: list[None] = []

    def converse(*connected: t.Any) -> None:
        asked.append(None)
        say(half)(*connected)

    with raw_server(converse) as port, pytest.raises(ProviderUnreachable, match="broke off"):
        api(port, attempts=2).json("/query")
    assert len(asked) == 2


def test_a_password_in_the_netrc_file_takes_no_given_ones_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password another\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with web_server(lambda _exchange: Reply(body=b"1")) as server:
        api(server.port, headers={"Authorization": "Bearer s3cret"}).json("/query")
        api(server.port).json("/query")

    assert [exchange.headers.get("Authorization") for exchange in server.seen] == ["Bearer s3cret", None]


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_a_certificate_is_trusted_by_whom_it_is_from_and_refused_at_once_with_the_reason(
    tmp_path: pathlib.Path,
) -> None:
    authority = Authority(tmp_path)
    with web_server(lambda _exchange: Reply(body=b"1"), tls=authority.server_context("127.0.0.1")) as server:
        address = f"https://127.0.0.1:{server.port}"
        assert ProviderApi("Prometheus", Access(address, ca_path=str(authority.path))).json("/query") == 1
        assert ProviderApi("Prometheus", Access(address, validate_certs=False)).json("/query") == 1
        with pytest.raises(ProviderRefused) as refusal:
            ProviderApi("Prometheus", Access(address)).json("/query")
    said = f"the certificate of Prometheus at {address} is not trusted: unable to get local issuer certificate"
    assert refusal.value.message == said
    assert len(server.seen) == 2


def test_nobody_there_and_somebody_silent_do_not_answer() -> None:
    with refusing_port() as port, pytest.raises(ProviderUnreachable, match="does not answer"):
        api(port, attempts=2).json("/query")
    with raw_server(keep_silent) as port, pytest.raises(ProviderUnreachable, match="does not answer"):
        api(port, attempts=1, timeout=0.1).json("/query")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"address": "localhost:9090"}, "address: it must begin with http:// or https://"),
        ({"address": "https://me:s3cret@localhost"}, "address: a user or password in it would be shown"),
        ({"address": "http://"}, "address: 'http://' names no host"),
        ({"address": "http://localhost:99999"}, "address: 'http://localhost:99999' names no host, or no port"),
        ({"address": "http://local host"}, "address: 'http://local host' names no host"),
        (
            {"headers": {"Authorization": "Bearer s3cret\n"}},
            "headers: Authorization begins with a space, or holds a line",
        ),
        ({"headers": {"Authorization": "s3cret\u20ac"}}, "headers: Authorization begins with a space, or holds"),
        ({"headers": {"X-Scope": 1}}, "headers: X-Scope is no text; put it in quotes"),
        ({"headers": {"Bearer s3cret": "x"}}, "headers: one of them has a name that no header can have"),
        ({"headers": {1: "x"}}, "headers: one of them has a name"),
        ({"timeout": 0}, "timeout: 0 is not a number of seconds above 0"),
        ({"timeout": math.inf}, "timeout: inf"),
        ({"timeout": math.nan}, "timeout: nan"),
        ({"attempts": 0}, "attempts: 0 is below 1"),
    ],
)
def test_an_access_that_cannot_be_is_refused(options: dict[str, t.Any], says: str) -> None:
    with pytest.raises(InvalidOption) as refusal:
        Access(**{"address": "http://localhost", **options})
    assert refusal.value.message.startswith(says)
    assert "s3cret" not in refusal.value.message


@pytest.mark.parametrize(("importer", "library"), [(_http_api, "requests"), (_attempts, "tenacity")])
def test_a_library_that_is_missing_is_said_first(
    importer: types.ModuleType, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importer, library, None)
    with pytest.raises(MissingLibrary, match=library):
        api(1)


def test_what_is_sent_is_posted_as_json_at_each_attempt() -> None:
    replies = iter([Reply(503), Reply(body=b"[2]")])
    with web_server(lambda _exchange: next(replies)) as server:
        assert api(server.port).json("/query", body={"a": [1]}) == [2]

    assert [(one.method, json.loads(one.body)) for one in server.seen] == [("POST", {"a": [1]})] * 2
    assert server.seen[0].headers["Content-Type"] == "application/json"


def test_what_is_sent_arrives_as_it_is() -> None:
    with web_server(lambda _exchange: Reply(204)) as server:
        api(server.port).send("PUT", "/place", b"\x00content", {"Content-Type": "application/x-protobuf"})

    (seen,) = server.seen
    assert (seen.method, seen.path, seen.body) == ("PUT", "/place", b"\x00content")
    assert seen.headers["Content-Type"] == "application/x-protobuf"
