# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to be done to bring a host's releases to the wanted state.

PRIVATE to the collection. Pure.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.progressive.delivery.plugins.module_utils._releases.errors import ReleaseServes
from ansible_collections.progressive.delivery.plugins.module_utils._releases.retention import (
    previous_release,
    prunable,
)


@dataclass(frozen=True)
class Present:
    """The releases that are there.

    :param staged: of each release of this collection the number of its staging
    :param others: folders beside them that this collection did not make
    :param activations: versions in the order in which they became current, ending with *current*
    """

    staged: t.Mapping[str, int]
    others: t.FrozenSet[str] = frozenset()
    current: t.Optional[str] = None
    activations: t.Tuple[str, ...] = ()

    @property
    def in_order(self) -> t.List[str]:
        """All versions, those of others first, then the one put in place first first."""
        return sorted(self.others) + sorted(self.staged, key=lambda version: (self.staged[version], version))

    @property
    def previous(self) -> t.Optional[str]:
        """The release to go back to."""
        return previous_release(self.current, self.activations, set(self.staged) | self.others)


@dataclass(frozen=True)
class Plan:
    """The changes, in the order in which they are made: prepare, stage, activate, remove."""

    prepare: bool = False
    stage: bool = False
    activate: bool = False
    remove: t.Tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.prepare or self.stage or self.activate or bool(self.remove)


def plan(present: Present, version: str, state: str, keep: int, protect: t.Collection[str]) -> Plan:
    """How *version* gets to *state* (prepared, present, current or absent).

    Raises :class:`ReleaseServes` for the removal of the current or a protected release.
    """
    there = version in present.staged or version in present.others
    if state == "absent":
        _refuse_removal(present, version, protect)
        return Plan(remove=(version,) if there else ())
    if state == "prepared":
        return Plan(prepare=not there)
    activate = state == "current" and present.current != version
    after = after_plan(present, version, Plan(stage=not there, activate=activate))
    remove = prunable(after.staged, keep, after.current, after.previous, set(protect) | {version})
    return Plan(stage=not there, activate=activate, remove=remove)


def after_plan(present: Present, version: str, made: Plan) -> Present:
    """What is there once a plan for *version* has been carried out."""
    staged = dict(present.staged)
    if made.stage:
        staged[version] = max(staged.values(), default=0) + 1
    for removed in made.remove:
        staged.pop(removed, None)
    return Present(
        staged=staged,
        others=present.others - set(made.remove),
        current=version if made.activate else present.current,
        activations=present.activations + ((version,) if made.activate else ()),
    )


def _refuse_removal(present: Present, version: str, protect: t.Collection[str]) -> None:
    if version == present.current:
        raise ReleaseServes("release {0!r} is the current one and cannot be removed".format(version))
    if version in protect:
        raise ReleaseServes("release {0!r} is protected and cannot be removed".format(version))
