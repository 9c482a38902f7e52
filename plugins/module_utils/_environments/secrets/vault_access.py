# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How HashiCorp Vault is reached, and by whom.

PRIVATE to the collection. What a task does not say is taken from the variables that
Vault's own program knows. Checking certificates can be switched off by the task alone.
"""

from __future__ import annotations

import dataclasses
import os
import re
import typing as t
import urllib.parse

from ansible_collections.progressive.delivery.plugins.module_utils._environments.secrets.file import secret_in
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption

_OWN = ("localhost", "127.0.0.1", "::1")
_HEADER_VALUE = re.compile(r"[!-~]+\Z")


@dataclasses.dataclass(frozen=True)
class Access:
    """How Vault is reached.

    :param address: its URL
    :param token: what the task is let in with; None for an AppRole
    :param approle: in its place a role's id and secret id, the latter None for a role that needs none
    :param approle_mount: where that way of logging in is mounted, below ``auth/``
    :param namespace: for Vault Enterprise and its kin
    :param ca_path: a file of authorities in place of the system's
    :param timeout: seconds that a connection, and each part of an answer, may take
    :raises InvalidOption: one of them cannot mean anything
    """

    address: str
    token: t.Optional[str] = dataclasses.field(default=None, repr=False)
    approle: t.Optional[t.Tuple[str, t.Optional[str]]] = dataclasses.field(default=None, repr=False)
    approle_mount: str = "approle"
    namespace: t.Optional[str] = None
    ca_path: t.Optional[str] = None
    validate_certs: bool = True
    timeout: float = 10.0

    def __post_init__(self) -> None:
        place = _place(self.address)
        if place is None or place.username is not None:
            raise InvalidOption(
                "vault: address: {0} must be such as https://vault.example:8200".format(_plain(self.address))
            )
        if place.scheme == "http" and place.hostname not in _OWN and self.validate_certs:
            raise InvalidOption(
                "vault: address: {0} would send the token in plain text; take https, "
                "or say validate_certs: false where nobody can listen".format(self.address)
            )
        for name, value in (("token", self.token), ("namespace", self.namespace)):
            if value is not None and not _HEADER_VALUE.match(value):
                raise InvalidOption(
                    "vault: {0}: it is empty, or holds a space or a character that none can".format(name)
                )
        if not 0 < self.timeout <= 3600:
            raise InvalidOption("vault: timeout: it must be above 0, and at most 3600 seconds")
        if self.ca_path is not None and not os.path.exists(self.ca_path):
            raise InvalidOption("vault: ca_path: there is no {0}".format(self.ca_path))


def access_of(options: t.Mapping[str, t.Any], variables: t.Mapping[str, str]) -> Access:
    """How a task reaches Vault.

    :param options: what it says, with None for what it does not say
    :param variables: those of the process
    :raises InvalidOption: there is too little, too much, or something that cannot be meant
    :raises SecretUnavailable: a file of a token or an id cannot be read
    """
    address = options.get("address") or variables.get("VAULT_ADDR")
    if not address:
        raise InvalidOption("vault: address: it is given neither there nor in VAULT_ADDR")
    token, approle = _identity(options, variables)
    return Access(
        address=address,
        token=token,
        approle=approle,
        approle_mount=(options.get("approle_mount") or "approle").strip("/"),
        namespace=options.get("namespace") or variables.get("VAULT_NAMESPACE") or None,
        ca_path=options.get("ca_path") or variables.get("VAULT_CACERT") or None,
        validate_certs=options.get("validate_certs") is not False,
        timeout=10.0 if options.get("timeout") is None else float(options["timeout"]),
    )


def _identity(
    options: t.Mapping[str, t.Any], variables: t.Mapping[str, str]
) -> t.Tuple[t.Optional[str], t.Optional[t.Tuple[str, t.Optional[str]]]]:
    """A token, or an AppRole's ids: what the task says, else what the variables say, else what ``vault login`` left."""
    token = _said_or_in_file(options, "token")
    role, secret = options.get("role_id"), _said_or_in_file(options, "secret_id")
    if token is None and role is None and secret is None:
        token = variables.get("VAULT_TOKEN") or None
        if token is None:
            role, secret = variables.get("VAULT_ROLE_ID") or None, variables.get("VAULT_SECRET_ID") or None
    if token is not None and (role is not None or secret is not None):
        raise InvalidOption("vault: token: with it there can be no role_id and no secret_id")
    if secret is not None and role is None:
        raise InvalidOption("vault: secret_id: it needs role_id")
    if role is not None:
        return None, (role, secret)
    left = os.path.join(variables.get("HOME") or os.path.expanduser("~"), ".vault-token")
    if token is None and os.path.exists(left):
        token = secret_in(left)
    if token is None:
        raise InvalidOption(
            "vault: token: there is none, nor a role_id, neither there, nor in VAULT_TOKEN or VAULT_ROLE_ID, "
            "nor in {0}".format(left)
        )
    return token.strip(), None


def _said_or_in_file(options: t.Mapping[str, t.Any], name: str) -> t.Optional[str]:
    said, path = options.get(name), options.get(name + "_path")
    if said is not None and path is not None:
        raise InvalidOption("vault: {0}: with it there can be no {0}_path".format(name))
    return secret_in(path).strip() if path is not None else said


def _place(address: str) -> t.Optional[urllib.parse.SplitResult]:
    try:
        place = urllib.parse.urlsplit(address)
        whole = place.scheme in {"http", "https"} and place.hostname and place.port != 0
    except ValueError:
        return None
    return place if whole and not place.query and not place.fragment and not re.search(r"\s", address) else None


def _plain(address: str) -> str:
    """An address without a password that may stand in it."""
    return re.sub(r"//[^/]*@", "//", address)
