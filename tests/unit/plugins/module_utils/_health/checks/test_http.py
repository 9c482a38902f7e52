# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP checks against real servers, good and bad."""

from __future__ import annotations

import json
import socket
import time

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._health.checks import http
from ansible_collections.progressive.delivery.plugins.module_utils._health.http_request import redirected
from ansible_collections.progressive.delivery.plugins.module_utils._health.interface import failed, passed, unable
from ansible_collections.progressive.delivery.tests.loopback_servers import (
    Exchange,
    Reply,
    drip,
    hosts,
    keep_silent,
    raw_server,
    refusing_port,
    say,
    web_server,
)

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n"


def healthy(_exchange: Exchange) -> Reply:
    document = {"status": "ok", "components": {"store": "up"}}
    return Reply(body=json.dumps(document).encode(), headers={"X-Release": "1.1.0"})


def test_a_good_answer(finding) -> None:
    with web_server(healthy) as server:
        found = finding(
            "http",
            server.port,
            path="/readyz?of={zone}",
            headers={"X-Preview": "green", "X-Target": "{name}"},
            secret_headers={"Authorization": "Bearer 5e5ame"},
            body_regex='"store": ?"up"',
            conditions=["status == 'ok'", "components.store == 'up'"],
            response_headers={"x-release": r"^1\."},
        )

    assert found == passed("status 200")
    (request,) = server.seen
    assert (request.method, request.path) == ("GET", "/readyz?of=east")
    assert request.headers["Host"] == f"127.0.0.1:{server.port}"
    assert request.headers["X-Preview"] == "green"
    assert request.headers["X-Target"] == "app1"
    assert request.headers["Authorization"] == "Bearer 5e5ame"
    assert request.headers["Connection"] == "close"


@pytest.mark.parametrize(
    ("body", "sent", "content_type"),
    [
        ("plain", b"plain", None),
        ({"text": "Grüße"}, b'{"text": "Gr\\u00fc\\u00dfe"}', "application/json"),
        ([1], b"[1]", "application/json"),
    ],
)
def test_a_body_is_sent(finding, body, sent, content_type) -> None:
    with web_server(healthy) as server:
        assert finding("http", server.port, method="post", body=body).passed

    (request,) = server.seen
    assert (request.method, request.body, request.headers.get("Content-Type")) == ("POST", sent, content_type)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"status": [204, 201]}, "status 200, expected 201 or 204"),
        ({"body_regex": "absent"}, "the body does not match 'absent'"),
        ({"conditions": ["status == 'down'"]}, "condition \"status == 'down'\" yields false"),
        ({"response_headers": {"X-Release": "^2"}}, "header X-Release is '1.1.0', which does not match '^2'"),
        ({"response_headers": {"X-Other": "."}}, "no header X-Other"),
    ],
)
def test_an_answer_that_is_not_as_expected(finding, options, reason) -> None:
    with web_server(healthy) as server:
        assert finding("http", server.port, **options) == failed(reason)


@pytest.mark.parametrize("host", hosts())
def test_every_kind_of_address_is_asked(finding, host) -> None:
    with web_server(healthy, host=host) as server:
        assert finding("http", server.port, address=host).passed

    assert server.seen[0].headers["Host"] == (f"[{host}]" if ":" in host else host) + f":{server.port}"


def test_a_resolver_out_of_order_is_not_the_targets_fault(finding, monkeypatch) -> None:
    def fail(*_args: object) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "try again")

    monkeypatch.setattr(socket, "getaddrinfo", fail)

    assert finding("http", url="http://app.example.com/") == unable(
        "the resolver of the checking machine failed: try again"
    )


def test_all_addresses_of_a_name_share_the_time(finding, monkeypatch) -> None:
    entry = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 80))
    tried = []

    def wait_in_vain(sock: socket.socket, address: object) -> None:
        tried.append(address)
        time.sleep(sock.gettimeout())
        raise TimeoutError("timed out")

    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args: [entry] * 3)
    monkeypatch.setattr(socket.socket, "connect", wait_in_vain)

    assert finding("http", url="http://app.example.com/", timeout=0.2) == failed("no answer within 0.2 s")
    assert len(tried) == 1


def test_a_probe_can_run_again_and_sees_the_change(prepared) -> None:
    replies = [Reply(503), Reply(200), Reply(503)]
    with web_server(lambda _exchange: replies.pop(0)) as server:
        probe = prepared("http", server.port)
        found = [probe.run(time.monotonic() + 10).passed for _attempt in range(3)]

    assert found == [False, True, False]


