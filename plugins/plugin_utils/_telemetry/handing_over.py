# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run tells the process that ships, a line of JSON each.

PRIVATE to the collection. Pure.
"""

from __future__ import annotations

import dataclasses
import json
import typing as t

from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.model import (
    HostEnded,
    Observation,
    PlayBegan,
    RunBegan,
    RunEnded,
    TaskBegan,
)
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.options import Options

_KINDS: t.Mapping[str, type[t.Any]] = {
    kind.__name__: kind for kind in (Options, RunBegan, PlayBegan, TaskBegan, HostEnded, RunEnded)
}
END = b"null\n"
"""That nothing comes any more."""


def written(what: Options | Observation) -> bytes:
    """A line. Core's strings, which know where they come from, become plain ones, and what is no UTF-8 in a name becomes ``?``."""
    fields = {field.name: getattr(what, field.name) for field in dataclasses.fields(what)}
    text = json.dumps([type(what).__name__, fields], default=str, ensure_ascii=False)
    return text.encode("utf-8", "replace") + b"\n"


def read(line: bytes) -> t.Any:
    """What a line says: options, an observation, or None for the end.

    :raises ValueError: it is half a line, as a run was killed that wrote it
    """
    told = json.loads(line)
    if told is None:
        return None
    name, fields = told
    # What JSON has for a tuple is a list.
    return _KINDS[name](**{key: tuple(each) if isinstance(each, list) else each for key, each in fields.items()})
