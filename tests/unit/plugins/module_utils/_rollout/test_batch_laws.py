# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The laws of rollouts that change a pool some hosts at a time, over random histories.

A simulated pool of six hosts behind two balancers, or behind none, is driven by
the real state machine: hosts fall ill, actions fail, runs die, operators
interfere. What must hold is asserted at every action: a host is changed only
while no balancer sends it anything and enough of the others are healthy, and in
the end the whole pool has one release and no host is out.
"""

from __future__ import annotations

import dataclasses
import typing as t

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError
from ansible_collections.progressive.delivery.plugins.module_utils._rollout import begin, commands, machine, opening
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.batches import Batching
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.document import dump_rollout, load_rollout
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
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.canary import Canary
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.interface import Strategy
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.rolling import Rolling
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.stages import Stage
from ansible_collections.progressive.delivery.tests.random_examples import examples

BLUE = tuple("b{0}".format(number) for number in range(6))
GREEN = ("g0",)
HOSTS = {"blue": BLUE, "green": GREEN}
PAUSE, GATE, JUDGED = Stage(pause=10.0), Stage(gate=True), Stage(analysis="errors", seconds=10.0)
BATCHINGS = st.builds(Batching, st.sampled_from(["0", "2", "50%", "5"]), st.sampled_from([None, 1, 2]))
ROLLINGS = st.builds(
    Rolling,
    st.sampled_from([(), (Stage(hosts="1"), JUDGED), (Stage(hosts="2"), PAUSE, GATE, Stage(hosts="60%"), JUDGED)]),
    bake=st.sampled_from([0.0, 10.0]),
    batching=BATCHINGS,
)
CANARIES = st.builds(
    Canary,
    st.sampled_from([(Stage(share=1000), JUDGED), (Stage(share=500), GATE, Stage(share=2500), PAUSE)]),
    bake=st.sampled_from([0.0, 10.0]),
    promotion=BATCHINGS,
)


class Batches(RuleBasedStateMachine):
    """Random histories of the pool blue, from 1.0.0 on."""

    @initialize(strategy=ROLLINGS | CANARIES, balancers=st.sampled_from([0, 2]))
    def start(self, strategy: Strategy, balancers: int) -> None:
        self.strategy = strategy
        self.names = ["lb1", "lb2"] if balancers or not strategy.in_one_pool else []
        self.now = 1000.0
        self.shares = {"blue": 10000, "green": 0}
        self.out: t.Dict[str, t.Set[str]] = {name: set() for name in self.names}
        self.healthy = dict.fromkeys(BLUE + GREEN, True)
        self.current: t.Dict[str, t.Optional[str]] = {**dict.fromkeys(BLUE, "1.0.0"), "g0": None}
        self.counted: t.Set[str] = set()
        self.action: t.Optional[Action] = None
        self.number = 0
        self.take(t.cast(Rollout, begin.begin_delivery(self.wanted("1.1.0"), self.fleet(), self.world())))

    def wanted(self, release: str) -> begin.Delivery:
        self.number += 1
        return begin.Delivery("r{0}".format(self.number), "app", release, self.strategy, Options())

    def fleet(self) -> begin.Fleet:
        pools = ["blue"] if self.strategy.in_one_pool else ["blue", "green"]
        return {pool: {host: self.current[host] for host in HOSTS[pool]} for pool in pools}

    def world(self) -> World:
        return World(
            self.now,
            {name: Observed(dict(self.shares), out={"blue": frozenset(self.out[name])}) for name in self.names},
        )

    def take(self, rollout: Rollout) -> None:
        after, action = machine.decide(rollout, self.world())
        self.check(action)
        self.rollout = load_rollout(dump_rollout(after), "journal")
        assert self.rollout == after
        self.action = None if action.kind is Kind.END else action
        if self.rollout.status in (Status.SUCCEEDED, Status.ROLLED_BACK) and not rollout.status.ended:
            self.check_end()

    def check(self, action: Action) -> None:
        """A batch is changed only while nothing goes to it, and enough of the others were found healthy just before."""
        if action.kind not in (Kind.DEPLOY, Kind.TAKE_OUT) or not action.hosts:
            return
        left = set(BLUE).difference(action.hosts)
        enough = len(self.counted.intersection(left)) >= self.floor()
        lost = not any(self.healthy_when_seen.get(host, True) for host in action.hosts)
        assert enough or lost
        if action.kind is Kind.DEPLOY:
            assert all(self.out[name].issuperset(action.hosts) for name in self.names)

    def floor(self) -> int:
        batching = self.strategy.promotion if isinstance(self.strategy, Canary) else self.strategy.batching
        return batching.floor_of(len(BLUE))

    def check_end(self) -> None:
        """Law 9: the whole pool has one release, and no host is out."""
        succeeded = self.rollout.status is Status.SUCCEEDED
        release = self.rollout.to_release if succeeded else self.rollout.from_release
        assert {self.current[host] for host in BLUE} == {release}
        assert not any(self.out.values())
        assert self.shares["blue"] == 10000

    # -- what happens ------------------------------------------------------

    healthy_when_seen: t.Mapping[str, bool] = {}

    def apply(self, action: Action) -> None:
        hosts = action.hosts or HOSTS.get(action.pool, ())
        if action.kind is Kind.SHIFT:
            self.shares = dict(action.shares or {})
        if action.kind is Kind.DEPLOY:
            self.current.update(dict.fromkeys(hosts, action.release))
            # What is started anew is well at first.
            self.healthy.update(dict.fromkeys(hosts, True))
            self.counted.difference_update(hosts)
        for name in self.names:
            if action.kind is Kind.TAKE_OUT:
                self.out[name].update(hosts)
            if action.kind is Kind.PUT_BACK:
                assert all(self.healthy_when_seen.get(host) for host in hosts)
                self.out[name].difference_update(hosts)

    @precondition(lambda self: self.action is not None)
    @rule(good=st.booleans())
    def go_on(self, good: bool = True) -> None:
        """The action does what it should; a look tells the truth, a verdict may be either."""
        action = self.action
        self.now += action.seconds + 1
        self.apply(action)
        result = Result.SUCCEEDED
        if action.kind in (Kind.VALIDATE, Kind.BAKE):
            hosts = action.hosts or HOSTS[action.pool]
            seen = {host: self.healthy[host] for host in hosts}
            self.healthy_when_seen = {**self.healthy_when_seen, **seen}
            self.counted = {host for host in self.counted | set(hosts) if self.healthy_when_seen.get(host)}
            needed = action.floor or len(hosts)
            result = Result.SUCCEEDED if sum(seen.values()) >= needed else Result.FAILED
        if action.kind is Kind.ANALYSE and not good:
            result = Result.FAILED
        self.report(Outcome(result, "as it is", decided=action.kind is Kind.ANALYSE))

    @precondition(lambda self: self.action is not None)
    @rule(result=st.sampled_from([Result.FAILED, Result.ERROR]), done=st.booleans())
    def go_wrong(self, result: Result, done: bool) -> None:
        """The action fails, done or not; a look has found what it looked at ill."""
        self.now += 1
        if self.action.kind is Kind.VALIDATE and result is Result.FAILED:
            ill = dict.fromkeys(self.action.hosts or HOSTS[self.action.pool], False)
            self.healthy_when_seen = {**self.healthy_when_seen, **ill}
            self.counted.difference_update(ill)
        if done and self.action.kind is not Kind.PUT_BACK:
            self.apply(self.action)
        self.report(Outcome(result, "made to"))

    def report(self, outcome: Outcome) -> None:
        self.take(machine.record(self.rollout, self.action.seq, outcome, self.world()))

    @precondition(lambda self: self.action is not None)
    @rule(done=st.booleans())
    def die(self, done: bool) -> None:
        """The run is killed before or after what it was to do."""
        if done:
            self.apply(self.action)
        self.action = None
        self.counted = set()

    @precondition(lambda self: self.action is None)
    @rule(command=st.sampled_from(["resume", "promote", "promote in full", "rollback"]))
    def operate(self, command: str) -> None:
        openings: t.Dict[str, opening.Opening] = {
            "resume": opening.resume,
            "promote": opening.promote(full=False),
            "promote in full": opening.promote(full=True),
            "rollback": opening.roll_back(self.wanted("")),
        }
        self.open(openings[command])

    @precondition(lambda self: self.action is None)
    @rule(release=st.sampled_from(["1.0.0", "1.1.0", "1.2.0"]), supersede=st.booleans())
    def deliver(self, release: str, supersede: bool) -> None:
        self.open(opening.begin_or_resume(self.wanted(release), self.fleet(), supersede))

    def open(self, command: opening.Opening) -> None:
        try:
            opened = command(self.rollout, self.world())
        except DeliveryError:
            return
        self.counted = set()
        if isinstance(opened, Rollout):
            self.take(opened)

    @precondition(lambda self: self.action is not None)
    @rule(what=st.sampled_from(["pause", "rollback", "skip", "skip_all"]))
    def ask(self, what: str) -> None:
        self.rollout = dataclasses.replace(self.rollout, request=what)

    @rule(host=st.sampled_from(BLUE), sound=st.booleans())
    def health_changes(self, host: str, sound: bool) -> None:
        """Unseen until somebody looks."""
        self.healthy[host] = sound

    def teardown(self) -> None:
        """Law 8: with the world mended, the journal alone leads back to one release on all hosts, none of them out."""
        if not hasattr(self, "rollout"):
            return
        self.healthy = dict.fromkeys(BLUE + GREEN, True)
        for _number in range(4):
            if self.rollout.status.ended:
                return
            self.counted = set()
            self.take(t.cast(Rollout, opening.roll_back(self.wanted(""))(self.rollout, self.world())))
            for _action in range(120):
                if self.action is not None:
                    self.go_on()
            assert self.action is None
        assert self.rollout.status.ended


Batches.TestCase.settings = settings(max_examples=examples(200), stateful_step_count=50, deadline=None)
TestBatches = Batches.TestCase


def test_a_killed_run_is_undone_wherever_it_was() -> None:
    """Law 8 along the path that random histories seldom walk to its end."""
    for strategy in (Rolling((Stage(hosts="1"), JUDGED)), Canary((Stage(share=500), JUDGED), promotion=Batching())):
        for actions in range(40):
            for done in (False, True):
                history = Batches()
                history.start(strategy, 2)
                for _number in range(actions):
                    if history.action is not None:
                        history.go_on()
                if history.action is not None:
                    history.die(done)
                history.teardown()


def test_a_delivery_abandoned_halfway_is_completed_by_the_next() -> None:
    history = Batches()
    history.start(Rolling((Stage(hosts="2"), GATE)), 0)
    while history.action is not None:
        history.go_on()
    abandoned = commands.abandon(history.rollout, history.world())
    assert abandoned.status is Status.ABANDONED
    opened = begin.begin_delivery(history.wanted("1.1.0"), history.fleet(), history.world())
    assert isinstance(opened, Rollout)
    assert (opened.from_release, opened.to_release) == ("1.0.0", "1.1.0")


def test_hosts_that_the_way_back_took_out_come_back_although_the_plan_began_again_meanwhile() -> None:
    """The way back is frozen amid a batch that the plan had come to, is taken for good, and is gone again."""
    history = Batches()
    stages = (Stage(share=1000), Stage(analysis="errors", seconds=10.0))
    history.start(Canary(stages, bake=0.0, promotion=Batching("2")), balancers=2)
    while not history.rollout.step.hosts:
        history.go_on()
    history.die(done=False)
    history.operate("rollback")
    while not any(history.out.values()):
        history.go_on()
    history.go_on()
    history.go_wrong(Result.FAILED, done=False)
    assert history.rollout.status is Status.FROZEN
    history.operate("promote")
    history.die(done=False)
    history.operate("rollback")
    while history.action is not None:
        history.go_on()
    assert history.rollout.status is Status.ROLLED_BACK
    history.check_end()
