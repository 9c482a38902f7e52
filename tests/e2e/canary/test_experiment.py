# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Canaries that are compared with the old release on a third pool, started afresh beside them."""

from __future__ import annotations

import pytest

from ansible_collections.progressive.delivery.tests.e2e.canary.conftest import KINDS, Telling
from ansible_collections.progressive.delivery.tests.e2e.canary.site import BALANCER, THREE
from ansible_collections.progressive.delivery.tests.e2e.canary.story import COMPARED, FAILING, GOOD, OLD, Data

EXPERIMENT: Data = {
    "steps": [{"share": 20}, {"analysis": "errors"}, {"share": 60}],
    "analyses": {"errors": COMPARED},
    "baseline_pool": "baseline",
    "bake": 0.3,
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_new_release_is_compared_with_the_old_one_as_fresh_as_itself(telling: Telling, kind: str) -> None:
    story = telling(kind, THREE).given_serving()
    seen: Data = {}
    look = {("analyse", 1): lambda: seen.update(story.site.observe()[BALANCER]["split"])}
    # The pool that serves fails as often, so that beside it the new release would look no worse.
    wrong = {("shift", 1): lambda: story.when_told("error_rate", 0.5, "blue-1", "blue-2")}
    story.when_delivering(FAILING, {**look, **wrong}, **EXPERIMENT).then_ended("rolled_back", "errors: worse than 1.5")
    assert seen == {"blue": 60, "green": 20, "baseline": 20}
    story.then_runs(OLD, "baseline").then_serves(OLD)


@pytest.mark.parametrize("kind", KINDS)
def test_a_good_release_takes_over_from_both(telling: Telling, kind: str) -> None:
    story = telling(kind, THREE).given_serving().when_delivering(GOOD, **EXPERIMENT).then_ended("succeeded")
    assert story.site.observe()[BALANCER]["split"] == {"blue": 0, "green": 100, "baseline": 0}
    shares = [split["split"]["baseline"] for split in story.splits if split]
    assert sorted(set(shares)) == [0, 20]
    assert [kind for kind in story.kinds() if kind in ("deploy", "retire")] == ["retire", "deploy", "deploy", "retire"]
    assert story.serving() == {GOOD}
    story.when("rollback").then_ended("succeeded").then_nothing_failed()
    assert story.serving() == {OLD}
