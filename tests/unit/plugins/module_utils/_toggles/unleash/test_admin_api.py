# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP to Unleash, against real servers: what is sent again, what is told, and what is not."""

from __future__ import annotations

import itertools
import json
import math
import pathlib
import typing as t

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import MissingLibrary
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.errors import (
    ChangeRequestRequired,
    ToggleServerRefused,
    ToggleServerUnreachable,
)
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.unleash import admin_api
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.unleash.admin_api import Access, AdminApi
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.unleash.environment import Environment
from ansible_collections.progressive.delivery.tests.loopback_servers import (
    Reply,
    keep_silent,
    raw_server,
    refusing_port,
    web_server,
)
from ansible_collections.progressive.delivery.tests.unit.plugins.module_utils._health.authority import Authority


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admin_api, "_FIRST_PAUSE", 0.001)
    monkeypatch.setattr(admin_api, "_LONGEST_PAUSE", 0.002)


def api(port: int, **options: t.Any) -> AdminApi:
    return AdminApi(Access(f"http://127.0.0.1:{port}/", "s3cret", **options))


def test_a_question_and_the_token_arrive_and_the_answer_comes_back() -> None:
    with web_server(lambda _exchange: Reply(body=b'{"a": [1]}')) as server:
        answer = api(server.port).read("projects", "a/b", limit="5")

    assert (answer.status, answer.body) == (200, {"a": [1]})
    assert server.seen[0].path == "/api/admin/projects/a%2Fb?limit=5"
    assert server.seen[0].headers["Authorization"] == "s3cret"


def test_the_token_is_not_shown() -> None:
    assert "s3cret" not in repr(Access("http://localhost", "s3cret"))
    refusal = Reply(401, b'{"message": "s3cret is no token"}')
    with web_server(lambda _exchange: refusal) as server, pytest.raises(ToggleServerRefused) as refused:
        api(server.port).read("projects")
    assert "with status 401: *** is no token" in refused.value.message
    with web_server(lambda _exchange: Reply(503, b"s3cret")) as server, pytest.raises(ToggleServerUnreachable) as down:
        api(server.port, attempts=1).read("projects")
    assert "s3cret" not in str(down.value)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_what_may_be_answered_later_is_asked_again(status: int) -> None:
    replies = itertools.chain([Reply(status), Reply(status)], itertools.repeat(Reply(body=b"{}")))
    with web_server(lambda _exchange: next(replies)) as server:
        assert api(server.port).repeat("POST", "off").is_good
        assert len(server.seen) == 3


def test_in_the_end_there_is_no_answer() -> None:
    with web_server(lambda _exchange: Reply(503, b"too busy")) as server:
        with pytest.raises(ToggleServerUnreachable, match="with status 503: too busy"):
            api(server.port, attempts=2).read("projects")
        assert len(server.seen) == 2


def test_what_may_not_be_sent_twice_is_sent_once() -> None:
    with web_server(lambda _exchange: Reply(503)) as server:
        assert not api(server.port).once("POST", "projects", body={"name": "new"}).is_good
        assert [json.loads(exchange.body) for exchange in server.seen] == [{"name": "new"}]


def test_a_server_that_is_not_there_or_does_not_answer_is_told() -> None:
    with refusing_port() as port, pytest.raises(ToggleServerUnreachable, match="does not answer"):
        api(port, attempts=1).read("projects")
    with raw_server(keep_silent) as port, pytest.raises(ToggleServerUnreachable, match="does not answer in time"):
        api(port, attempts=1, timeout=0.05).read("projects")


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (Reply(400, b'{"message": "Name must be URL friendly"}'), "with status 400: Name must be URL friendly"),
        (Reply(403, b'{"message": "No"}'), "with status 403: No"),
        (Reply(302, headers={"Location": "http://127.0.0.1:1/"}), "it points elsewhere, and nothing is followed"),
        (Reply(200, b"<html>"), "with no JSON; is that Unleash"),
    ],
)
def test_a_refusal_is_told_and_not_asked_again(reply: Reply, message: str) -> None:
    with web_server(lambda _exchange: reply) as server:
        with pytest.raises(ToggleServerRefused, match=message):
            api(server.port).read("projects")
        assert len(server.seen) == 1


