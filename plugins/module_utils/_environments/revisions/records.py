# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is written down of revisions, and of which one was in force when.

PRIVATE to the collection. Pure: text in, values out, and back.
"""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass, field, replace

from ansible_collections.progressive.delivery.plugins.module_utils._environments.model import Value
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.files import RenderedFile
from ansible_collections.progressive.delivery.plugins.module_utils._environments.revisions.errors import (
    HistoryDamaged,
    RevisionDamaged,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.secrecy import Sealed

_SCHEMA = 1
_REMEMBERED = 500


@dataclass(frozen=True)
class KeptFile:
    """A file of a revision, all but its content."""

    path: str
    format: str
    owner: t.Optional[str]
    group: t.Optional[str]
    mode: int
    sha256: str
    secret_keys: t.Tuple[str, ...]

    @classmethod
    def of(cls, file: RenderedFile) -> KeptFile:
        """What is kept of *file*."""
        return cls(
            file.path, file.format, file.owner, file.group, file.mode, file.digest, tuple(sorted(file.secret_keys))
        )

    @property
    def same_as(self) -> t.Tuple[t.Any, ...]:
        """As :attr:`RenderedFile.same_as`."""
        return (self.path, self.format, self.owner, self.group, self.mode, self.sha256)

    def with_content(self, content: bytes) -> RenderedFile:
        """The file."""
        return RenderedFile(
            self.path, self.format, self.owner, self.group, self.mode, content, frozenset(self.secret_keys)
        )


@dataclass(frozen=True)
class Revision:
    """A configuration that was in force on the host, or was to be.

    :param hash: tells one configuration from another; counts secrets by their references
    :param made_at: UTC, ISO 8601
    :param release: of the app that it was made for
    :param rollout: id of the rollout that made it
    :param salt: of the digests in *settings*
    :param settings: by dotted key; a :class:`Sealed` where secrets are
    :param origins: the file that each was last set in
    """

    number: int
    app: str
    environment: str
    hash: str
    made_at: str
    release: t.Optional[str]
    rollout: t.Optional[str]
    salt: str
    settings: t.Mapping[str, t.Union[Value, Sealed]]
    origins: t.Mapping[str, str]
    files: t.Tuple[KeptFile, ...]

    def to_text(self) -> str:
        """The record's content."""
        plain = {key: value for key, value in self.settings.items() if not isinstance(value, Sealed)}
        secret = {key: vars(value) for key, value in self.settings.items() if isinstance(value, Sealed)}
        fields = {
            **vars(self),
            "settings": plain,
            "secrets": secret,
            "origins": dict(self.origins),
            "files": [vars(file) for file in self.files],
        }
        return _to_text(fields)

    @classmethod
    def from_text(cls, text: str, path: str) -> Revision:
        """The inverse; raises :class:`RevisionDamaged`."""
        fields = _fields(text, path)
        try:
            secret = {key: Sealed(**value) for key, value in fields.pop("secrets").items()}
            fields["settings"] = {**fields["settings"], **secret}
            fields["files"] = tuple(
                KeptFile(**{**file, "secret_keys": tuple(file["secret_keys"])}) for file in fields["files"]
            )
            return cls(**fields)
        except (KeyError, TypeError, AttributeError) as error:
            raise RevisionDamaged("{0} lacks a field or has a wrong one: {1!r}".format(path, error)) from error


@dataclass(frozen=True)
class Activation:
    """A revision in force, its files as they are since *at*, in UTC (ISO 8601); None when the configuration was taken away.

    :param paths: of its files, to be known where its record is damaged; empty where even that is not known
    """

    revision: t.Optional[int]
    release: t.Optional[str]
    rollout: t.Optional[str]
    at: str
    paths: t.Tuple[str, ...] = ()


