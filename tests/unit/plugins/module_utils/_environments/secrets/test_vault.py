# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets in HashiCorp Vault, from a server that answers as Vault's API is published, and checks what it is asked."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._environments.errors import (
    InvalidReference,
    SecretUnavailable,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.secrets import vault
from ansible_collections.progressive.delivery.plugins.module_utils._environments.secrets.vault import Vault
from ansible_collections.progressive.delivery.plugins.module_utils._environments.secrets.vault_access import (
    Access,
    access_of,
)
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import MissingLibrary
from ansible_collections.progressive.delivery.tests.loopback_servers import (
    Exchange,
    Reply,
    keep_silent,
    raw_server,
    refusing_port,
    web_server,
)
from ansible_collections.progressive.delivery.tests.unit.plugins.module_utils._health.authority import Authority

TOKEN = "hvs.token"
ROLE, SECRET_ID, ROLES_TOKEN = "role-1", "secret-1", "hvs.of-the-role"
MOUNTS = {"secret/": "2", "team/kv/": "2", "old/": None, "older/": "1"}
"""Where key-value stores are mounted, and what their options say of the version: None is an options of null."""
STORED: dict[str, dict[str, t.Any]] = {
    "secret/data/shop": {"password": "s3cret-v2", "user": "shop", "port": 5432, "none": None, "empty": ""},
    "secret/data/a b/ü": {"password": "s3cret-path"},
    "team/kv/data/shop": {"password": "s3cret-deep"},
    "old/shop": {"password": "s3cret-v1"},
    "older/data/shop": {"password": "s3cret-v1-data"},
}


def reply(status: int, document: t.Any) -> Reply:
    return Reply(status, json.dumps(document).encode(), {"Content-Type": "application/json"})


def envelope(data: t.Any, auth: t.Any = None) -> dict[str, t.Any]:
    """What Vault puts around every answer."""
    return {
        "request_id": "1",
        "lease_id": "",
        "renewable": False,
        "lease_duration": 0,
        "data": data,
        "wrap_info": None,
        "warnings": None,
        "auth": auth,
    }


class FakeVault:
    """https://developer.hashicorp.com/vault/api-docs: kv v1 and v2, approle, and what the program asks of a mount."""

    def __init__(self, namespace: str | None = None) -> None:
        self.namespace = namespace
        self.paths: list[str] = []

    def __call__(self, exchange: Exchange) -> Reply:
        path = exchange.path
        assert path.startswith("/v1/")
        assert "?" not in path
        assert exchange.headers["X-Vault-Request"] == "true"
        assert exchange.headers.get("X-Vault-Namespace") == self.namespace
        assert "Authorization" not in exchange.headers
        self.paths.append(path)
        if path == "/v1/auth/approle/login":
            return self.log_in(exchange)
        if exchange.headers.get("X-Vault-Token") not in {TOKEN, ROLES_TOKEN}:
            return reply(403, {"errors": ["permission denied"]})
        assert exchange.method == "GET"
        assert exchange.body == b""
        wanted = path.removeprefix("/v1/").replace("%20", " ").replace("%C3%BC", "ü")
        asks_for_mount = wanted.startswith("sys/internal/ui/mounts/")
        wanted = wanted.removeprefix("sys/internal/ui/mounts/")
        if asks_for_mount:
            return self.mount(wanted)
        if wanted == "secret/data/deleted":
            metadata = {"created_time": "2026-01-01T00:00:00Z", "deletion_time": "2026-01-02T00:00:00Z", "version": 2}
            return reply(404, envelope({"data": None, "metadata": {**metadata, "destroyed": False}}))
        if wanted not in STORED:
            return reply(404, {"errors": []})
        metadata = {"created_time": "2026-01-01T00:00:00Z", "deletion_time": "", "destroyed": False, "version": 1}
        kept = STORED[wanted]
        return reply(200, envelope(kept if wanted.startswith("old") else {"data": kept, "metadata": metadata}))

    def mount(self, wanted: str) -> Reply:
        if wanted.startswith("pki/"):
            return reply(200, envelope({"path": "pki/", "type": "pki", "options": None}))
        for mount, version in MOUNTS.items():
            if wanted.startswith(mount):
                options = None if version is None else {"version": version}
                return reply(200, envelope({"path": mount, "type": "kv", "options": options, "accessor": "kv_1"}))
        return reply(
            403, {"errors": ["preflight capability check returned 403, please ensure client's policies grant"]}
        )

    def log_in(self, exchange: Exchange) -> Reply:
        assert exchange.method == "POST"
        assert exchange.headers["Content-Type"] == "application/json"
        assert "X-Vault-Token" not in exchange.headers
        body = json.loads(exchange.body)
        if body != {"role_id": ROLE, "secret_id": SECRET_ID}:
            return reply(400, {"errors": ["invalid role or secret ID"]})
        auth = {"client_token": ROLES_TOKEN, "policies": ["default"], "lease_duration": 1200, "renewable": True}
        return reply(200, envelope(None, auth))


