# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets in values: put in, named instead, and compared without being kept.

PRIVATE to the collection. Pure.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import typing as t
from dataclasses import dataclass

from ansible_collections.progressive.delivery.plugins.module_utils._environments.leaves import leaves
from ansible_collections.progressive.delivery.plugins.module_utils._environments.model import Secret, Value


@dataclass(frozen=True)
class Sealed:
    """What is kept of a setting with secrets.

    :param reference: where they come from
    :param digest: tells with the same salt whether another value is the same
    """

    reference: str
    digest: str


def secrets_in(value: Value) -> t.List[Secret]:
    """Every secret in *value*, in order."""
    if isinstance(value, Secret):
        return [value]
    if isinstance(value, dict):
        return [secret for key in sorted(value) for secret in secrets_in(value[key])]
    if isinstance(value, (list, tuple)):
        return [secret for item in value for secret in secrets_in(item)]
    return []


def reference_of(value: Value) -> str:
    """Where the secrets in *value* come from, in words."""
    return ", ".join(dict.fromkeys(secret.reference for secret in secrets_in(value)))


def revealed(value: Value) -> Value:
    """*value* with its secrets."""
    return _replaced(value, lambda secret: secret.value)


def named(value: Value) -> Value:
    """*value* with the names of its secrets in their place."""
    return _replaced(value, lambda secret: {"secret": secret.reference})


def sealed(settings: t.Mapping[str, Value], salt: str) -> t.Dict[str, t.Union[Value, Sealed]]:
    """Each setting by its dotted key; in place of one with secrets a :class:`Sealed`."""
    found: t.Dict[str, t.Union[Value, Sealed]] = {}
    for key, value in leaves(settings).items():
        found[key] = Sealed(reference_of(value), _digest(value, salt)) if secrets_in(value) else value
    return found


def _digest(value: Value, salt: str) -> str:
    text = json.dumps(revealed(value), sort_keys=True)
    return hmac.new(salt.encode("ascii"), text.encode("ascii"), hashlib.sha256).hexdigest()


def _replaced(value: Value, put: t.Callable[[Secret], Value]) -> Value:
    if isinstance(value, Secret):
        return put(value)
    if isinstance(value, dict):
        return {key: _replaced(inner, put) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_replaced(inner, put) for inner in value]
    return value
