# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Observations of a run, and the events that they make: all that happened, once, and nothing that grows with it."""

from __future__ import annotations

import collections

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.model import (
    OUTCOMES,
    HostEnded,
    PlayBegan,
    RunBegan,
    RunEnded,
    TaskBegan,
)
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.recording import TROUBLE, Recording

BEGAN = RunBegan("r1", 100.0, "canary.yml", False, {"team": "search"})
HOSTS = ("a", "b", "c")


def events(*seen):
    recording = Recording()
    return [event for each in seen for event in recording.events(each)]


def ended(task, host, outcome, at=102.0, began=101.0, **more):
    return HostEnded(at, task, host, outcome, began, **more)


def test_a_run_is_told_from_its_beginning_to_its_end():
    told = events(
        BEGAN,
        PlayBegan(100.5, "Deliver"),
        TaskBegan(101.0, "t1", "Place it", "ansible.builtin.copy", "release"),
        ended("t1", "a", "changed", at=101.5),
        ended("t1", "b", "failed", at=103.0, attempts=3),
        RunEnded(104.0, {"a": {"ok": 1, "failures": 0}, "b": {"ok": 0, "failures": 1}}),
    )

    assert [event.kind for event in told] == [
        "run.began",
        "play.began",
        "host.failed",
        "task.ended",
        "play.ended",
        "run.ended",
    ]
    assert {event.about["run"] for event in told} == {"r1"}
    assert {event.labels["team"] for event in told} == {"search"}
    failed, task, play, run = told[2:]
    assert play.facts == {"play": "Deliver", "seconds": 3.5}
    assert (failed.about["host"], failed.facts["attempts"]) == ("b", 3)
    assert task.facts == {
        "task": "Place it",
        "action": "ansible.builtin.copy",
        "role": "release",
        "play": "Deliver",
        "seconds": 2.0,
        "attempts": 4,
        "host_seconds": 2.5,
        "slowest": {"host": "b", "seconds": 2.0},
        "outcomes": {"changed": 1, "failed": 1},
    }
    assert (run.facts["outcome"], run.facts["failed_hosts"], run.facts["seconds"]) == ("failed", ["b"], 4.0)
    assert run.facts["busiest"] == [{"host": "b", "seconds": 2.0}, {"host": "a", "seconds": 0.5}]
    assert run.facts["totals"] == {"failures": 1, "ok": 1}


def test_what_a_module_said_is_an_event_and_those_after_it_say_what_it_is_about():
    about = {"app": "shop", "rollout": "r-9"}
    told = events(
        BEGAN,
        TaskBegan(101.0, "t1", "Move", "progressive.delivery.rollout"),
        ended("t1", "a", "changed", said=({"kind": "rollout.moved", "about": about, "facts": {"status": "running"}},)),
        TaskBegan(103.0, "t2", "Shift", "progressive.delivery.traffic"),
        ended("t2", "b", "failed", problem="unhealthy-pool"),
    )

    moved = next(event for event in told if event.kind == "rollout.moved")
    assert (moved.about["host"], moved.facts) == ("a", {"status": "running"})
    failed = told[-1]
    assert (failed.about["app"], failed.about["rollout"], failed.facts["problem"]) == ("shop", "r-9", "unhealthy-pool")


def test_hosts_that_come_to_a_task_after_others_have_gone_on_are_counted_too():
    told = events(
        BEGAN,
        TaskBegan(101.0, "t1", "first", "x.y.z"),
        ended("t1", "a", "ok", at=101.5),
        TaskBegan(102.0, "t2", "second", "x.y.z"),
        ended("t2", "a", "ok", at=103.0),
        TaskBegan(103.5, "t1", "first", "x.y.z"),
        ended("t1", "b", "unreachable", at=104.0),
        RunEnded(105.0, {}),
    )

    tasks = [(event.facts["task"], event.facts["outcomes"]) for event in told if event.kind == "task.ended"]
    assert tasks == [("first", {"ok": 1}), ("second", {"ok": 1}), ("first", {"unreachable": 1})]
    assert [event.facts["task"] for event in told if event.kind == "host.failed"] == ["first"]


@given(
    st.lists(
        st.lists(
            st.tuples(st.sampled_from(HOSTS), st.sampled_from(OUTCOMES)), max_size=3, unique_by=lambda pair: pair[0]
        ),
        max_size=20,
    )
)
def test_every_result_is_counted_once_and_every_trouble_told(tasks):
    seen = [BEGAN]
    for number, results in enumerate(tasks):
        seen.append(TaskBegan(101.0, f"t{number}", f"task {number}", "x.y.z"))
        seen += [ended(f"t{number}", host, outcome) for host, outcome in results]
    told = events(*seen, RunEnded(200.0, {}))

    wanted = collections.Counter(outcome for results in tasks for _host, outcome in results)
    counted: collections.Counter[str] = collections.Counter()
    for event in told:
        if event.kind == "task.ended":
            counted.update(event.facts["outcomes"])
    assert counted == wanted
    assert sum(event.kind == "host.failed" for event in told) == sum(wanted[outcome] for outcome in TROUBLE)
    assert len({event.identifier for event in told}) == len(told)
    assert told == events(*seen, RunEnded(200.0, {}))


def test_a_step_of_a_rollout_took_from_one_move_to_the_next():
    def moved(at, action):
        told = {"kind": "rollout.moved", "about": {"rollout": "r-9"}, "facts": {"next": action}}
        return ended("t1", "a", "changed", at=at, said=(told,))

    told = events(BEGAN, TaskBegan(101.0, "t1", "Move", "x.y.z"), moved(102.0, "shift"), moved(107.5, "bake"))

    facts = [event.facts for event in told if event.kind == "rollout.moved"]
    assert facts == [{"next": "shift"}, {"next": "bake", "step": "shift", "seconds": 5.5}]
