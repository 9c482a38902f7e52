# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A toggle for more and more users: what is refused, how it begins, and what holds for every history."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._rollout import begin, commands, machine, words
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.document import dump_rollout, load_rollout
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.errors import Irreversible, ToggleOff
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import (
    Action,
    Kind,
    Observed,
    Options,
    Outcome,
    Result,
    Rollout,
    Status,
    World,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.stages import Stage
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.toggle_ramp import ToggleRamp
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.users import Users, users_in

TOGGLE: t.Dict[str, t.Any] = {"path": "/flags.json", "name": "new-thing", "variant": "on"}
STAGES = (Stage(percent=500), Stage(pause=10.0), Stage(percent=2500), Stage(analysis="errors", seconds=10.0))
HOSTS = ("a", "b")
BEFORE = {"was": "it"}
"""The toggle's definition before the ramp."""


def users(share: int = 0, **others: t.Any) -> Users:
    audience = {"variant": "on", "percent": share / 100, "bucket_by": "targetingKey", "allow": [], "deny": []}
    return Users(exists=True, share=share, audience=audience, **others)


def begun(ramp: ToggleRamp, *seen: Users) -> t.Union[Rollout, begin.Unchanged]:
    wanted = begin.Delivery("r1", "shop-new-thing", ramp.goal, ramp, Options())
    return begin.begin_ramp(wanted, ramp, dict(zip(HOSTS, seen)), World(1000.0, {}))


def rollout(*seen: Users, stages: t.Sequence[Stage] = (*STAGES, Stage(percent=10000))) -> Rollout:
    opened = begun(ToggleRamp(TOGGLE, tuple(stages)), *(seen or (users(), users())))
    assert isinstance(opened, Rollout)
    return opened


@pytest.mark.parametrize(
    ("toggle", "stages", "says"),
    [
        ({"name": "x", "variant": "on"}, STAGES, "toggle: a toggle has no path"),
        ({**TOGGLE, "percent": 5}, STAGES, "toggle: it has percent; for whom it is on, the steps say"),
        ({**TOGGLE, "until": "2027-01-01T00:00:00Z"}, STAGES, "toggle: it has until"),
        ({**TOGGLE, "state": "disabled"}, STAGES, "toggle: state disabled gives nobody"),
        ({"path": "/f", "name": "x"}, STAGES, "toggle: it has no variant"),
        (TOGGLE, (), "steps: none of them gives users the variant"),
        (TOGGLE, (Stage(pause=1.0),), "steps: none of them gives users the variant"),
        (TOGGLE, (Stage(share=500),), "steps: those of strategy toggle_ramp are percent"),
        (TOGGLE, (Stage(hosts="1"),), "steps: those of strategy toggle_ramp are percent"),
        (TOGGLE, (Stage(percent=500), Stage(percent=500)), "steps: 5 % of the users after 5 %; shares rise"),
        (TOGGLE, (Stage(percent=10001),), "steps: 100.01 % of the users after 0 %"),
        (TOGGLE, (Stage(analysis="e"), Stage(percent=500)), "steps: the analysis e comes while no users have"),
        (TOGGLE, (Stage(percent=10000), Stage(analysis="e")), "steps: the analysis e comes while all users have"),
    ],
)
def test_refused(toggle: t.Mapping[str, t.Any], stages: t.Tuple[Stage, ...], says: str) -> None:
    with pytest.raises(InvalidOption) as refusal:
        ToggleRamp(toggle, stages)
    assert str(refusal.value).startswith(says)


def test_refused_a_background_that_has_no_time() -> None:
    with pytest.raises(InvalidOption, match="background: there is no pause"):
        ToggleRamp(TOGGLE, (Stage(pause=5.0), Stage(percent=500)), background="errors")


def test_it_begins_with_what_the_users_have() -> None:
    assert rollout(users(100), users(100)).from_release == "on for 1 %"
    assert rollout(Users(), Users()).from_release == "off"
    assert rollout(users(100), users()).from_release == "different from host to host"
    opened = rollout()
    assert (opened.to_release, opened.ramps) == ("on for 100 %", "new-thing")
    assert [step.kind.value for step in opened.steps] == ["toggle", "bake", "toggle", "analyse", "toggle", "bake"]


def test_nothing_is_begun_where_as_many_have_it_already() -> None:
    ramp = ToggleRamp(TOGGLE, STAGES)
    unchanged = begun(ramp, users(2500), users(2500))
    assert unchanged == begin.Unchanged("toggle new-thing is on for 25 % already")
    ramp = ToggleRamp({**TOGGLE, "allow": ["ann"]}, STAGES)
    with pytest.raises(InvalidOption, match="25 % have it already"):
        begun(ramp, users(2500), users(2500))


def test_nobody_who_has_it_is_taken_out_by_its_first_step() -> None:
    with pytest.raises(InvalidOption, match=r"steps: the first gives 5 % of the users the variant, but 10 % have it"):
        begun(ToggleRamp(TOGGLE, STAGES), users(0), users(1000))


def test_nobody_loses_another_variant_by_it() -> None:
    blue = dataclasses.replace(users(1000), audience={"variant": "blue", "percent": 10})
    with pytest.raises(
        InvalidOption, match="toggle: users have its variant blue, which a ramp of on would take from them"
    ):
        begun(ToggleRamp(TOGGLE, STAGES), users(), blue)
    assert isinstance(begun(ToggleRamp(TOGGLE, STAGES), users(), dataclasses.replace(blue, share=0)), Rollout)


def test_a_share_of_a_toggle_that_is_off_is_nobody_s() -> None:
    enabling = ToggleRamp({**TOGGLE, "state": "enabled"}, STAGES)
    opened = begun(enabling, users(9000, enabled=False), users(9000, enabled=False))
    assert isinstance(opened, Rollout)
    assert opened.from_release == "off"


@pytest.mark.parametrize("off", [{"killed": True}, {"enabled": False}])
def test_what_is_off_is_not_given_to_anybody(off: t.Mapping[str, bool]) -> None:
    with pytest.raises(ToggleOff, match=r"toggle new-thing is (killed|disabled) on b"):
        begun(ToggleRamp(TOGGLE, STAGES), users(), users(**off))
    enabling = ToggleRamp({**TOGGLE, "state": "enabled"}, STAGES)
    if "enabled" in off:
        assert isinstance(begun(enabling, users(), users(**off)), Rollout)


@pytest.mark.parametrize("told", [{"killed": False}, {"killed": False, "definition": {}, "audience": {"percent": "x"}}])
def test_refused_what_is_not_told_of_a_toggle(told: t.Mapping[str, t.Any]) -> None:
    with pytest.raises(InvalidOption, match="fleet: that of a is not what feature_toggle_info returns"):
        users_in({"a": told})


class Site:
    """Hosts with the toggle, as a run changes them; each change is to be undone or finished by the runs after it."""

    def __init__(self, opened: Rollout) -> None:
        self.rollout = opened
        self.shares: t.Dict[str, t.Optional[float]] = dict.fromkeys(HOSTS)
        self.killed = False
        self.action: t.Optional[Action] = None
        self.now = 1000.0

    def run(self, opened: Rollout) -> None:
        self.rollout, self.action = machine.decide(opened, self.world())

    def world(self) -> World:
        # What the balancers do, or that one cannot be read, is of no matter to a ramp.
        return World(self.now, {"lb1": Observed({"blue": 5000, "green": 5000}), "lb2": None})

    def do(self, how: str) -> None:
        """The action under way is done, in part or whole, and reported; or the run dies."""
        action = self.action
        if action is None or action.kind is Kind.END:
            return
        hosts = HOSTS[:1] if how in ("half", "dies half way") else HOSTS
        if action.kind is Kind.TOGGLE and not action.opens and how != "dies before":
            for host in hosts:
                if action.was is not None:
                    assert action.was[host] == BEFORE
                    self.shares[host] = None
                else:
                    assert action.toggle is not None
                    self.shares[host] = action.toggle["percent"]
        if how.startswith("dies"):
            self.action = None
            return
        self.now += 1.0 + action.seconds
        is_look = action.kind is Kind.TOGGLE and action.opens
        seen = {host: BEFORE if self.shares[host] is None else {"later": "one"} for host in HOSTS}
        outcome = Outcome(
            Result.FAILED if how in ("fails", "half") else Result.SUCCEEDED,
            how,
            decided=action.kind is Kind.ANALYSE,
            was=seen if is_look else None,
            killed=self.killed and is_look,
        )
        recorded = machine.record(self.rollout, action.seq, outcome, self.world())
        # What the journal holds is all that the next decision knows.
        self.run(load_rollout(dump_rollout(recorded), "journal"))


HOW = st.sampled_from(["done", "done", "done", "fails", "half", "dies before", "dies half way", "dies after"])
COMMANDS = st.sampled_from(["resume", "rollback", "promote"])


@given(st.lists(st.tuples(HOW, COMMANDS), max_size=30), st.booleans())
def test_every_history_ends_with_all_hosts_at_the_goal_or_as_they_were(
    history: t.List[t.Tuple[str, str]], killed: bool
) -> None:
    site = Site(rollout())
    site.run(site.rollout)
    for number, (how, command) in enumerate(history):
        site.killed = killed and number > len(history) // 2
        before = site.rollout
        site.do(how)
        if site.rollout.status is Status.ABORTING and before.status is Status.ABORTING and site.action is not None:
            assert site.action.kind in (Kind.TOGGLE, Kind.END)
            assert site.action.kind is Kind.END or site.action.was is not None
        if (site.action is None or site.action.kind is Kind.END) and not site.rollout.status.ended:
            waits = site.rollout.status in (Status.PAUSED, Status.FROZEN)
            asked = {"rollback": commands.roll_back, "promote": commands.promote if waits else commands.resume}
            site.run(asked.get(command, commands.resume)(site.rollout, site.world()))
    for _number in range(40):
        if site.rollout.status.ended:
            break
        if site.action is None or site.action.kind is Kind.END:
            site.run(commands.roll_back(site.rollout, site.world()))
        site.do("done")
    assert site.rollout.status.ended
    shares = set(site.shares.values())
    assert shares == ({100.0} if site.rollout.status is Status.SUCCEEDED else {None})


def through(opened: Rollout, killed_at: int = 99) -> Site:
    """All goes well, but for a kill switch after so many actions."""
    site = Site(opened)
    site.run(opened)
    for number in range(40):
        site.killed = number >= killed_at
        site.do("done")
    return site


def test_all_goes_well_and_back_at_once_to_what_it_was_first() -> None:
    site = through(rollout())
    assert (site.rollout.status, site.shares) == (Status.SUCCEEDED, {"a": 100.0, "b": 100.0})
    assert [dict(seen.shares) for seen in site.rollout.splits_seen] == [
        {"on": share, "others": 10000 - share} for share in (0, 500, 2500, 10000)
    ]
    back = begin.begin_rollback(
        site.rollout, begin.Delivery("r2", "x", "", ToggleRamp(TOGGLE, STAGES), Options()), site.world()
    )
    assert isinstance(back, Rollout)
    assert [(step.kind, step.was) for step in back.steps] == [(Kind.TOGGLE, dict.fromkeys(HOSTS, BEFORE))]
    site.rollout = back
    site.run(back)
    site.do("done")
    assert (site.rollout.status, site.shares) == (Status.SUCCEEDED, {"a": None, "b": None})
    again = begin.begin_rollback(
        site.rollout, begin.Delivery("r3", "x", "", ToggleRamp(TOGGLE, STAGES), Options()), site.world()
    )
    assert isinstance(again, begin.Unchanged)


def test_one_that_was_put_back_on_some_hosts_only_begins_again_when_it_is_promoted() -> None:
    site = Site(rollout())
    site.run(site.rollout)
    while site.rollout.position < 5:
        site.do("done")
    site.run(commands.roll_back(site.rollout, site.world()))
    site.do("half")
    assert (site.rollout.status, site.shares) == (Status.FROZEN, {"a": None, "b": 100.0})
    site.run(commands.promote(site.rollout, site.world()))
    for _number in range(20):
        site.do("done")
    assert (site.rollout.status, site.shares) == (Status.SUCCEEDED, {"a": 100.0, "b": 100.0})


def test_one_that_was_killed_meanwhile_is_put_back_and_stays_killed() -> None:
    site = through(rollout(), killed_at=3)
    assert (site.rollout.status, site.shares) == (Status.ROLLED_BACK, {"a": None, "b": None})
    assert site.rollout.reason == "somebody has killed the toggle new-thing"


def test_one_that_cannot_be_undone_freezes_once_users_had_it() -> None:
    site = Site(dataclasses.replace(rollout(), irreversible=True))
    site.run(site.rollout)
    for how in ("done", "done", "fails"):
        site.do(how)
    assert site.rollout.status is Status.FROZEN
    with pytest.raises(Irreversible):
        commands.roll_back(site.rollout, site.world())


def test_it_is_told_by_users() -> None:
    site = Site(rollout())
    site.run(site.rollout)
    for _number in range(2):
        site.do("done")
    assert site.action is not None
    assert words.progress(site.rollout, site.action) == [
        "shop-new-thing off → on for 100 % [2/6] bake users for 10 s",
        "users: on 5 %, others 95 %",
        "then: [3/6] toggle new-thing: on for 25 %",
    ]
