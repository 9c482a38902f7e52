# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which providers of secrets there are, and what a task may say of them.

PRIVATE to the collection. A provider is made when the first reference needs it, so that
nobody has to say anything of those that are not used.
"""

from __future__ import annotations

import os
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._environments.errors import (
    InvalidReference,
    SecretUnavailable,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.secrets.ansible_value import (
    AnsibleValues,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.secrets.environment import (
    EnvironmentVariables,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.secrets.file import Files
from ansible_collections.progressive.delivery.plugins.module_utils._environments.secrets.interface import Provider
from ansible_collections.progressive.delivery.plugins.module_utils._environments.secrets.sops import Sops
from ansible_collections.progressive.delivery.plugins.module_utils._environments.secrets.vault import Vault
from ansible_collections.progressive.delivery.plugins.module_utils._environments.secrets.vault_access import access_of

Options = t.Mapping[str, t.Any]
"""What a task says, with None, or nothing, for what it does not say."""

PROVIDERS: t.Mapping[str, t.Callable[[Options], Provider]] = {
    "file": lambda options: Files(options.get("folder")),
    "env": lambda _options: EnvironmentVariables(os.environ),
    "vault": lambda options: Vault(access_of(options.get("vault") or {}, os.environ)),
    "sops": lambda options: Sops(options.get("sops") or "sops", options.get("folder")),
    "ansible": lambda options: AnsibleValues(options.get("ansible") or {}),
}
"""How a provider is made, by the name that references begin with."""

OPTIONS: t.Mapping[str, t.Mapping[str, t.Any]] = {
    "folder": {"type": "path"},
    "ansible": {"type": "dict", "no_log": True},
    "sops": {"type": "path", "default": "sops"},
    "vault": {
        "type": "dict",
        "options": {
            "address": {"type": "str"},
            "token": {"type": "str", "no_log": True},
            "token_path": {"type": "path", "no_log": False},
            "role_id": {"type": "str", "no_log": True},
            "secret_id": {"type": "str", "no_log": True},
            "secret_id_path": {"type": "path", "no_log": False},
            "approle_mount": {"type": "str", "default": "approle"},
            "namespace": {"type": "str"},
            "ca_path": {"type": "path"},
            "validate_certs": {"type": "bool", "default": True},
            "timeout": {"type": "float", "default": 10.0},
        },
    },
}
"""The argument specification of what a task may say."""


class Secrets:
    """The secrets that references stand for; each is read once.

    :param options: what the task says, by :data:`OPTIONS`
    """

    def __init__(self, options: Options) -> None:
        self._options = options
        self._providers: t.Dict[str, Provider] = {}
        self._values: t.Dict[str, str] = {}

    def value(self, reference: str) -> str:
        """The secret that a reference stands for.

        :raises InvalidReference: it is none, or names no provider
        :raises SecretUnavailable: it cannot be had, or is empty
        :raises InvalidOption: what the task says of its provider cannot be meant
        :raises MissingLibrary: its provider needs a library that is not installed
        """
        if reference not in self._values:
            self._values[reference] = self._read(reference)
        return self._values[reference]

    def _read(self, reference: str) -> str:
        scheme, sign, place = reference.partition(":")
        if scheme not in PROVIDERS or not sign:
            # Not shown: who did not know the way may have put the secret itself there.
            raise InvalidReference(
                "the reference begins with none of {0}".format(", ".join(s + ":" for s in PROVIDERS))
            )
        if scheme not in self._providers:
            self._providers[scheme] = PROVIDERS[scheme](self._options)
        try:
            value = self._providers[scheme].value(place)
        except (InvalidReference, SecretUnavailable) as error:
            raise type(error)("{0}: {1}".format(reference, error.message)) from error
        if not value:
            raise SecretUnavailable("{0}: the secret is empty".format(reference))
        return value
