# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a format with types can hold of a value, and where it cannot, which setting it is.

PRIVATE to the collection. Pure.
"""

from __future__ import annotations

import math
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._environments.keys import dotted
from ansible_collections.progressive.delivery.plugins.module_utils._environments.model import Secret, Value
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.errors import (
    ValueNotRenderable,
)


def check_text(text: str, key: str, form: str) -> None:
    """Raise :class:`ValueNotRenderable` for a text that UTF-8 cannot write."""
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueNotRenderable(key, form, "it holds half of a character, which UTF-8 cannot write")


class Holder:
    """What the format *form* can hold beside texts, booleans, whole and finite numbers.

    :param null: whether null
    :param largest: the largest whole number, None for no limit
    """

    def __init__(self, form: str, *, null: bool, largest: t.Optional[int]) -> None:
        self._form = form
        self._null = null
        self._largest = largest

    def check(self, settings: t.Mapping[str, Value]) -> None:
        """Raise :class:`ValueNotRenderable` for the first setting that cannot be held."""
        self._check(settings, ())

    def _check(self, value: Value, path: t.Tuple[str, ...]) -> None:
        key = dotted(path)
        if isinstance(value, dict):
            for name, inner in value.items():
                if not isinstance(name, str) or not name:
                    raise ValueNotRenderable(key or "the top", self._form, "it has a key that is empty, or no text")
                check_text(name, key or "the top", self._form)
                self._check(inner, (*path, name))
        elif isinstance(value, (list, tuple)):
            for number, inner in enumerate(value):
                self._check(inner, (*path, str(number)))
        else:
            reason = self._reason(value, key)
            if reason:
                raise ValueNotRenderable(key, self._form, reason)

    def _reason(self, value: Value, key: str) -> str:
        if isinstance(value, Secret):
            value = value.value
        if isinstance(value, str):
            check_text(value, key, self._form)
            return ""
        if value is None:
            return "" if self._null else "it is null, for which the format has no word"
        if isinstance(value, bool):
            return ""
        if isinstance(value, int):
            within = self._largest is None or -self._largest - 1 <= value <= self._largest
            return "" if within else "it is a whole number of more than 64 bits"
        if isinstance(value, float):
            return "" if math.isfinite(value) else "it is infinite or no number, for which not every format has a word"
        return "it is of type {0}".format(type(value).__name__)