def value(place: str, respond: t.Callable[[Exchange], Reply] | None = None, **options: t.Any) -> str:
    with web_server(respond or FakeVault()) as server:
        return Vault(Access(f"http://127.0.0.1:{server.port}", **{"token": TOKEN, **options})).value(place)


@pytest.mark.parametrize(
    ("place", "secret"),
    [
        ("secret/shop#password", "s3cret-v2"),
        ("/secret/shop/#user", "shop"),
        ("secret/a b/ü#password", "s3cret-path"),
        ("team/kv/shop#password", "s3cret-deep"),
        ("old/shop#password", "s3cret-v1"),
        ("older/data/shop#password", "s3cret-v1-data"),
        ("secret/shop#empty", ""),
    ],
)
def test_a_field_is_read_from_a_store_of_either_version_wherever_it_is_mounted(place: str, secret: str) -> None:
    assert value(place) == secret


def test_what_is_in_the_netrc_file_does_not_go_along(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password another\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))

    # The server refuses an Authorization.
    assert value("secret/shop#user") == "shop"


@pytest.mark.parametrize("scheme", ["http", "HTTP"])
def test_what_goes_in_plain_text_goes_through_no_proxy(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with web_server(lambda _exchange: Reply(502)) as proxy, web_server(FakeVault()) as server:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{proxy.port}")
        address = f"{scheme}://127.0.0.1:{server.port}"
        assert Vault(Access(address, approle=(ROLE, SECRET_ID))).value("secret/shop#user") == "shop"

    assert not proxy.seen


def test_a_path_is_asked_for_once_and_a_mount_too() -> None:
    fake = FakeVault()
    with web_server(fake) as server:
        asked = Vault(Access(f"http://127.0.0.1:{server.port}/", TOKEN))
        assert [asked.value("secret/shop#user"), asked.value("secret/shop#password")] == ["shop", "s3cret-v2"]
        assert asked.value("secret/a b/ü#password") == "s3cret-path"

    assert fake.paths == [
        "/v1/sys/internal/ui/mounts/secret/shop",
        "/v1/secret/data/shop",
        "/v1/secret/data/a%20b/%C3%BC",
    ]


def test_an_approle_logs_in_once() -> None:
    fake = FakeVault(namespace="team-a")
    with web_server(fake) as server:
        access = Access(f"http://127.0.0.1:{server.port}", approle=(ROLE, SECRET_ID), namespace="team-a")
        asked = Vault(access)
        assert [asked.value("secret/shop#password"), asked.value("old/shop#password")] == ["s3cret-v2", "s3cret-v1"]

    assert fake.paths.count("/v1/auth/approle/login") == 1


@pytest.mark.parametrize(
    ("place", "options", "said"),
    [
        ("secret/shop#pasword", {}, "the secret secret/shop in Vault has no field pasword"),
        ("secret/shop#none", {}, "has no field none"),
        ("secret/shop#port", {}, "the field port of secret/shop in Vault is no text"),
        ("secret/none#x", {}, "answered secret/data/none with status 404: there is no such secret"),
        ("secret/deleted#x", {}, "status 404: its newest version is deleted"),
        ("nowhere/shop#x", {}, "status 403: preflight capability check"),
        ("secret/shop#user", {"token": "hvs.other"}, "status 403: permission denied"),
        ("secret/shop#user", {"token": None, "approle": (ROLE, "wrong")}, "login with status 400: invalid role"),
        ("secret/shop#user", {"token": None, "approle": (ROLE, None)}, "status 400"),
    ],
)
def test_what_vault_does_not_give_is_told_by_path_and_reason(place: str, options: dict[str, t.Any], said: str) -> None:
    with pytest.raises(SecretUnavailable, match=said) as failure:
        value(place, **options)

    assert "hvs." not in str(failure.value)
    assert "s3cret" not in str(failure.value)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Reply(503, b'{"errors":[]}'), "status 503: it is sealed"),
        (Reply(429, b""), "status 429: it is a standby"),
        (Reply(500, b"<html>"), "status 500: it does not say why"),
        (Reply(307, b"", {"Location": "http://127.0.0.1:1/v1/x"}), "status 307: it points elsewhere"),
        (Reply(200, b"<html>"), "with no JSON"),
        (Reply(200, b"[1]"), "with no JSON"),
        (Reply(200, b'{"data": null}'), "does not say where the store of secret/shop is mounted"),
        (Reply(200, b'{"data": {"path": "other/", "type": "kv"}}'), "does not say where"),
    ],
)
def test_an_answer_that_vault_does_not_give_when_all_is_well_is_told(answer: Reply, said: str) -> None:
    with pytest.raises(SecretUnavailable, match=said):
        value("secret/shop#user", lambda _exchange: answer)


