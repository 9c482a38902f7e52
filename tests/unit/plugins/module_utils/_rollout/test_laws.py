# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The laws of a rollout, over random histories.

A simulated world (two balancers, two pools, instances that fall ill, writes
that fail, runs that die, operators who interfere) is driven by the real state
machine; the laws are asserted at every step, and at the end a person must
always have a way out. The numbers are those of the project's design.
"""

from __future__ import annotations

import contextlib
import dataclasses
import typing as t
from unittest import mock

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError
from ansible_collections.progressive.delivery.plugins.module_utils._rollout import (
    begin,
    commands,
    machine,
    opening,
    operator_requests,
    run,
    waiting,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout import errors as refusals
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.document import dump_rollout, load_rollout
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import (
    WATCHES,
    Action,
    Kind,
    Observed,
    Options,
    Outcome,
    Pause,
    Result,
    Rollout,
    Status,
    World,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.observations import MetricSeen, Point
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.interface import Strategy
from ansible_collections.progressive.delivery.tests.random_examples import examples
from ansible_collections.progressive.delivery.tests.unit.plugins.module_utils._rollout import bystander
from ansible_collections.progressive.delivery.tests.unit.plugins.module_utils._rollout.plans import OPTIONS, STRATEGIES

POOLS = ("blue", "green")
BALANCERS = ("lb1", "lb2")
ALL_BLUE = {"blue": 10000, "green": 0}


def skips(rollout: Rollout) -> bool:
    """Whether the present step may be passed although nobody has watched it to its end."""
    here = rollout.request == "skip" and rollout.request_step == rollout.position
    return here or rollout.request == "skip_all"


class Histories(RuleBasedStateMachine):
    """Random histories of an app: from 1.0.0 on blue to 1.1.0 on green, back, and on to other releases."""

    @initialize(strategy=STRATEGIES, options=OPTIONS, irreversible=st.booleans(), first=st.booleans())
    def start(self, strategy: Strategy, options: Options, irreversible: bool, first: bool) -> None:
        self.now = 1000.0
        self.live: t.Dict[str, Observed] = {name: Observed(ALL_BLUE) for name in BALANCERS}
        self.reachable = dict.fromkeys(BALANCERS, True)
        self.healthy = {"blue": True, "green": True}
        self.running = {"blue": True, "green": False}
        self.current: t.Dict[str, t.Optional[str]] = {"blue": None if first else "1.0.0", "green": None}
        self.action: t.Optional[Action] = None
        self.known_healthy: t.Set[str] = set()
        self.watched = self.acted_at = 0.0
        self.number = 0
        self.decided = self.was_decided = self.was_closed = self.unheard = False
        self.skipped: t.Tuple[str, int] = ("", 0)
        self.wanted = begin.Delivery(
            "r0", "app", "1.1.0", strategy, options, irreversible, backup=irreversible != first
        )
        opened = begin.begin_delivery(self.next_wanted("1.1.0"), self.fleet(), self.world())
        assert isinstance(opened, Rollout)
        self.take(opened)

    def next_wanted(self, release: str) -> begin.Delivery:
        self.number += 1
        return dataclasses.replace(self.wanted, id="r{0}".format(self.number), release=release)

    def fleet(self) -> begin.Fleet:
        return {pool: {pool + "-1": self.current[pool]} for pool in POOLS}

    # -- the world ---------------------------------------------------------

    def world(self) -> World:
        return World(self.now, {name: self.live[name] if self.reachable[name] else None for name in BALANCERS})

    def share(self, pool: str) -> int:
        return max(split.share(pool) for split in self.live.values())

    def take(self, rollout: Rollout) -> None:
        """Decide, check every law that speaks of an action, and keep it as the journal would."""
        was = rollout
        after, action = machine.decide(was, self.world())
        self.check_action(was, action)
        self.check_data(after, action)
        if skips(was):
            self.skipped = (was.id, was.position)
        self.check_passing(was, after)
        if after.status in (Status.SUCCEEDED, Status.ROLLED_BACK) and not was.status.ended:  # law 9
            serving = after.new_pool if after.status is Status.SUCCEEDED else after.old_pool
            assert all(split.share(serving) == 10000 for split in self.live.values())
        self.rollout = load_rollout(dump_rollout(after), "journal")
        assert self.rollout == after
        self.action = None if action.kind is Kind.END else action
        self.acted_at = self.now
        if action.kind not in WATCHES:
            self.watched = 0.0
        if action.kind in (Kind.DEPLOY, Kind.RETIRE):
            self.known_healthy.discard(action.pool)

    def check_passing(self, was: Rollout, after: Rollout) -> None:
        """Law 5, of a step that is left: without a verdict, and without somebody who watched, nothing goes on."""
        is_left = after.id == was.id and was.step is not None and after.position > was.position
        if is_left and self.skipped != (was.id, was.position):
            if was.step.kind is Kind.ANALYSE:
                assert self.decided or self.was_decided
            if was.step.kind is Kind.BAKE:
                assert self.watched >= was.step.seconds - 1e-6
                assert self.was_closed or not was.step.seconds
        if not any(step.background for step in after.steps[after.position :]):
            # Nor does it without the verdict of the background, once it has looked and does not look again.
            assert not self.unheard
        if is_left:
            self.was_closed = self.was_decided = False

    def check_action(self, rollout: Rollout, action: Action) -> None:
        if action.kind is Kind.SHIFT:
            shares = action.shares or {}
            assert all(0 <= share <= 10000 for share in shares.values())  # law 3
            assert sum(shares.values()) == 10000  # law 3
            for pool, share in shares.items():
                rises = any(share > split.share(pool) for split in self.world().readable)
                assert not rises or pool in self.known_healthy  # law 1
            assert action.header is None or action.header in self.known_healthy  # law 1
            assert not action.mirror or action.pool in self.known_healthy  # law 1
            assert not action.mirror or rollout.status is Status.RUNNING  # law 2
        if action.kind in (Kind.RETIRE, Kind.DEPLOY) and (action.kind, rollout.from_release) != (Kind.DEPLOY, None):
            assert self.world().highest_share(action.pool) == 0  # law 1
            assert not any(action.pool in split.mirrors for split in self.world().readable)  # nor copies
            assert not self.world().unreadable  # law 1

    def check_data(self, rollout: Rollout, action: Action) -> None:
        """It is safe before anything is deployed, and what is saved is what was there before."""
        if action.kind is Kind.DEPLOY and rollout.status is Status.RUNNING:
            assert all(step.kind is not Kind.BACKUP for step in rollout.steps[rollout.position :])
        assert action.kind is not Kind.BACKUP or "deploy" not in [entry.kind for entry in rollout.entries]

    def apply(self, action: Action, names: t.Iterable[str]) -> None:
        for name in names:
            if action.kind is Kind.SHIFT and self.reachable[name]:
                before = self.live[name].share(self.rollout.new_pool)
                mirrors = {action.pool: action.mirror} if action.mirror else {}
                self.live[name] = Observed(dict(action.shares or {}), action.header, mirrors)
                if self.rollout.status is Status.ABORTING:
                    assert self.live[name].share(self.rollout.new_pool) <= before  # law 2
        if action.kind is Kind.DEPLOY:
            self.current[action.pool] = action.release
            self.running[action.pool] = True
        if action.kind is Kind.RETIRE:
            assert self.share(action.pool) == 0  # law 1
            self.running[action.pool] = False

    def refused(self, action: Action) -> bool:
        """Whether the traffic module refuses a shift, because a pool that gets more is not healthy just then."""
        gains = [pool for pool, share in (action.shares or {}).items() if share > self.share(pool)]
        return any(not (self.healthy[pool] and self.running[pool]) for pool in gains)

    # -- what happens ------------------------------------------------------

    @precondition(lambda self: self.action is not None)
    @rule(seconds=st.sampled_from([0.0, 1.0, 20.0]), decided=st.booleans())
    def succeed(self, seconds: float, decided: bool = False) -> None:
        """The action does what it should; a look tells the truth."""
        action = self.action
        self.now += action.seconds + seconds
        # The last part of an analysis always has a verdict.
        self.decided = (decided or action.closes) and action.kind is Kind.ANALYSE
        seen = {"looks": self.now}
        metrics = (MetricSeen("errors", trace=(Point(self.now, 0.01, 0.02, 2.0, 0.5, None),)),)
        outcome = Outcome(Result.SUCCEEDED, "", self.decided, seen, seen, metrics)
        self.watched += self.now - self.acted_at
        if action.kind in (Kind.VALIDATE, Kind.BAKE):
            sound = self.healthy[action.pool] and self.running[action.pool]
            outcome = dataclasses.replace(
                outcome, result=Result.SUCCEEDED if sound else Result.FAILED, reason="as it is"
            )
            (self.known_healthy.add if sound else self.known_healthy.discard)(action.pool)
        reached = [name for name in BALANCERS if self.reachable[name] and not self.refused(action)]
        self.apply(action, reached)
        if action.kind is Kind.SHIFT and len(reached) < len(BALANCERS):
            outcome = Outcome(Result.FAILED, "a balancer is unreachable, or refuses a pool that is not healthy")
        if outcome.result is Result.SUCCEEDED and self.rollout.status is Status.RUNNING:
            self.was_closed = self.was_closed or action.closes
            self.was_decided = self.was_decided or self.decided
            self.unheard = (self.unheard or bool(action.background)) and not action.ends_background
        self.report(outcome)
        self.decided = False

    @precondition(lambda self: self.action is not None)
    @rule(
        result=st.sampled_from([Result.FAILED, Result.INCONCLUSIVE, Result.ERROR]),
        partly=st.sets(st.sampled_from(BALANCERS)),
    )
    def go_wrong(self, result: Result, partly: t.Set[str]) -> None:
        """The action fails, perhaps on some balancers only."""
        action = self.action
        self.now += 5.0
        if action.kind is Kind.SHIFT:
            self.apply(action, partly)
        if action.kind in (Kind.VALIDATE, Kind.BAKE):
            self.known_healthy.discard(action.pool)
        before = self.rollout
        self.report(Outcome(result, "made to"))
        if result is Result.INCONCLUSIVE and before.status is Status.RUNNING:
            assert self.rollout.status is Status.PAUSED  # law 5
        looked = before.status is Status.RUNNING and before.step.kind in (Kind.VALIDATE, *WATCHES)
        if result is Result.ERROR and looked and not skips(before):
            assert self.rollout.position == before.position  # law 5

    def report(self, outcome: Outcome) -> None:
        assert self.action is not None
        recorded = machine.record(self.rollout, self.action.seq, outcome, self.world())
        if recorded.status is not Status.RUNNING or self.rollout.request == "skip_all":
            self.unheard = False
        self.check_passing(self.rollout, recorded)
        self.take(recorded)

    @precondition(lambda self: self.action is not None)
    @rule(partly=st.sets(st.sampled_from(BALANCERS)))
    def die(self, partly: t.Set[str]) -> None:
        """The run is killed amid the action, which may have been done in part."""
        if self.action.kind is Kind.SHIFT:
            self.apply(self.action, partly)
        if self.action.kind in (Kind.DEPLOY, Kind.RETIRE) and partly:
            self.apply(self.action, ())
        self.action = None
        self.watched = 0.0
        self.known_healthy.clear()

    @precondition(lambda self: self.action is None)
    @rule(release=st.sampled_from(["1.0.0", "1.1.0", "1.2.0"]), supersede=st.booleans())
    def deliver(self, release: str, supersede: bool) -> None:
        """A release is to be delivered, whatever became of the last one."""
        before, ended = self.rollout, self.rollout.status.ended
        serving = [pool for pool in POOLS if all(split.share(pool) == 10000 for split in self.live.values())]
        try:
            asked = opening.begin_or_resume(self.next_wanted(release), self.fleet(), supersede)
            opened = asked(before, self.world())
        except DeliveryError:
            return
        if ended and serving and self.current[serving[0]] == release:
            assert isinstance(opened, begin.Unchanged)  # law 4
        if not ended and opened.id != before.id:
            assert supersede
            assert not (before.irreversible and before.shifted)  # law 6
            assert (opened.supersedes, opened.from_release) == (before.id, before.from_release)
        self.begin_run(opened)

    def begin_run(self, opened: t.Union[Rollout, begin.Unchanged]) -> None:
        self.watched = 0.0
        self.known_healthy.clear()
        if isinstance(opened, begin.Unchanged):
            return
        if opened.id != self.rollout.id or not opened.background_open:
            self.unheard = False  # begun anew, or a person has accepted what there was
        self.was_closed = self.was_decided = False
        if opened.closed:
            self.skipped = (opened.id, opened.position)  # over, or accepted, in an earlier run
        if opened.id != self.rollout.id and opened.vouched:
            # An instant return: nothing was done to the pool since it served.
            assert self.running[opened.new_pool]
            assert self.current[opened.new_pool] == opened.to_release
            self.known_healthy.update(opened.vouched)
        self.take(opened)

    @precondition(lambda self: self.action is None)
    @rule(command=st.sampled_from(["resume", "promote", "promote in full", "rollback", "abandon"]))
    def operate(self, command: str) -> None:
        """A new run is started by a person; an operator's command may be refused, and then changes nothing."""
        before = self.rollout
        openings: t.Dict[str, opening.Opening] = {
            "resume": opening.resume,
            "promote": opening.promote(full=False),
            "promote in full": opening.promote(full=True),
            "rollback": opening.roll_back(self.next_wanted("")),
            "abandon": opening.abandon,
        }
        try:
            opened = openings[command](before, self.world())
        except DeliveryError:
            assert self.rollout == before
            return
        if command == "rollback" and isinstance(opened, begin.Unchanged):  # law 4, and what is said of it is true
            kept = (
                (before.new_pool, before.to_release)
                if before.strategy == "rollback"
                else (before.old_pool, before.from_release)
            )
            assert all(split.share(kept[0]) == 10000 for split in self.live.values())
            assert opened.reason.startswith("{0} serves".format(kept[1] or "nothing"))
        self.begin_run(opened)
        if before.status is Status.FROZEN and before.irreversible and command == "resume":
            assert self.rollout.status is Status.FROZEN  # law 6

    def beside_the_run(self) -> t.ContextManager[t.Any]:
        """What others do without the lock, by the clock of this history."""
        stack = contextlib.ExitStack()
        for module in (run, waiting):
            stack.enter_context(mock.patch.object(module, "time", bystander.Clock(self)))
        return stack

    @rule(what=st.sampled_from(["pause", "rollback", "skip", "skip_all"]))
    def ask(self, what: str) -> None:
        """Someone without the lock asks the run for something: it is heard, or refused to their face, and nothing is lost."""
        before = self.rollout
        with self.beside_the_run():
            try:
                run.request(bystander.Kept(self), what)
            except (refusals.NoRollout, refusals.NoRun):
                assert self.action is None or before.status is not Status.RUNNING
                assert self.rollout == before
                return
        ranks = ["skip", "skip_all", "pause", "rollback"]
        assert self.rollout.request == max(filter(None, (before.request, what)), key=ranks.index)

    @precondition(lambda self: self.action is not None)
    @rule(
        what=st.sampled_from(["pause", "rollback"]),
        release=st.sampled_from(["1.1.0", "1.2.0"]),
        turns=st.integers(0, 4),
    )
    def come_for_the_lock(self, what: str, release: str, turns: int) -> None:
        """Another run waits while this one takes some turns, and asks it to make way, or to go back."""
        before = self.rollout
        got = True
        with self.beside_the_run():
            try:
                waiting.acquire(
                    bystander.Kept(self), bystander.OTHER, False, turns * 0.5, waiting.Asking(what, release)
                )
            except refusals.LockHeld:
                got = False
        assert got == (self.action is None)
        assert got or not self.rollout.request_by  # who has gone asks for nothing that only they could use
        if self.rollout.pause is Pause.REQUEST and self.rollout.request_by and before.status is Status.RUNNING:
            assert operator_requests.can_give_way(self.rollout, self.world())
            assert (what, before.request == "rollback") == ("pause", False)
            assert self.rollout.to_release != release

    @precondition(lambda self: self.action is not None and self.rollout.strategy == "rollback")
    @rule()
    def ask_a_return_to_return(self) -> None:
        """A second operator wants back, too: the way back is not turned round."""
        asked, _action = machine.decide(dataclasses.replace(self.rollout, request="rollback"), self.world())
        unasked, _action = machine.decide(dataclasses.replace(self.rollout, request=None), self.world())
        assert (asked.status, asked.request) == (unasked.status, None)

    @rule(pool=st.sampled_from(POOLS), sound=st.booleans())
    def health_changes(self, pool: str, sound: bool) -> None:
        """Unseen until somebody looks, or until the balancer is to send the pool more."""
        self.healthy[pool] = sound

    @rule(name=st.sampled_from(BALANCERS), up=st.booleans())
    def network_changes(self, name: str, up: bool) -> None:
        self.reachable[name] = up

    @rule(seconds=st.sampled_from([10.0, 400.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @precondition(lambda self: self.action is None)
    @rule(name=st.sampled_from(BALANCERS), share=st.sampled_from([0, 2500, 10000]))
    def someone_moves_traffic(self, name: str, share: int) -> None:
        """While no run is under way a person moves traffic by hand, to instances that run."""
        if not self.running["green" if share else "blue"] or not self.running["blue" if share < 10000 else "green"]:
            return
        self.live[name] = Observed({"blue": 10000 - share, "green": share})

    # -- what is always true -----------------------------------------------

    @invariant()
    def nothing_is_forgotten(self) -> None:
        numbers = [entry.seq for entry in self.rollout.entries if entry.what == "intent"]
        assert numbers == sorted(set(numbers))

    @invariant()
    def irreversible_never_turns_round(self) -> None:
        if self.rollout.irreversible and self.rollout.shifted:  # law 6
            assert self.rollout.status not in (Status.ABORTING, Status.ROLLED_BACK)
        if self.rollout.irreversible:
            assert self.rollout.strategy != "rollback"  # law 6

    def teardown(self) -> None:
        """Law 8: with the world mended, the journal alone leads to one release with all traffic."""
        if not hasattr(self, "rollout"):
            return
        self.reachable = dict.fromkeys(BALANCERS, True)
        self.healthy = {"blue": True, "green": True}
        self.known_healthy.clear()
        if self.rollout.status.ended:
            return
        # Each gate on the way forward ends a run.
        for _number in range(4 + len(self.rollout.steps)):
            if not self.rollout.status.ended:
                self.begin_run(self.way_out())
                self.run_to_its_end()
        assert self.rollout.status.ended
        serving = [pool for pool in POOLS if all(split.share(pool) == 10000 for split in self.live.values())]
        assert len(serving) == 1
        released = self.rollout.to_release if serving == [self.rollout.new_pool] else self.rollout.from_release
        assert released is None or (self.running[serving[0]] and self.current[serving[0]] == released)

    def way_out(self) -> Rollout:
        """Back where there is a way back, else forward."""
        waits = self.rollout.status in (Status.PAUSED, Status.FROZEN)
        try:
            if self.rollout.from_release is not None:
                opened = opening.roll_back(self.next_wanted(""))(self.rollout, self.world())
                assert isinstance(opened, Rollout)
                return opened
        except refusals.Irreversible:
            pass
        return (commands.promote if waits else commands.resume)(self.rollout, self.world())

    def run_to_its_end(self) -> None:
        for _number in range(60):
            if self.action is None:
                return
            self.succeed(1.0)
        raise AssertionError("the run does not end")


Histories.TestCase.settings = settings(max_examples=examples(300), stateful_step_count=40, deadline=None)
TestHistories = Histories.TestCase
