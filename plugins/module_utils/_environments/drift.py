# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs between a file as it is to be and what is there.

PRIVATE to the collection. Pure. What is secret, and what nobody has declared, is never shown.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.progressive.delivery.plugins.module_utils._environments.leaves import same
from ansible_collections.progressive.delivery.plugins.module_utils._environments.model import Value
from ansible_collections.progressive.delivery.plugins.module_utils._environments.placement import Found
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.files import RenderedFile
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.interface import (
    NotOfThisFormat,
    ReadableFormat,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.registry import FORMATS

HIDDEN = "(secret)"
HIDDEN_OTHER = "(another secret)"
NOT_SHOWN = "(not declared, not shown)"


class _NotSet(str):
    """Told as the text, and not the same as a setting that is that text."""


NOTHING = _NotSet("(not set)")


@dataclass(frozen=True)
class Difference:
    """One thing that differs.

    :param key: the variable or dotted key; empty for what is about the whole file
    :param kind: what differs: ``value``, ``owner``, ``group``, ``mode``, ``text``, the whole ``file``, or the ``record`` of it
    :param declared: as it is to be, masked
    :param actual: as it is, masked
    """

    path: str
    key: str
    kind: str
    declared: Value
    actual: Value


def differences(
    wanted: RenderedFile, found: t.Optional[Found], before: t.Optional[RenderedFile] = None
) -> t.List[Difference]:
    """Everything that differs, by key where the format can be read.

    :param before: the file as this collection last wrote it; tells what of it may be shown that is declared no more
    """
    if found is None:
        return [Difference(wanted.path, "", "file", "(there)", "(missing)")]
    if found.content is None:
        return [Difference(wanted.path, "", "file", "(a file)", "(a link, a folder or something else)")]
    return _of_content(wanted, found.content, before) + _of_rights(wanted, found)


def whole(wanted: RenderedFile) -> t.List[Difference]:
    """What a file brings where none is."""
    declared = _settings(wanted.format, wanted.content) or {}
    missing = Difference(wanted.path, "", "file", "(there)", "(missing)")
    return [missing] + [
        Difference(wanted.path, key, "value", HIDDEN if key in wanted.secret_keys else declared[key], NOTHING)
        for key in sorted(declared)
    ]


def stale(path: str) -> Difference:
    """That a file is there which the configuration has no more."""
    return Difference(path, "", "file", "(none)", "(there)")


def unreadable(path: str) -> Difference:
    """That what is kept of the revision in force, at *path*, cannot be read."""
    return Difference(path, "", "record", "(whole)", "(damaged)")


def _of_rights(wanted: RenderedFile, found: Found) -> t.List[Difference]:
    path, differing = wanted.path, []
    if wanted.owner not in {None, *found.owner}:
        differing.append(Difference(path, "", "owner", wanted.owner, found.owner[0]))
    if wanted.group not in {None, *found.group}:
        differing.append(Difference(path, "", "group", wanted.group, found.group[0]))
    if wanted.mode != found.mode:
        differing.append(Difference(path, "", "mode", "{0:04o}".format(wanted.mode), "{0:04o}".format(found.mode)))
    return differing


def _of_content(wanted: RenderedFile, content: bytes, before: t.Optional[RenderedFile]) -> t.List[Difference]:
    if content == wanted.content:
        return []
    declared, actual = _settings(wanted.format, wanted.content), _settings(wanted.format, content)
    if declared is None or actual is None:
        return [Difference(wanted.path, "", "text", _size(wanted.content), _size(content))]
    known = (_settings(before.format, before.content) if before else None) or {}
    secret = wanted.secret_keys | (before.secret_keys if before else frozenset())
    shown = (set(declared) | set(known)) - secret
    differing = [
        Difference(wanted.path, key, "value", *_values(key, declared, actual, secret, shown))
        for key in sorted(set(declared) | set(actual))
        if not same(declared.get(key, NOTHING), actual.get(key, NOTHING))
    ]
    if differing:
        return differing
    return [Difference(wanted.path, "", "text", "(as rendered)", "(the same settings, otherwise written)")]


def _values(
    key: str,
    declared: t.Mapping[str, Value],
    actual: t.Mapping[str, Value],
    secret: t.Collection[str],
    shown: t.Collection[str],
) -> t.Tuple[Value, Value]:
    ours: Value = NOTHING
    theirs: Value = NOTHING
    if key in declared:
        ours = HIDDEN if key in secret else declared[key]
    if key in actual:
        theirs = HIDDEN_OTHER if key in secret else actual[key] if key in shown else NOT_SHOWN
    return ours, theirs


def _settings(form: str, content: bytes) -> t.Optional[t.Mapping[str, Value]]:
    """What the content says; None where it cannot be told."""
    format_class = FORMATS[form]
    if not issubclass(format_class, ReadableFormat):
        return None
    try:
        return format_class().read(content.decode("utf-8"))
    except (NotOfThisFormat, UnicodeDecodeError):
        return None


def _size(content: bytes) -> str:
    return "{0} lines".format(len(content.splitlines()))
