# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which changes of others were written over, by what the server's log says."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._toggles.errors import ToggleChangedMeanwhile
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.unleash.log import (
    ADDED,
    REMOVED,
    UPDATED,
    Event,
    Sent,
    written_over,
)


def strategy(rollout: int) -> dict[str, t.Any]:
    return {"name": "flexibleRollout", "parameters": {"rollout": str(rollout)}}


OURS = Sent(UPDATED, "a", {**strategy(25), "title": None, "segments": []})
OWN = Event(12, UPDATED, "a", strategy(25))


def test_our_own_change_is_nobody_else_s():
    assert written_over([OWN], [OURS]) == {}


def test_a_change_in_front_of_ours_was_written_over():
    assert written_over([OWN, Event(11, UPDATED, "a", strategy(60))], [OURS]) == {"a": strategy(60)}


def test_of_two_in_front_of_ours_the_later_one_counts():
    log = [Event(10, UPDATED, "a", strategy(50)), Event(11, UPDATED, "a", strategy(60)), OWN]

    assert written_over(log, [OURS]) == {"a": strategy(60)}


def test_a_strategy_that_we_removed_while_others_changed_it_was_written_over():
    log = [Event(11, UPDATED, "a", strategy(60)), Event(12, REMOVED, "a")]

    assert written_over(log, [Sent(REMOVED, "a")]) == {"a": strategy(60)}


@pytest.mark.parametrize(
    "event",
    [
        Event(13, UPDATED, "a", strategy(60)),
        Event(13, REMOVED, "a"),
        Event(11, UPDATED, "b", strategy(60)),
        Event(11, ADDED, "b", strategy(60)),
        Event(11, UPDATED, "a", strategy(25)),
    ],
)
def test_what_came_after_ours_or_to_another_strategy_or_is_the_same_was_not(event):
    assert written_over([OWN, event], [OURS]) == {}


def test_what_was_written_over_and_changed_again_cannot_be_restored_and_is_told():
    log = [Event(11, UPDATED, "a", strategy(60)), OWN, Event(13, UPDATED, "a", strategy(26))]
    with pytest.raises(ToggleChangedMeanwhile) as raised:
        written_over(log, [OURS])

    assert raised.value.details == {"events": [11, 13], "ours": 12}