def test_a_login_without_a_token_is_told() -> None:
    with pytest.raises(SecretUnavailable, match="gave no token"):
        value("secret/shop#user", lambda _exchange: reply(200, envelope(None)), token=None, approle=(ROLE, SECRET_ID))


def test_a_secret_without_fields_is_told() -> None:
    def respond(exchange: Exchange) -> Reply:
        return FakeVault()(exchange) if "/sys/" in exchange.path else reply(200, envelope({"data": [1]}))

    with pytest.raises(SecretUnavailable, match="answered for secret/shop with no fields"):
        value("secret/shop#user", respond)


@pytest.mark.parametrize(
    "place", ["", "shop", "secret/shop", "secret#x", "secret/shop#", "a/../sys#x", "a//b#x", "a/./b#x"]
)
def test_what_is_no_path_with_a_field_is_refused_before_vault_is_asked(place: str) -> None:
    with pytest.raises(InvalidReference, match=r"such as vault:secret/shop#password"):
        Vault(Access("http://127.0.0.1:1", TOKEN)).value(place)


def test_a_store_that_is_none_of_keys_and_values_is_refused() -> None:
    with pytest.raises(InvalidReference, match="what Vault has at pki/ is no key-value store"):
        value("pki/ca#x")


@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
def test_certificates_are_checked_unless_a_task_says_otherwise(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with web_server(FakeVault(), authority.server_context("127.0.0.1")) as server:
        address = f"https://127.0.0.1:{server.port}"
        with pytest.raises(SecretUnavailable, match="has a certificate that is not trusted: "):
            Vault(Access(address, TOKEN)).value("secret/shop#user")
        assert not server.seen
        assert Vault(Access(address, TOKEN, ca_path=str(authority.path))).value("secret/shop#user") == "shop"
        assert Vault(Access(address, TOKEN, validate_certs=False)).value("secret/shop#user") == "shop"


def test_a_server_that_does_not_answer_is_told() -> None:
    with raw_server(keep_silent) as port, pytest.raises(SecretUnavailable, match="does not answer in time"):
        Vault(Access(f"http://127.0.0.1:{port}", TOKEN, timeout=0.05)).value("secret/shop#user")
    with refusing_port() as port, pytest.raises(SecretUnavailable, match=f":{port} cannot be reached"):
        Vault(Access(f"http://127.0.0.1:{port}", TOKEN)).value("secret/shop#user")


def test_without_the_library_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vault, "requests", None)

    with pytest.raises(MissingLibrary, match="requests"):
        Vault(Access("https://vault.example", TOKEN))