def test_cookies_of_one_answer_are_not_sent_with_the_next_request(prepared) -> None:
    with web_server(lambda _exchange: Reply(headers={"Set-Cookie": "pool=blue"})) as server:
        probe = prepared("http", server.port)
        for _attempt in range(2):
            probe.run(time.monotonic() + 10)

    assert [request.headers.get("Cookie") for request in server.seen] == [None, None]


def test_each_attempt_has_a_connection_of_its_own(prepared) -> None:
    connections = []

    def keep_alive(connection, over) -> None:
        connections.append(connection)
        while connection.recv(65536):
            connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n")

    with raw_server(keep_alive) as port:
        probe = prepared("http", port)
        assert all(probe.run(time.monotonic() + 10).passed for _attempt in range(3))

    assert len(connections) == 3


def test_proxies_of_the_environment_are_not_used(finding, monkeypatch) -> None:
    with web_server(healthy) as server, refusing_port() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy}")
        assert finding("http", server.port).passed


def test_refused(finding) -> None:
    with refusing_port() as port:
        assert finding("http", port) == failed("connection refused")


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"", "the connection was reset"),
        (b"SSH-2.0-server\r\n", "no proper HTTP answer: BadStatusLine"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "the body did not come through whole"),
        (HEAD + b"too short", "the body did not come through whole"),
    ],
)
def test_no_proper_answer(finding, sent, reason) -> None:
    with raw_server(say(sent)) as port:
        assert finding("http", port) == failed(reason)


@pytest.mark.parametrize(
    "converse",
    [
        keep_silent,
        drip(b"HTTP/1.1 200 OK\r\n" + b"X-Slow: " + b"x" * 100, pause=0.05),
        drip(HEAD + b"x" * 20, pause=0.05),
        drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 30 + b"0\r\n\r\n", pause=0.02),
    ],
    ids=["silence", "slow head", "slow body", "slow chunks"],
)
def test_the_timeout_is_for_the_whole_answer(finding, converse) -> None:
    with raw_server(converse) as port:
        assert finding("http", port, timeout=0.3) == failed("no answer within 0.3 s")


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 304)])
def test_an_answer_that_has_no_body_is_whole_whatever_length_it_names(finding, method, status) -> None:
    reply = Reply(status, headers={"Content-Length": "20"})
    with web_server(lambda _exchange: reply) as server:
        assert finding("http", server.port, method=method, status=[status]).passed


def test_slow_but_in_time_is_good(finding) -> None:
    with raw_server(drip(HEAD + b"x" * 20, pause=0.001)) as port:
        assert finding("http", port).passed


def test_of_an_endless_body_only_the_beginning_is_read(finding) -> None:
    def flood(connection, over) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\nbegin")
        while not over.is_set():
            connection.sendall(b"x" * 65536)

    with raw_server(flood) as port:
        assert finding("http", port, body_regex="^begin").passed
        assert finding("http", port, body_regex="end$") == failed(
            f"the body does not match 'end$' in its first {http.BODY_LIMIT} bytes"
        )
        assert finding("http", port, conditions=["a"]) == failed(
            f"the body is longer than {http.BODY_LIMIT} bytes, too long to read as JSON"
        )


def redirecting(location: str):
    def respond(exchange: Exchange) -> Reply:
        return Reply(302, headers={"Location": location}) if exchange.path == "/" else Reply()

    return respond


def test_a_redirect_is_an_answer_like_any_other(finding) -> None:
    with web_server(redirecting("/there")) as server:
        assert finding("http", server.port) == failed("status 302, expected 200")
        assert finding("http", server.port, status=[302]).passed

    assert {request.path for request in server.seen} == {"/"}


def test_a_redirect_is_followed_when_asked_for(finding) -> None:
    with web_server(redirecting("/there")) as server:
        assert finding("http", server.port, follow_redirects=True, secret_headers={"X-Token": "5e5ame"}).passed

    assert [request.path for request in server.seen] == ["/", "/there"]
    assert server.seen[1].headers["X-Token"] == "5e5ame"


def test_another_server_does_not_get_the_checks_headers(finding) -> None:
    with web_server(healthy) as other, web_server(redirecting(f"http://127.0.0.1:{other.port}/there")) as server:
        assert finding("http", server.port, follow_redirects=True, secret_headers={"X-Token": "5e5ame"}).passed

    (request,) = other.seen
    assert "X-Token" not in request.headers
    assert request.headers["User-Agent"] == "progressive.delivery.health_check"


