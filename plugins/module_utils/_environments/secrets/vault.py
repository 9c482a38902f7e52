# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets in HashiCorp Vault's key-value stores, of either version: ``vault:MOUNT/PATH#FIELD``.

PRIVATE to the collection. The path is the one that ``vault kv get`` takes: without the
``data/`` that version 2 has in its API. Which version a store has, and where it is
mounted, Vault itself is asked, in the way that its own program does. Nothing is followed
elsewhere: a token is for one server.
"""

from __future__ import annotations

import ssl
import typing as t
import urllib.parse

try:
    import requests
except ImportError:
    requests = None

from ansible_collections.progressive.delivery.plugins.module_utils._environments.errors import (
    InvalidReference,
    SecretUnavailable,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.secrets.vault_access import Access
from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import MissingLibrary

_SHOWN = 200
"""Characters of a refusal that are told."""
_STATES = {
    429: "it is a standby",
    472: "it is a standby for disaster recovery",
    473: "it is a standby for performance",
    503: "it is sealed, or down for maintenance",
}
"""What a status means, https://developer.hashicorp.com/vault/api-docs."""


class Vault:
    """Secrets in Vault; each path is asked for once.

    :raises MissingLibrary: requests is not installed
    """

    def __init__(self, access: Access) -> None:
        if requests is None:
            raise MissingLibrary("requests")
        self._access = access
        self._token = access.token
        self._mounts: t.Dict[str, int] = {}
        self._secrets: t.Dict[str, t.Mapping[str, t.Any]] = {}

    def value(self, place: str) -> str:
        path, _sign, field = place.partition("#")
        path = path.strip("/")
        if not field or "/" not in path or not all(part.strip(".") for part in path.split("/")):
            raise InvalidReference("it must be such as vault:secret/shop#password")
        if path not in self._secrets:
            self._secrets[path] = self._secret(path)
        found = self._secrets[path].get(field)
        if found is None:
            raise SecretUnavailable("the secret {0} in Vault has no field {1}".format(path, field))
        if not isinstance(found, str):
            raise SecretUnavailable("the field {1} of {0} in Vault is no text".format(path, field))
        return found

    def _secret(self, path: str) -> t.Mapping[str, t.Any]:
        """The fields of a secret, of its newest version where it has versions."""
        if self._token is None:
            self._token = self._logged_in()
        mount = self._mount(path)
        if self._mounts[mount] == 1:
            data = self._ask("GET", path).get("data")
        else:
            data = self._ask("GET", mount + "data/" + path[len(mount) :]).get("data")
            data = data.get("data") if isinstance(data, dict) else None
        if not isinstance(data, dict):
            raise SecretUnavailable("Vault answered for {0} with no fields".format(path))
        return data

    def _mount(self, path: str) -> str:
        """Where the store is mounted that a path is in, with a stroke at its end."""
        known = next((mount for mount in self._mounts if path.startswith(mount)), None)
        if known is not None:
            return known
        data = self._ask("GET", "sys/internal/ui/mounts/" + path).get("data")
        data = data if isinstance(data, dict) else {}
        mount = data.get("path")
        if not isinstance(mount, str) or not path.startswith(mount) or not mount.endswith("/"):
            raise SecretUnavailable("Vault does not say where the store of {0} is mounted".format(path))
        if data.get("type") not in {"kv", "generic"}:
            raise InvalidReference("what Vault has at {0} is no key-value store".format(mount))
        self._mounts[mount] = 2 if (data.get("options") or {}).get("version") == "2" else 1
        return mount

    def _logged_in(self) -> str:
        role_id, secret_id = self._access.approle or ("", None)
        body = {"role_id": role_id, **({} if secret_id is None else {"secret_id": secret_id})}
        auth = self._ask("POST", "auth/{0}/login".format(self._access.approle_mount), body).get("auth")
        token = auth.get("client_token") if isinstance(auth, dict) else None
        if not isinstance(token, str) or not token:
            raise SecretUnavailable("Vault gave no token for the AppRole")
        return token

    def _ask(self, method: str, path: str, body: t.Optional[t.Mapping[str, str]] = None) -> t.Mapping[str, t.Any]:
        access = self._access
        headers = {"X-Vault-Request": "true"}
        if access.namespace is not None:
            headers["X-Vault-Namespace"] = access.namespace
        if self._token is not None:
            headers["X-Vault-Token"] = self._token
        try:
            with requests.Session() as session:
                # In plain text nothing goes through a proxy that some variable names: it could read the token.
                session.trust_env = urllib.parse.urlsplit(access.address).scheme != "http"
                answer = session.request(
                    method,
                    "{0}/v1/{1}".format(access.address.rstrip("/"), urllib.parse.quote(path)),
                    json=body,
                    headers=headers,
                    timeout=access.timeout,
                    verify=(access.ca_path or True) if access.validate_certs else False,
                    allow_redirects=False,
                    auth=_as_given,
                )
        except (OSError, ValueError) as error:  # requests' own among them
            raise SecretUnavailable("Vault at {0} {1}".format(access.address, _failure(error))) from None
        return self._document(answer, path)

    def _document(self, answer: t.Any, path: str) -> t.Mapping[str, t.Any]:
        try:
            document = answer.json()
        except (ValueError, RecursionError):
            document = None
        fields = document if isinstance(document, dict) else {}
        if answer.status_code == 200 and fields:
            return fields
        if answer.status_code == 200:
            raise SecretUnavailable("Vault answered {0} with no JSON".format(path))
        raise SecretUnavailable(
            "Vault answered {0} with status {1}: {2}".format(path, answer.status_code, _said(answer, fields))
        )


def _said(answer: t.Any, fields: t.Mapping[str, t.Any]) -> str:
    """Why a request was refused, in Vault's words where it has some."""
    errors = fields.get("errors")
    if isinstance(errors, list) and errors:
        return " ".join(" ".join(map(str, errors)).split())[:_SHOWN]
    if answer.status_code == 404:
        data = fields.get("data")
        gone = isinstance(data, dict) and "metadata" in data
        return "its newest version is deleted" if gone else "there is no such secret, or no such store"
    if 300 <= answer.status_code < 400:
        return "it points elsewhere, and nothing is followed; give the address of the server that is active"
    return _STATES.get(answer.status_code, "it does not say why")


def _failure(error: t.Any) -> str:
    """What became of a request, without what was in it."""
    if isinstance(error, requests.Timeout):
        return "does not answer in time"
    below = error
    while isinstance(below, BaseException):
        if isinstance(below, ssl.SSLCertVerificationError):
            return "has a certificate that is not trusted: {0}".format(below.verify_message)
        below = getattr(below, "reason", None) or (below.args[0] if below.args else None)
    return "cannot be reached" if isinstance(error, requests.ConnectionError) else "cannot be asked"


def _as_given(request: t.Any) -> t.Any:
    """The request as it is: what is in ~/.netrc has nothing to do with it."""
    return request
