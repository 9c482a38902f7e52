# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which changes of others a change of ours wrote over.

PRIVATE to the collection. Pure: no I/O. Unleash compares what a strategy is
with what we believe it to be before it changes it, but reads and writes it in
two steps: another's change may come between them. Its log has each change
with the whole strategy after it, in the order in which they took effect.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._toggles.errors import ToggleChangedMeanwhile
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.unleash.mapping import Strategy, normal

KINDS = ("feature-strategy-add", "feature-strategy-update", "feature-strategy-remove")
"""Changes of strategies, as Unleash calls them in its log."""
ADDED, UPDATED, REMOVED = KINDS


@dataclasses.dataclass(frozen=True)
class Sent:
    """A change of a strategy that the server carried out for us.

    :param after: the strategy after it; None where it was removed
    """

    kind: str
    strategy: str
    after: t.Optional[t.Mapping[str, t.Any]] = None


@dataclasses.dataclass(frozen=True)
class Event:
    """A change of a strategy in the server's log."""

    number: int
    kind: str
    strategy: str
    after: t.Optional[Strategy] = None

    def is_of(self, sent: Sent) -> bool:
        """Whether it may be the change that we sent."""
        if (self.kind, self.strategy) != (sent.kind, sent.strategy):
            return False
        return self.after is None or sent.after is None or normal(self.after) == normal(sent.after)


def written_over(log: t.Iterable[Event], sent: t.Sequence[Sent]) -> t.Dict[str, Strategy]:
    """The strategies as others had made them when we changed them, by id.

    :param log: what happened to the flag since before it was read
    :raises ToggleChangedMeanwhile: they were changed again since, and it cannot be told what they should be
    """
    left = list(sent)
    others: t.List[Event] = []
    ours: t.List[Event] = []
    for event in sorted(log, key=lambda event: event.number):
        match = next((one for one in left if event.is_of(one)), None)
        if match is None:
            others.append(event)
        else:
            left.remove(match)
            ours.append(event)
    lost = {}
    for own in ours:
        same = [event for event in others if event.strategy == own.strategy]
        earlier = [event for event in same if event.number < own.number and event.after is not None]
        if earlier and len(earlier) < len(same):
            raise ToggleChangedMeanwhile(
                "others changed the flag in the same moment as this task and again after it",
                events=[event.number for event in same],
                ours=own.number,
            )
        if earlier:
            lost[own.strategy] = t.cast(Strategy, earlier[-1].after)
    return lost
