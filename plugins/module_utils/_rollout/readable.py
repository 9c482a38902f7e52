# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts of a journal as a picture can hold them: what a task or a service said may have anything in it.

PRIVATE to the collection. Pure.
"""

from __future__ import annotations

import re
import typing as t

_TERMINAL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
"""What makes a terminal write in colour."""
_NO_CHARACTER = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""What no XML document may have, or shows as nothing."""


def readable(data: t.Any) -> t.Any:
    """The plain *data* with each text in it, keys too, as it can be drawn."""
    if isinstance(data, str):
        return _NO_CHARACTER.sub("\ufffd", _TERMINAL.sub("", data))
    if isinstance(data, dict):
        return {readable(key): readable(value) for key, value in data.items()}
    return [readable(value) for value in data] if isinstance(data, (list, tuple)) else data