@dataclass(frozen=True)
class Kept:
    """What a host keeps of one environment of an app.

    :param revisions: those that can be read, by number
    :param numbers: of all that are there, read or not
    :param activations: in their order
    :param begun: revisions of which runs that were killed may have written files
    :param rebuilt: whether the history was damaged, and *activations* are what can be told without it
    """

    revisions: t.Mapping[int, Revision] = field(default_factory=dict)
    numbers: t.FrozenSet[int] = frozenset()
    activations: t.Tuple[Activation, ...] = ()
    begun: t.Tuple[int, ...] = ()
    rebuilt: bool = False

    @property
    def current(self) -> t.Optional[int]:
        """The revision in force."""
        return self.activations[-1].revision if self.activations else None

    @property
    def last_in_force(self) -> t.Optional[int]:
        """The revision in force, or the last one that was before the configuration was taken away."""
        return next((entry.revision for entry in reversed(self.activations) if entry.revision is not None), None)

    @property
    def paths_in_force(self) -> t.Tuple[str, ...]:
        """Of the files in force; empty too where the record is damaged and the history does not know them."""
        revision = self.revisions.get(self.current or 0)
        if revision is not None:
            return tuple(file.path for file in revision.files)
        return self.activations[-1].paths if self.activations else ()

    @property
    def previous(self) -> t.Optional[int]:
        """The revision that was in force before it and is still there."""
        for activation in reversed(self.activations):
            if activation.revision != self.current and activation.revision in self.revisions:
                return activation.revision
        return None

    def of_release(self, release: str) -> t.Optional[int]:
        """The revision that was last in force with *release*."""
        for activation in reversed(self.activations):
            if activation.release == release and activation.revision in self.revisions:
                return activation.revision
        return None

    @property
    def releases(self) -> t.Tuple[str, ...]:
        """Every release that the history names, whether its revision is still there or not, the newest first."""
        found = (entry.release for entry in reversed(self.activations) if entry.revision is not None)
        return tuple(dict.fromkeys(release for release in found if release is not None))

    def with_revision(self, revision: Revision) -> Kept:
        """The same, with a new revision."""
        revisions = {**self.revisions, revision.number: revision}
        return replace(self, revisions=revisions, numbers=self.numbers | {revision.number})

    def named_by(self, names: t.Collection[str]) -> t.FrozenSet[int]:
        """The revisions that were made for, or in force with, one of these releases or rollouts."""
        found = {entry.revision for entry in self.activations if {entry.release, entry.rollout} & set(names)}
        found |= {number for number, made in self.revisions.items() if {made.release, made.rollout} & set(names)}
        return frozenset(number for number in found if number is not None)


def history_to_text(activations: t.Sequence[Activation], begun: t.Sequence[int]) -> str:
    """The history's file; the oldest entries of a long history are forgotten."""
    entries = [vars(activation) for activation in activations[-_REMEMBERED:]]
    return _to_text({"activations": entries, "begun": list(begun)})


def history_from_text(text: str, path: str) -> t.Tuple[t.Tuple[Activation, ...], t.Tuple[int, ...]]:
    """The inverse; raises :class:`HistoryDamaged`."""
    try:
        fields = _fields(text, path, HistoryDamaged)
        entries = [Activation(**{**entry, "paths": tuple(entry.get("paths", ()))}) for entry in fields["activations"]]
        return tuple(entries), tuple(fields.get("begun", ()))
    except (KeyError, TypeError, AttributeError) as error:
        raise HistoryDamaged("{0} lacks a field or has a wrong one: {1!r}".format(path, error)) from error


def history_of_records(revisions: t.Mapping[int, Revision], current: t.Optional[int]) -> t.Tuple[Activation, ...]:
    """What can be told without the history: each revision as it was made, and last the one in force."""
    entries = [
        Activation(number, made.release, made.rollout, made.made_at, tuple(file.path for file in made.files))
        for number, made in sorted(revisions.items())
        if number != current
    ]
    made = revisions.get(current or 0)
    if made is None:
        return (*entries, Activation(current, None, None, ""))
    paths = tuple(file.path for file in made.files)
    return (*entries, Activation(current, made.release, made.rollout, made.made_at, paths))


def _to_text(fields: t.Mapping[str, t.Any]) -> str:
    return json.dumps({**fields, "schema": _SCHEMA}, indent=2, sort_keys=True) + "\n"


def _fields(text: str, path: str, damaged: t.Type[RevisionDamaged] = RevisionDamaged) -> t.Dict[str, t.Any]:
    """:raises RevisionDamaged: as *damaged*, but for what another version of the collection has written"""
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise damaged("{0} is not JSON: {1}".format(path, error)) from error
    if not isinstance(fields, dict) or not isinstance(fields.get("schema"), int):
        raise damaged("{0} does not say what it is".format(path))
    schema = fields.pop("schema")
    if schema != _SCHEMA:
        raise RevisionDamaged("{0} has schema {1!r}; this version reads {2}".format(path, schema, _SCHEMA))
    return t.cast("t.Dict[str, t.Any]", fields)
