# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A snapshot's labels and proofs as the short texts that a repository keeps beside it.

PRIVATE to the collection. Pure. A value may hold anything: what the programs
give a meaning to (commas, braces, blanks) is percent-encoded.
"""

from __future__ import annotations

import typing as t
from dataclasses import fields
from urllib.parse import quote, unquote

from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import Labels, Proof

_PLAIN = "-._~:+/@"


def encoded(value: str) -> str:
    """*value* without anything that a program would take for more than a letter."""
    return quote(value, safe=_PLAIN, errors="surrogateescape")


def decoded(text: str) -> str:
    """What :func:`encoded` was given."""
    return unquote(text, errors="surrogateescape")


def of_labels(labels: Labels) -> t.List[t.Tuple[str, str]]:
    """Names and values, of those that are known."""
    known = ((field.name, getattr(labels, field.name)) for field in fields(Labels))
    return [(name, value) for name, value in known if value is not None]


def as_labels(values: t.Mapping[str, str]) -> t.Optional[Labels]:
    """The labels that *values* name; None where no app is among them."""
    if "app" not in values:
        return None
    return Labels(**{field.name: values[field.name] for field in fields(Labels) if field.name in values})


def of_proof(identifier: str, proof: Proof) -> t.List[t.Tuple[str, str]]:
    """Names and values of a proof of the snapshot *identifier*."""
    return [("of", identifier), ("how", proof.how), ("at", repr(proof.at))]


def as_proof(values: t.Mapping[str, str]) -> t.Optional[t.Tuple[str, Proof]]:
    """Of which snapshot *values* are a proof, and which; None where they are none."""
    try:
        return values["of"], Proof(at=float(values["at"]), how=values["how"])
    except (KeyError, ValueError):
        return None


def proofs_by_snapshot(found: t.Iterable[t.Tuple[str, Proof]]) -> t.Dict[str, t.Tuple[Proof, ...]]:
    """All proofs of each snapshot, oldest first."""
    proofs: t.Dict[str, t.List[Proof]] = {}
    for identifier, proof in found:
        proofs.setdefault(identifier, []).append(proof)
    return {identifier: tuple(sorted(known, key=lambda proof: proof.at)) for identifier, known in proofs.items()}
