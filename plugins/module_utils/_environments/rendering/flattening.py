# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings as variables: ``database.host`` is ``DATABASE_HOST``, and everything is a text.

PRIVATE to the collection. Pure.
"""

from __future__ import annotations

import json
import math
import re
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._environments.keys import dotted
from ansible_collections.progressive.delivery.plugins.module_utils._environments.leaves import walk
from ansible_collections.progressive.delivery.plugins.module_utils._environments.model import Secret, Value
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.errors import (
    ValueNotRenderable,
    VariablesCollide,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.holding import check_text
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.interface import Wording
from ansible_collections.progressive.delivery.plugins.module_utils._environments.secrecy import (
    reference_of,
    revealed,
    secrets_in,
)

LONGEST = 128 * 1024
"""Bytes of ``NAME=value`` with its zero byte that Linux gives to a program."""

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_BECOME_UNDERSCORES = re.compile(r"[-. ]")


def variables(settings: t.Mapping[str, Value], wording: Wording, form: str) -> t.Dict[str, t.Union[str, Secret]]:
    """Each variable with its text, a :class:`Secret` where secrets are in it.

    :raises ValueNotRenderable: a setting that is no text, number, boolean or list of such, or cannot be in a variable
    :raises VariablesCollide: two settings would be the same variable
    """
    found: t.Dict[str, t.Union[str, Secret]] = {}
    owners: t.Dict[str, str] = {}
    for path, value in walk(settings):
        if value == {}:
            continue
        key = dotted(path)
        name = _name(path, key, wording, form)
        if name in owners:
            raise VariablesCollide("{0} and {1} would both be the variable {2}".format(owners[name], key, name))
        text = _text(value, key, wording, form)
        if len(_bytes(name)) + len(_bytes(text)) + 2 > LONGEST:
            raise ValueNotRenderable(key, form, "it is longer than the 128 KiB that a variable can be")
        owners[name] = key
        found[name] = Secret(reference_of(value), text) if secrets_in(value) else text
    return found


def _bytes(text: str) -> bytes:
    return text.encode("utf-8")


def _name(path: t.Sequence[str], key: str, wording: Wording, form: str) -> str:
    name = wording.prefix + _BECOME_UNDERSCORES.sub("_", wording.separator.join(path)).upper()
    if not _VARIABLE.match(name):
        reason = "{0!r} is no name of a variable, which has letters, digits and _ and does not begin with a digit"
        raise ValueNotRenderable(key, form, reason.format(name))
    return name


def _text(value: Value, key: str, wording: Wording, form: str) -> str:
    if not isinstance(value, (list, tuple)):
        return _scalar(value, key, form)
    separator = wording.list_separator
    texts = [_scalar(item, key, form) for item in value]
    if any(separator in text for text in texts):
        raise ValueNotRenderable(key, form, "a value of the list holds {0!r}, which is between them".format(separator))
    if texts == [""]:
        raise ValueNotRenderable(key, form, "a list of one empty text would be read as an empty list")
    return separator.join(texts)


def _scalar(value: Value, key: str, form: str) -> str:
    value = revealed(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return json.dumps(value)
    if not isinstance(value, str):
        raise ValueNotRenderable(key, form, _why_not(value))
    check_text(value, key, form)
    if "\0" in value:
        raise ValueNotRenderable(key, form, "it holds a zero byte, with which a variable ends")
    return value


def _why_not(value: Value) -> str:
    if value is None:
        return "it is null, which is neither a text nor the absence of the variable"
    if isinstance(value, float):
        return "it is infinite or no number"
    if isinstance(value, (list, tuple, dict)):
        return "it is a list with lists or dictionaries in it"
    return "it is of type {0}".format(type(value).__name__)