def test_the_same_host_with_tls_at_another_port_does_not_get_the_secrets(finding, authority) -> None:
    with web_server(healthy, authority.server_context("127.0.0.1")) as secured:
        options = {
            "ca_path": str(authority.path),
            "headers": {"X-Preview": "green"},
            "secret_headers": {"X-Token": "5e5ame"},
        }
        with web_server(redirecting(f"https://127.0.0.1:{secured.port}/there")) as server:
            assert finding("http", server.port, follow_redirects=True, **options).passed

    assert "X-Token" in server.seen[0].headers
    assert "X-Token" not in secured.seen[0].headers


@pytest.mark.parametrize(
    ("url", "location", "kept"),
    [
        ("http://a/", "http://a/b", {"X-Preview", "X-Token"}),
        ("http://a/", "http://A:80/b", {"X-Preview", "X-Token"}),
        ("https://a:443/", "https://a/b", {"X-Preview", "X-Token"}),
        ("http://a/", "https://a/b", {"X-Preview", "X-Token"}),
        ("http://a:80/", "https://a:443/b", {"X-Preview", "X-Token"}),
        ("http://a/", "https://a:8443/b", {"X-Preview"}),
        ("http://a:8080/", "https://a/b", {"X-Preview"}),
        ("http://a/", "http://a:8080/b", set()),
        ("http://a/", "https://b/", set()),
        ("https://a/", "http://a/", set()),
    ],
)
def test_which_headers_a_redirect_gets(prepared, url, location, kept) -> None:
    probe = prepared("http", url=url, headers={"X-Preview": "green"}, secret_headers={"X-Token": "5e5ame"})

    following = redirected(probe.request, location, probe.secret_headers)

    assert {name for name in following.headers if name.startswith("X-")} == kept


def test_redirects_do_not_go_on_for_ever(finding) -> None:
    with web_server(lambda _exchange: Reply(307, headers={"Location": "/again"})) as server:
        assert finding("http", server.port, follow_redirects=True) == failed("more than 5 redirects")

    assert len(server.seen) == 6


@pytest.mark.parametrize("location", ["ftp://127.0.0.1/", "http://", "http://[", "//", "http://" + "a" * 70 + "/"])
def test_a_redirect_to_nowhere_is_bad(finding, location) -> None:
    with web_server(redirecting(location)) as server:
        assert not finding("http", server.port, follow_redirects=True).passed


def test_a_certificate_is_proved_unless_told_otherwise(finding, authority) -> None:
    with web_server(healthy, authority.server_context("127.0.0.1")) as server:
        unknown = finding("http", server.port, scheme="https")
        assert finding("http", server.port, scheme="https", ca_path=str(authority.path)).passed
        assert finding("http", server.port, scheme="https", validate_certs=False).passed

    assert not unknown.passed
    assert unknown.reason.startswith("the certificate is refused: ")


def test_the_name_to_prove_can_be_given(finding, authority) -> None:
    trust = {"scheme": "https", "ca_path": str(authority.path)}
    with web_server(healthy, authority.server_context("app1.example.com")) as server:
        unnamed = finding("http", server.port, **trust)
        assert finding("http", server.port, **trust, server_name="{name}.example.com").passed

    assert unnamed.reason.startswith("the certificate is refused: IP address mismatch")


