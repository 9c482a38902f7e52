# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a change of settings is, key by key: as they are in force, as they are to be, and as another environment has them.

PRIVATE to the collection. Pure. Secrets are shown by their references. What is a secret in one of the three is not shown where
another has it in plain words: it may be the same.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.progressive.delivery.plugins.module_utils._environments.drift import NOTHING
from ansible_collections.progressive.delivery.plugins.module_utils._environments.keys import origin_of, path_of, touch
from ansible_collections.progressive.delivery.plugins.module_utils._environments.leaves import leaves, same
from ansible_collections.progressive.delivery.plugins.module_utils._environments.model import Configuration, Value
from ansible_collections.progressive.delivery.plugins.module_utils._environments.revisions.records import Revision
from ansible_collections.progressive.delivery.plugins.module_utils._environments.secrecy import (
    Sealed,
    named,
    reference_of,
    sealed,
    secrets_in,
)

_SHOWN = "(secret: {0})"
_PLAIN = "(in plain words, not shown)"
_OTHER_VALUE = "(another value of the secret: {0})"


@dataclass(frozen=True)
class Row:
    """One setting.

    :param elsewhere: as the environment has it that is promoted from
    :param now: as it is in force
    :param then: as it is to be
    :param changes: whether *now* and *then* are not the same
    :param differs: whether *elsewhere* and *then* are not the same
    :param origin: the file that *then* is from
    """

    key: str
    elsewhere: Value
    now: Value
    then: Value
    changes: bool
    differs: bool
    origin: str


def rows(then: Configuration, now: t.Optional[Revision], elsewhere: t.Optional[Configuration] = None) -> t.List[Row]:
    """The settings that change, and with *elsewhere* those in which the two environments will differ; sorted."""
    to_be = leaves(then.settings)
    to_be_sealed = sealed(then.settings, now.salt if now else "")
    in_force = now.settings if now else {}
    other = leaves(elsewhere.settings) if elsewhere else {}
    secret = _secret_paths(to_be, in_force, other)
    found = []
    for key in sorted({*to_be, *in_force, *other}):
        changes = not same(to_be_sealed.get(key, NOTHING), in_force.get(key, NOTHING))
        differs = elsewhere is not None and not same(named(other.get(key, NOTHING)), named(to_be.get(key, NOTHING)))
        if changes or differs:
            masked = any(touch(path_of(key), path) for path in secret)
            before, after = _shown(in_force.get(key, NOTHING), masked), _shown(to_be.get(key, NOTHING), masked)
            if changes and before == after and secrets_in(to_be.get(key)):
                after = _OTHER_VALUE.format(reference_of(to_be[key]))
            row = Row(
                key=key,
                elsewhere=_shown(other.get(key, NOTHING), masked),
                now=before,
                then=after,
                changes=changes,
                differs=differs,
                origin=origin_of(then.origins, path_of(key)) if key in to_be else "",
            )
            found.append(row)
    return found


def _secret_paths(*settings: t.Mapping[str, Value]) -> t.List[t.Tuple[str, ...]]:
    """Where secrets are in any of these, by dotted key."""
    found = {key for each in settings for key, value in each.items() if isinstance(value, Sealed) or secrets_in(value)}
    return [path_of(key) for key in sorted(found)]


def _shown(value: Value, masked: bool) -> Value:
    if isinstance(value, Sealed):
        return _SHOWN.format(value.reference)
    if secrets_in(value):
        return _SHOWN.format(reference_of(value))
    return _PLAIN if masked and value is not NOTHING else value
