# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is written down: of each release how it came, and in which order releases were current.

PRIVATE to the collection. Pure: text in, values out, and back.
"""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass, field

from ansible_collections.progressive.delivery.plugins.module_utils._releases.errors import RecordUnreadable

_SCHEMA = 1
_REMEMBERED = 200


@dataclass(frozen=True)
class Record:
    """How a release came to be; lies in it as ``.release.json``.

    :param sequence: number of its staging among the releases of the host
    :param staged_at: UTC, ISO 8601
    :param source: what it was made from
    """

    version: str
    sequence: int
    staged_at: str
    source: t.Mapping[str, str] = field(default_factory=dict)
    shared: t.Tuple[str, ...] = ()

    @property
    def revision(self) -> str:
        """A text that no other content of this version, staged later, has."""
        return "{0}@{1}".format(self.version, self.staged_at)

    def to_text(self) -> str:
        """The file's content."""
        return _to_text(
            {
                "version": self.version,
                "sequence": self.sequence,
                "staged_at": self.staged_at,
                "source": dict(self.source),
                "shared": list(self.shared),
            }
        )

    @classmethod
    def from_text(cls, text: str, path: str) -> Record:
        """The inverse; raises :class:`RecordUnreadable`."""
        fields = _fields(text, path)
        try:
            return cls(
                version=str(fields["version"]),
                sequence=int(fields["sequence"]),
                staged_at=str(fields["staged_at"]),
                source={str(key): str(value) for key, value in fields["source"].items()},
                shared=tuple(str(shared) for shared in fields["shared"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise RecordUnreadable("{0} lacks a field or has a wrong one: {1!r}".format(path, error)) from error


@dataclass(frozen=True)
class Activation:
    """One release becoming the current one, at a time in UTC (ISO 8601)."""

    version: str
    at: str


def activations_to_text(activations: t.Sequence[Activation]) -> str:
    """The history's file; the oldest entries of a long history are forgotten."""
    recent = activations[-_REMEMBERED:]
    return _to_text({"activations": [{"version": entry.version, "at": entry.at} for entry in recent]})


def activations_from_text(text: str, path: str) -> t.Tuple[Activation, ...]:
    """The inverse; raises :class:`RecordUnreadable`."""
    fields = _fields(text, path)
    try:
        return tuple(Activation(str(entry["version"]), str(entry["at"])) for entry in fields["activations"])
    except (KeyError, TypeError) as error:
        raise RecordUnreadable("{0} lacks a field or has a wrong one: {1!r}".format(path, error)) from error


def _to_text(fields: t.Dict[str, t.Any]) -> str:
    return json.dumps(dict(fields, schema=_SCHEMA), indent=2, sort_keys=True) + "\n"


def _fields(text: str, path: str) -> t.Dict[str, t.Any]:
    try:
        fields = json.loads(text)
    except ValueError as error:
        raise RecordUnreadable("{0} is not JSON: {1}".format(path, error)) from error
    schema = fields.get("schema") if isinstance(fields, dict) else None
    if schema != _SCHEMA:
        raise RecordUnreadable("{0} has schema {1!r}; this version reads {2}".format(path, schema, _SCHEMA))
    return t.cast(t.Dict[str, t.Any], fields)