def test_a_redirect_to_https_is_followed_with_the_checks_headers(finding, authority) -> None:
    with web_server(healthy, authority.server_context("127.0.0.1")) as secured:
        options = {"ca_path": str(authority.path), "headers": {"X-Preview": "green"}}
        with web_server(redirecting(f"https://127.0.0.1:{secured.port}/there")) as server:
            assert finding("http", server.port, follow_redirects=True, **options).passed

    assert secured.seen[0].headers["X-Preview"] == "green"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"url": "http://a/", "path": "/b"}, "Option url of check 'it' says it all; it does not go together with path"),
        ({"url": "ftp://a/"}, "Option url of check 'it' is 'ftp://a/'; it must begin with http:// or https://"),
        ({"url": "http://:80/"}, "Check 'it' of target 'app1' makes no proper request"),
        ({"path": "readyz"}, "Option path of check 'it' is 'readyz'; it must begin with a slash"),
        ({"path": "/{shard}"}, "names {shard}, which target 'app1' has not got"),
        ({"method": "GET /"}, "Option method of check 'it' is 'GET /', which is no method"),
        ({"method": "POST", "follow_redirects": True}, "goes with the methods GET and HEAD, not with POST"),
        ({"status": []}, "Option status of check 'it' is .*; it must list at least one code"),
        ({"status": [99]}, "Option status of check 'it' is .*; it must list at least one code"),
        ({"body_regex": "("}, "Option body_regex of check 'it' is .*not a regular expression"),
        ({"response_headers": {"A": "["}}, "Option response_headers of check 'it' is .*not a regular expression"),
        ({"conditions": ["a ="]}, "Option conditions of check 'it': 'a =' is not valid JMESPath"),
        ({"headers": {"Authorization": "x"}}, "looks like a secret .*; give it in secret_headers"),
        ({"headers": {"A": "1"}, "secret_headers": {"a": "2"}}, "Option secret_headers of check 'it' repeats a"),
        ({"headers": {"A": "ü"}}, "The header A of check 'it' is not ASCII"),
        ({"headers": {"A": "1\n2"}}, "makes no proper request"),
        ({"headers": {"A": " 1"}}, "Check 'it' of target 'app1' makes no proper request: the value of its header A"),
        ({"headers": {"A": "1\0"}}, "makes no proper request: the value of its header A"),
        ({"headers": {"A b": "1"}}, "makes no proper request: 'A b' is no name of a header"),
        ({"headers": {"{a}": "1"}}, "makes no proper request: '{a}' is no name of a header"),
        ({"headers": {"": "1"}}, "makes no proper request: '' is no name of a header"),
        ({"body": "\ud800"}, "makes no proper request: its URL or its body cannot be sent"),
        ({"url": "http://["}, "makes no proper request: its URL or its body cannot be sent"),
        ({"conditions": ["lenght(a)"]}, "Option conditions of check 'it': .* no function lenght"),
        ({"server_name": "a"}, "Option server_name of check 'it' goes with https"),
        ({"scheme": "https", "validate_certs": False, "ca_path": "/ca"}, "does not go together with validate_certs"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(prepared, options, message) -> None:
    with pytest.raises(InvalidOption, match=message):
        prepared("http", 80, **options)


SECRET = "5e5ame-0pen-thy5e1f"


@pytest.mark.parametrize(
    "value", [SECRET + "\n", " " + SECRET, SECRET + "\r\nX: y", SECRET + "\0", SECRET + "ü", "\t" + SECRET]
)
@pytest.mark.parametrize("name", ["Authorization", "X Token", "X-Token:"])
def test_a_secret_that_cannot_be_sent_is_refused_without_showing_it(prepared, name, value) -> None:
    with pytest.raises(InvalidOption) as told:
        prepared("http", 80, secret_headers={name: value})

    assert name in str(told.value)
    assert SECRET not in str(told.value)
    assert told.value.__cause__ is None


@pytest.mark.parametrize(
    "url",
    [
        f"https://user:{SECRET}@host/",
        f"https://{SECRET}@host:8443",
        f"http://user:{SECRET}@[::1]/",
        f"http:/user:{SECRET}@host/",
        f"user:{SECRET}@host/",
        f"http://user:{SECRET}@[/",
    ],
)
def test_a_login_in_a_url_is_refused_without_showing_it(prepared, url) -> None:
    with pytest.raises(InvalidOption) as told:
        prepared("http", url=url)

    assert SECRET not in str(told.value)


def test_the_refusal_of_a_login_says_where_it_belongs(prepared) -> None:
    with pytest.raises(InvalidOption, match="a user name or a password in it.*give an Authorization in secret_headers"):
        prepared("http", url="https://user:password@host/")
    with pytest.raises(InvalidOption, match="a user name or a password in it"):
        prepared("http", address="user:password@host")


@pytest.mark.parametrize("path", ["/@scope/package", "/?to=a@b", "/#a@b"])
def test_an_at_sign_elsewhere_is_none(finding, path) -> None:
    with web_server(healthy) as server:
        assert finding("http", url=f"http://127.0.0.1:{server.port}{path}").passed


def test_what_the_libraries_refuse_to_send_is_bad_and_not_quoted(finding, monkeypatch) -> None:
    def refuse(*_args: object, **_kwargs: object) -> None:
        raise ValueError("Invalid header value " + SECRET)

    monkeypatch.setattr(http.Transport, "send", refuse)

    assert finding("http", 80) == failed("no proper HTTP answer: ValueError")
