# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan over a host's whole life: a model of deployments, goings back and removals."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ansible_collections.progressive.delivery.plugins.module_utils._releases.errors import ReleaseServes
from ansible_collections.progressive.delivery.plugins.module_utils._releases.plan import Plan, Present, after_plan, plan

VERSIONS = [f"1.{number}" for number in range(6)]
THREE = Present(staged={"1.0": 1, "1.1": 2, "1.2": 3}, current="1.2", activations=("1.0", "1.1", "1.2"))


def test_a_new_release_is_staged_activated_and_the_oldest_removed():
    assert plan(THREE, "1.3", "current", 3, ()) == Plan(stage=True, activate=True, remove=("1.0",))


def test_staging_alone_leaves_the_current_one_and_the_way_back():
    assert plan(THREE, "1.3", "present", 1, ()) == Plan(stage=True, remove=("1.0",))


def test_a_release_that_is_current_needs_nothing():
    made = plan(THREE, "1.2", "current", 5, ())

    assert not made
    assert after_plan(THREE, "1.2", made) == THREE


def test_going_back_stages_nothing():
    made = plan(THREE, "1.0", "current", 5, ())

    assert made == Plan(activate=True)
    assert after_plan(THREE, "1.0", made).current == "1.0"


def test_only_what_is_missing_is_prepared():
    assert plan(THREE, "1.3", "prepared", 5, ()) == Plan(prepare=True)
    assert not plan(THREE, "1.2", "prepared", 5, ())


def test_folders_of_others_are_neither_counted_nor_removed():
    beside = Present(
        staged=dict(THREE.staged), others=frozenset({"handmade"}), current="handmade", activations=("handmade",)
    )

    assert plan(beside, "1.3", "current", 2, ()).remove == ("1.0", "1.1")
    assert plan(beside, "handmade", "current", 1, ()) == Plan(remove=("1.0", "1.1"))


def test_removal_is_for_releases_that_are_there():
    assert plan(THREE, "1.0", "absent", 5, ()) == Plan(remove=("1.0",))
    assert not plan(THREE, "9", "absent", 5, ())


@pytest.mark.parametrize(("version", "protect"), [("1.2", ()), ("1.0", ("1.0",))])
def test_the_current_and_protected_releases_cannot_be_removed(version, protect):
    with pytest.raises(ReleaseServes, match=version):
        plan(THREE, version, "absent", 5, protect)


class Life(RuleBasedStateMachine):
    """Any sequence of states asked for, with any count; beside it what really served."""

    def __init__(self):
        super().__init__()
        self.present = Present(staged={})
        self.served = []
        self.removed_by_name = set()

    @rule(
        version=st.sampled_from(VERSIONS),
        state=st.sampled_from(["present", "current"]),
        keep=st.integers(min_value=1, max_value=4),
        protect=st.sets(st.sampled_from(VERSIONS), max_size=2),
    )
    def deploy(self, version, state, keep, protect):
        before = self.present
        made = plan(before, version, state, keep, protect)
        self.present = after_plan(before, version, made)
        if state == "current" and self.served[-1:] != [version]:
            self.served.append(version)
        self.removed_by_name.discard(version)
        assert version in self.present.staged
        assert protect & set(before.staged) <= set(self.present.staged)
        assert not plan(self.present, version, state, keep, protect), "a second run changes nothing"

    @rule(version=st.sampled_from(VERSIONS))
    def remove(self, version):
        try:
            made = plan(self.present, version, "absent", 1, ())
        except ReleaseServes:
            return
        self.present = after_plan(self.present, version, made)
        self.removed_by_name.add(version)

    @invariant()
    def what_serves_is_there(self):
        assert self.present.current == (self.served[-1] if self.served else None)
        assert self.present.current is None or self.present.current in self.present.staged

    @invariant()
    def the_way_back_is_there(self):
        before = [version for version in self.served if version != self.present.current]
        assert not before or before[-1] in self.present.staged or before[-1] in self.removed_by_name


TestLife = Life.TestCase
