# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a rollout is begun, forwards and back."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._rollout import begin, machine
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.errors import (
    IrreversibleDelivered,
    MixedFleet,
    NothingToRollBackTo,
    RolloutActive,
    TrafficUnclear,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import (
    Kind,
    Observed,
    Options,
    Rollout,
    Status,
    World,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.opening import begin_or_resume, roll_back
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.blue_green import BlueGreen
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.canary import Canary
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.interface import Pools
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.stages import Stage

WANTED = begin.Delivery("r2", "app", "1.1.0", BlueGreen(), Options(rollback_window=100))
FLEET = {"blue": {"b1": "1.0.0", "b2": "1.0.0"}, "green": {"g1": "0.9.0", "g2": None}}
ALL_BLUE = Observed({"blue": 10000, "green": 0})
ALL_GREEN = Observed({"blue": 0, "green": 10000})


def world(**splits: Observed | None) -> World:
    return World(1000.0, splits or {"lb1": ALL_BLUE})


def test_the_idle_pool_receives_the_release() -> None:
    opened = begin.begin_delivery(WANTED, FLEET, world())
    assert isinstance(opened, Rollout)
    assert (opened.old_pool, opened.new_pool, opened.from_release) == ("blue", "green", "1.0.0")
    kinds = [step.kind for step in opened.steps]
    assert kinds == [Kind.DEPLOY, Kind.VALIDATE, Kind.SHIFT, Kind.BAKE, Kind.DRAIN]


def test_what_serves_is_read_from_the_balancers_not_remembered() -> None:
    opened = begin.begin_delivery(WANTED, dict(FLEET, green={"g1": "0.9.0"}), world(lb1=ALL_GREEN))
    assert isinstance(opened, Rollout)
    assert (opened.old_pool, opened.new_pool, opened.from_release) == ("green", "blue", "0.9.0")


def test_a_first_delivery_has_no_earlier_release() -> None:
    opened = begin.begin_delivery(WANTED, {"blue": {"b1": None}, "green": {"g1": None}}, world())
    assert isinstance(opened, Rollout)
    assert opened.from_release is None


@pytest.mark.parametrize(
    "splits",
    [
        {"lb1": Observed({"blue": 5000, "green": 5000})},
        {"lb1": ALL_BLUE, "lb2": ALL_GREEN},
        {"lb1": ALL_BLUE, "lb2": None},
    ],
)
def test_unclear_traffic_begins_nothing(splits: dict[str, Observed | None]) -> None:
    with pytest.raises(TrafficUnclear):
        begin.begin_delivery(WANTED, FLEET, world(**splits))


def test_a_serving_pool_of_two_releases_begins_nothing() -> None:
    with pytest.raises(MixedFleet, match="blue"):
        begin.begin_delivery(WANTED, dict(FLEET, blue={"b1": "1.0.0", "b2": "0.9.0"}), world())


@pytest.mark.parametrize("fleet", [{"blue": {"b1": None}}, {"blue": {"b1": None}, "green": {}}])
def test_an_empty_pool_begins_nothing(fleet: begin.Fleet) -> None:
    with pytest.raises(InvalidOption, match="pools"):
        begin.begin_delivery(WANTED, fleet, world())


@pytest.mark.parametrize("release", ["../1.0", "a/b", "", ".hidden", "1..2", "x y", "v1\n"])
def test_a_release_is_a_plain_name(release: str) -> None:
    with pytest.raises(InvalidOption, match="release"):
        begin.check_names("app", release)


@pytest.mark.parametrize("app", ["App", "../app", "", "-app", "a/b", "app\n"])
def test_an_app_is_a_plain_name(app: str) -> None:
    with pytest.raises(InvalidOption, match="app"):
        begin.check_names(app, "1.0")


DONE = Rollout(
    "r1",
    "app",
    "blue_green",
    "blue",
    "green",
    "1.0.0",
    "1.1.0",
    (),
    0.0,
    0.0,
    status=Status.SUCCEEDED,
    ended_at=950.0,
)


def test_a_rollback_inside_the_window_returns_at_once() -> None:
    back = begin.begin_rollback(DONE, WANTED, world(lb1=ALL_GREEN))
    assert isinstance(back, Rollout)
    assert (back.old_pool, back.new_pool, back.to_release) == ("green", "blue", "1.0.0")
    assert [step.kind for step in back.steps] == [Kind.SHIFT, Kind.DRAIN]
    assert machine.decide(back, world(lb1=ALL_GREEN))[1].kind is Kind.SHIFT


def test_a_rollback_after_the_window_deploys_again() -> None:
    late = dataclasses.replace(DONE, ended_at=100.0)
    back = begin.begin_rollback(late, WANTED, world(lb1=ALL_GREEN))
    assert isinstance(back, Rollout)
    assert back.steps[0].kind is Kind.DEPLOY


RETURN = dataclasses.replace(DONE, strategy="rollback", old_pool="green", new_pool="blue")
"""The way back from 1.0.0 on green to 1.1.0 on blue."""


@pytest.mark.parametrize(
    ("last", "serves"),
    [
        (RETURN, "1.1.0 serves, from pool blue"),
        (dataclasses.replace(DONE, status=Status.ROLLED_BACK), "1.0.0 serves, from pool blue"),
    ],
)
def test_what_was_rolled_back_is_not_rolled_back_again(last: Rollout, serves: str) -> None:
    unchanged = begin.begin_rollback(last, WANTED, world(lb1=ALL_BLUE))
    assert isinstance(unchanged, begin.Unchanged)
    assert unchanged.reason.startswith(serves)


@pytest.mark.parametrize("status", [Status.ROLLED_BACK, Status.ABANDONED, Status.SUCCEEDED])
def test_a_way_back_that_did_not_get_there_is_tried_again_from_the_deploy(status: Status) -> None:
    again = begin.begin_rollback(dataclasses.replace(RETURN, status=status), WANTED, world(lb1=ALL_GREEN))
    assert isinstance(again, Rollout)
    assert (again.new_pool, again.from_release, again.to_release) == ("blue", "1.0.0", "1.1.0")
    assert [step.kind for step in again.steps] == [Kind.DEPLOY, Kind.VALIDATE, Kind.SHIFT, Kind.DRAIN]


def test_an_abandoned_release_that_serves_can_be_rolled_back_but_not_at_once() -> None:
    """Nobody knows what became of the pool that it was to replace: it may have been about to be stopped."""
    abandoned = dataclasses.replace(DONE, status=Status.ABANDONED)
    back = begin.begin_rollback(abandoned, WANTED, world(lb1=ALL_GREEN))
    assert isinstance(back, Rollout)
    assert (back.steps[0].kind, back.vouched) == (Kind.DEPLOY, ())


def test_a_header_route_that_was_left_open_is_closed_before_its_pool_is_touched() -> None:
    previewed = World(1000.0, {"lb1": dataclasses.replace(ALL_BLUE, header="green")})
    begun = begin.begin_delivery(WANTED, FLEET, previewed)
    assert isinstance(begun, Rollout)
    assert [step.kind for step in begun.steps[:3]] == [Kind.SHIFT, Kind.DRAIN, Kind.DEPLOY]
    action = machine.decide(begun, previewed)[1]
    assert (action.kind, action.shares, action.header) == (Kind.SHIFT, ALL_BLUE.shares, None)


def test_traffic_that_somebody_returned_already_needs_no_rollback() -> None:
    assert isinstance(begin.begin_rollback(DONE, WANTED, world(lb1=ALL_BLUE)), begin.Unchanged)


@pytest.mark.parametrize(
    ("last", "error"),
    [
        (None, NothingToRollBackTo),
        (dataclasses.replace(DONE, from_release=None), NothingToRollBackTo),
        (dataclasses.replace(DONE, irreversible=True), IrreversibleDelivered),
    ],
)
def test_a_rollback_that_cannot_be_is_refused(last: Rollout | None, error: type[Exception]) -> None:
    with pytest.raises(error):
        begin.begin_rollback(last, WANTED, world(lb1=ALL_GREEN))


STOOD = {"blue": {"b1": "1.0.0"}, "green": {"g1": "1.1.0"}}
"""The releases of hosts during the rollout below."""


def under_way(**changes: t.Any) -> Rollout:
    """A rollout from 1.0.0 on blue to 1.1.0 on green that has not ended."""
    steps = Canary((Stage(share=2500), Stage(pause=60))).plan(Pools("blue", "green", "1.0.0"), Options(warm=0))
    running = dataclasses.replace(
        DONE,
        old_pool="blue",
        new_pool="green",
        from_release="1.0.0",
        to_release="1.1.0",
        steps=steps,
        position=3,
        status=Status.RUNNING,
        ended_at=None,
    )
    return dataclasses.replace(running, **changes)


@pytest.mark.parametrize("status", [Status.RUNNING, Status.PAUSED, Status.ABORTING])
def test_a_new_release_takes_the_place_of_one_under_way_from_share_0(status: Status) -> None:
    wanted = dataclasses.replace(WANTED, id="r2", release="1.2.0", strategy=Canary((Stage(share=500),)))
    divided = {"blue": 7500, "green": 2500}
    opened = begin_or_resume(wanted, STOOD, supersede=True)(under_way(status=status), world(lb1=divided))
    assert isinstance(opened, Rollout)
    assert (opened.supersedes, opened.from_release, opened.to_release) == ("r1", "1.0.0", "1.2.0")
    told = [(step.kind, step.pool, (step.shares or {}).get("green")) for step in opened.steps[:5]]
    assert told == [
        (Kind.SHIFT, "blue", 0),
        (Kind.DRAIN, "green", None),
        (Kind.DEPLOY, "green", None),
        (Kind.VALIDATE, "green", None),
        (Kind.SHIFT, "green", 500),
    ]


def test_a_balancer_that_cannot_be_read_keeps_its_traffic_so_no_place_is_taken() -> None:
    wanted = dataclasses.replace(WANTED, id="r2", release="1.2.0")
    with pytest.raises(TrafficUnclear, match="balancer lb2 cannot be read"):
        begin_or_resume(wanted, STOOD, supersede=True)(under_way(), world(lb1=ALL_BLUE, lb2=None))


def test_the_release_that_is_to_stay_takes_no_place_but_turns_the_rollout_round() -> None:
    wanted = dataclasses.replace(WANTED, id="r2", release="1.0.0")
    turned = begin_or_resume(wanted, STOOD, supersede=True)(under_way(), world(lb1={"blue": 7500, "green": 2500}))
    assert isinstance(turned, Rollout)
    assert (turned.id, turned.status) == ("r1", Status.ABORTING)


@pytest.mark.parametrize(
    "changes",
    [
        {"status": Status.FROZEN},
        {"strategy": "rollback"},
        {"from_release": None},
        {"irreversible": True, "shifted": True},
        {"position": 7},
    ],
    ids=["frozen", "a way back", "the first delivery", "irreversible", "the old pool perhaps stopped"],
)
def test_a_rollout_from_which_traffic_cannot_go_back_keeps_its_place(changes: t.Dict[str, t.Any]) -> None:
    wanted = dataclasses.replace(WANTED, id="r2", release="1.2.0")
    current = under_way(**changes)
    if "position" in changes:
        assert current.steps[changes["position"]].kind is Kind.RETIRE
    with pytest.raises(RolloutActive, match=r"rollout r1 to 1\.1\.0"):
        begin_or_resume(wanted, STOOD, supersede=True)(current, world(lb1={"blue": 7500, "green": 2500}))


def test_the_same_release_again_resumes_and_another_is_refused() -> None:
    active = dataclasses.replace(DONE, status=Status.RUNNING, ended_at=None)
    resumed = begin_or_resume(WANTED, FLEET)(active, world())
    assert isinstance(resumed, Rollout)
    assert resumed.id == "r1"
    with pytest.raises(RolloutActive, match=r"1\.1\.0"):
        begin_or_resume(dataclasses.replace(WANTED, release="1.2.0"), FLEET)(active, world())


@pytest.mark.parametrize("serving", ["blue", "green"])
def test_the_release_that_serves_starts_no_rollout(serving: str) -> None:
    """Law 4, forwards."""
    shares = {pool: 10000 if pool == serving else 0 for pool in ("blue", "green")}
    here = World(0.0, {"lb1": Observed(shares)})
    fleet = {pool: {pool + "-1": "1.0.0" if pool == serving else "0.9.0"} for pool in ("blue", "green")}
    wanted = begin.Delivery("r", "app", "1.0.0", BlueGreen(), Options())
    assert isinstance(begin.begin_delivery(wanted, fleet, here), begin.Unchanged)


def test_rolling_back_twice_goes_back_once() -> None:
    """Law 4, backwards: the second rollback changes nothing."""
    wanted = begin.Delivery("r", "app", "", BlueGreen(), Options())
    done = Rollout(
        "r0", "app", "rollback", "green", "blue", "1.1.0", "1.0.0", (), 0.0, 0.0, status=Status.SUCCEEDED, ended_at=1.0
    )
    here = World(2.0, {"lb1": ALL_BLUE})
    assert isinstance(roll_back(wanted)(done, here), begin.Unchanged)