def test_what_lets_a_task_in_is_not_shown() -> None:
    shown = repr(Access("https://vault.example", TOKEN)) + repr(
        Access("https://vault.example", approle=(ROLE, SECRET_ID))
    )

    assert not [part for part in (TOKEN, ROLE, SECRET_ID) if part in shown]


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """The variables of an account without anything of Vault."""
    return {"HOME": str(tmp_path)}


def test_what_a_task_says_comes_before_variables_and_those_before_what_a_login_left(
    home: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / ".vault-token").write_text("left\n")
    (tmp_path / "token").write_text("filed\n")
    (tmp_path / "id").write_text("filed-id\n")
    variables = {**home, "VAULT_ADDR": "https://v", "VAULT_TOKEN": "var", "VAULT_NAMESPACE": "n"}
    role = {**home, "VAULT_ADDR": "https://v", "VAULT_ROLE_ID": "r", "VAULT_SECRET_ID": "s"}

    assert access_of({}, {**home, "VAULT_ADDR": "https://v"}).token == "left"
    assert access_of({}, role).approle == ("r", "s")
    assert access_of({}, variables) == Access("https://v", "var", namespace="n")
    assert access_of({"token_path": str(tmp_path / "token")}, variables).token == "filed"
    given = access_of({"address": "https://w", "token": "said", "namespace": "m", "timeout": 3}, variables)
    assert given == Access("https://w", "said", namespace="m", timeout=3.0)
    by_role = access_of({"role_id": "r", "secret_id_path": str(tmp_path / "id"), "approle_mount": "/ci/"}, variables)
    assert (by_role.token, by_role.approle, by_role.approle_mount) == (None, ("r", "filed-id"), "ci")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"address": None}, "vault: address: it is given neither there nor in VAULT_ADDR"),
        ({"address": "vault.example"}, "vault: address: vault.example must be such as https"),
        ({"address": "https://"}, "must be such as"),
        ({"address": "https://v:99999"}, "must be such as"),
        ({"address": "https://v/?x=1"}, "must be such as"),
        ({"address": "https://u:hunter2@v"}, "address: https://v must be such as"),
        ({"address": "http://vault.example:8200"}, "would send the token in plain text"),
        ({"token": None}, "vault: token: there is none, nor a role_id"),
        ({"token": ""}, "vault: token: it is empty"),
        ({"token": "hun ter2"}, "vault: token: it is empty, or holds a space"),
        ({"namespace": "a\nb"}, "vault: namespace: it is empty, or"),
        ({"role_id": "r"}, "vault: token: with it there can be no role_id"),
        ({"token": None, "secret_id": "s"}, "vault: secret_id: it needs role_id"),
        ({"token_path": "/none"}, "vault: token: with it there can be no token_path"),
        ({"timeout": 0}, "vault: timeout: it must be above 0"),
        ({"ca_path": "/none.pem"}, "vault: ca_path: there is no /none.pem"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_its_option(
    options: dict[str, t.Any], said: str, home: dict[str, str]
) -> None:
    with pytest.raises(InvalidOption, match=said) as refusal:
        access_of({"address": "https://v", "token": "t", **options}, home)

    assert "hunter2" not in str(refusal.value)
    assert "hun ter2" not in str(refusal.value)


def test_plain_http_is_for_this_machine_or_where_the_task_says_that_nobody_listens(home: dict[str, str]) -> None:
    assert access_of({"address": "http://localhost:8200", "token": "t"}, home)
    assert access_of({"address": "http://vault.example", "token": "t", "validate_certs": False}, home)


def test_a_file_of_a_token_that_is_not_there_is_told(home: dict[str, str]) -> None:
    with pytest.raises(SecretUnavailable, match="/none/token cannot be read"):
        access_of({"address": "https://v", "token_path": "/none/token"}, home)