@pytest.mark.parametrize("status", [404, 409])
def test_that_something_is_not_there_or_there_already_is_an_answer(status: int) -> None:
    with web_server(lambda _exchange: Reply(status, b'{"message": "so"}')) as server:
        answer = api(server.port).once("POST", "projects", body={})
    assert (answer.status, answer.said, answer.is_good) == (status, "so", False)


def test_certificates_are_checked_unless_it_is_said_otherwise(tmp_path: pathlib.Path) -> None:
    authority = Authority(tmp_path)
    with web_server(lambda _exchange: Reply(body=b"{}"), authority.server_context("127.0.0.1")) as server:
        address = f"https://127.0.0.1:{server.port}"
        with pytest.raises(ToggleServerRefused, match="is not trusted"):
            AdminApi(Access(address, "s3cret")).read("projects")
        assert AdminApi(Access(address, "s3cret", ca_path=str(authority.path))).read("projects").is_good
        assert AdminApi(Access(address, "s3cret", validate_certs=False)).read("projects").is_good


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"address": "unleash.example.com"}, "unleash.address: "),
        ({"address": "https://"}, "unleash.address: "),
        ({"address": "https://ada:secret@unleash.example.com"}, "unleash.address: .* hold no password"),
        ({"address": "https://unleash.example.com?a=b"}, "unleash.address: "),
        ({"token": ""}, "the token is empty"),
        ({"token": "a\nb"}, "holds a character that no token has"),
        ({"timeout": 0}, "unleash.timeout: 0 is not"),
        ({"timeout": math.inf}, "unleash.timeout: inf is not"),
        ({"attempts": 0}, "unleash.attempts: 0 is below 1"),
        ({"ca_path": "/nowhere/ca.pem"}, "unleash.ca_path: there is no /nowhere/ca.pem"),
    ],
)
def test_settings_that_mean_nothing_are_refused(options: dict[str, t.Any], message: str) -> None:
    with pytest.raises(InvalidOption, match=message):
        Access(**{"address": "https://unleash.example.com", "token": "s3cret", **options})


@pytest.mark.parametrize("library", ["requests", "tenacity"])
def test_without_a_library_it_is_said(monkeypatch: pytest.MonkeyPatch, library: str) -> None:
    monkeypatch.setattr(admin_api, library, None)
    with pytest.raises(MissingLibrary, match=library):
        api(1)


def test_a_change_that_has_to_be_approved_is_told() -> None:
    said = b'{"name": "PermissionError", "message": "you need the \\"SKIP_CHANGE_REQUEST\\" permission."}'
    with web_server(lambda _exchange: Reply(403, said)) as server, pytest.raises(ChangeRequestRequired):
        api(server.port).repeat("POST", "on")


@pytest.mark.parametrize(
    ("environment", "refused"), [("production", True), ("development", False), ("elsewhere", False)]
)
def test_environments_that_take_change_requests_only_are_told_by_the_enterprise_edition(
    environment: str, refused: bool
) -> None:
    """As its published OpenAPI has the answer: it cannot be run here."""
    answer = [
        {"environment": "development", "type": "development", "changeRequestEnabled": False, "requiredApprovals": None},
        {"environment": "production", "type": "production", "changeRequestEnabled": True, "requiredApprovals": 2},
    ]
    with web_server(lambda _exchange: Reply(body=json.dumps(answer).encode())) as server:
        flags = Environment(api(server.port), "default", environment)
        if refused:
            with pytest.raises(ChangeRequestRequired, match="project default takes changes in production by change"):
                flags.need_no_approval()
        else:
            flags.need_no_approval()
    assert [exchange.path for exchange in server.seen] == ["/api/admin/projects/default/change-requests/config"]
