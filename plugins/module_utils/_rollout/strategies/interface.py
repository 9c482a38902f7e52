# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every strategy is: choices of an operator that come to a plan.

PRIVATE to the collection. Pure. To add a strategy: write ``<name>.py`` beside
this file with a dataclass of the operator's choices that satisfies
:class:`Strategy`, and name it in ``parameters.py``; the state machine in
``machine.py`` carries out any plan.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import Options, Step


@dataclasses.dataclass(frozen=True)
class Pools:
    """Whom a plan is for.

    :param old: the pool that serves
    :param new: the pool that gets the release; the same one where it gets it host by host
    :param release: what serves; None when nothing was ever delivered, so that there is nothing to compare with and nobody to lose
    :param hosts: the hosts of each pool
    """

    old: str
    new: str
    release: t.Optional[str]
    hosts: t.Mapping[str, t.Tuple[str, ...]] = dataclasses.field(default_factory=dict)


class Strategy(t.Protocol):
    """What an operator chose of a strategy."""

    @property
    def name(self) -> str:
        """What the journal calls it."""

    @property
    def in_one_pool(self) -> bool:
        """Whether it needs one pool only, whose hosts get the release one after the other."""

    @property
    def baseline(self) -> str:
        """The pool on which the old release runs afresh beside the new one; empty for none."""

    def plan(self, pools: Pools, options: Options) -> t.Tuple[Step, ...]:
        """The steps by which the release takes over.

        :raises InvalidOption: choices that do not fit the pools
        """
