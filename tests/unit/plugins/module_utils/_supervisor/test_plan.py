# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps to a process' wanted state, against a model of supervisord that a run can be cut off from."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._supervisor.errors import UnknownProcess
from ansible_collections.progressive.delivery.plugins.module_utils._supervisor.plan import (
    UP,
    Observed,
    Step,
    Wanted,
    outdated_after,
    plan,
)

TEXTS = ["old", "new"]
STATES = ["started", "restarted", "reloaded", "stopped", "absent"]


@dataclasses.dataclass
class World:
    """A folder and its supervisord. ``loaded`` is the live configuration, ``runs`` what the process was started with."""

    daemon: bool = False
    text: str | None = None
    loaded: str | None = None
    state: str | None = None
    runs: str | None = None
    log: list = dataclasses.field(default_factory=list)

    def observe(self):
        if not self.daemon:
            return Observed(text=self.text)
        stale = self.loaded is not None and self.text is not None and self.loaded != self.text
        return Observed(daemon=True, text=self.text, state=self.state, stale=stale)

    def perform(self, step, wanted):
        self.log.append(step)
        getattr(self, "_" + step.name.lower())(wanted)

    def _write(self, wanted):
        self.text = wanted.text

    def _start_daemon(self, _wanted):
        assert not self.daemon
        self.daemon, self.loaded, self.state = True, self.text, "STARTING"
        self.runs = self.loaded

    def _stop(self, _wanted):
        assert self.daemon
        assert self.state in UP | {"STOPPING"}
        self.state, self.runs = "STOPPED", None

    def _load(self, _wanted):
        assert self.daemon
        assert self.state not in UP
        self.loaded, self.state = self.text, "STOPPED"

    def _start(self, _wanted):
        assert self.daemon
        assert self.loaded is not None
        assert self.state != "STOPPING"
        if self.state not in UP:
            self.runs = self.loaded
        self.state = "RUNNING"

    def _reload(self, _wanted):
        assert self.state == "RUNNING"

    def _remove(self, _wanted):
        assert self.text is not None
        self.text = None

    def _forget(self, _wanted):
        assert self.state not in UP
        self.loaded = self.state = None


@st.composite
def worlds(draw):
    text = draw(st.none() | st.sampled_from(TEXTS))
    if not draw(st.booleans()):
        return World(text=text)
    loaded = draw(st.none() | st.sampled_from(TEXTS))
    state = (
        None
        if loaded is None
        else draw(st.sampled_from(["STOPPED", "STARTING", "RUNNING", "BACKOFF", "STOPPING", "EXITED", "FATAL"]))
    )
    return World(daemon=True, text=text, loaded=loaded, state=state, runs=loaded if state in UP else None)


wanted_states = st.builds(
    Wanted, state=st.sampled_from(STATES), text=st.none() | st.sampled_from(TEXTS), restart_on_change=st.booleans()
)


def bring(world, wanted, cut=None):
    """Carry the plan out, up to *cut* steps; whether it was carried out to its end."""
    steps = plan("web", world.observe(), wanted)
    for step in steps[:cut]:
        world.perform(step, wanted)
    return cut is None or cut >= len(steps)


def assert_wanted(world, wanted):
    if wanted.state == "absent":
        assert world.text is None
        assert world.state is None or not world.daemon
    elif wanted.state == "stopped":
        assert world.state not in UP
    else:
        assert world.state == "RUNNING"
        assert world.runs is not None
        if wanted.restart_on_change or wanted.state == "restarted":
            assert world.runs == world.loaded == world.text
    if wanted.text is not None and wanted.state != "absent":
        assert world.text == wanted.text


def can_run(world, wanted):
    return wanted.state in ("stopped", "absent") or wanted.text is not None or world.text is not None


@given(worlds(), wanted_states, st.none() | st.integers(min_value=0, max_value=3))
def test_any_world_is_brought_to_any_state_also_after_a_run_that_was_cut_off(world, wanted, cut):
    if not can_run(world, wanted):
        with pytest.raises(UnknownProcess):
            bring(world, wanted)
        return
    if not bring(world, wanted, cut):
        bring(world, wanted)

    assert_wanted(world, wanted)


@given(worlds(), wanted_states)
def test_a_second_run_changes_nothing(world, wanted):
    if wanted.state in ("restarted", "reloaded") or not can_run(world, wanted):
        return
    bring(world, wanted)

    assert plan("web", world.observe(), wanted) == ()


@given(worlds(), wanted_states)
def test_a_running_process_is_only_stopped_for_a_reason(world, wanted):
    if not can_run(world, wanted) or wanted.state in ("restarted", "stopped", "absent") or world.state not in UP:
        return
    before = dataclasses.replace(world, log=[])
    bring(world, wanted)

    changed = before.loaded != before.text or wanted.text not in (None, before.text)
    assert (Step.STOP in world.log) == (
        wanted.restart_on_change and before.text is not None and changed
    ) or before.text is None


@given(worlds(), wanted_states)
def test_what_is_left_outdated_is_said(world, wanted):
    if not can_run(world, wanted):
        return
    said = outdated_after(world.observe(), wanted)
    running = world.state in UP
    bring(world, wanted)

    if said:
        assert running
        assert not wanted.restart_on_change
        assert world.runs != world.text or world.runs == wanted.text
    elif running and world.state == "RUNNING":
        assert world.runs == world.text or wanted.text is None


@pytest.mark.parametrize(
    ("world", "wanted", "steps"),
    [
        (World(), Wanted("started", "new"), [Step.WRITE, Step.START_DAEMON, Step.START]),
        (World(daemon=True), Wanted("started", "new"), [Step.WRITE, Step.LOAD, Step.START]),
        (World(True, "new", "new", "RUNNING"), Wanted("started", "new"), []),
        (
            World(True, "old", "old", "RUNNING"),
            Wanted("started", "new"),
            [Step.WRITE, Step.STOP, Step.LOAD, Step.START],
        ),
        (World(True, "new", "old", "RUNNING"), Wanted("started", "new"), [Step.STOP, Step.LOAD, Step.START]),
        (World(True, "old", "old", "RUNNING"), Wanted("started", "new", restart_on_change=False), [Step.WRITE]),
        (World(True, "new", "new", "RUNNING"), Wanted("restarted", "new"), [Step.STOP, Step.START]),
        (World(True, "new", "new", "RUNNING"), Wanted("reloaded", "new"), [Step.RELOAD]),
        (World(True, "new", "new", "STOPPED"), Wanted("reloaded", "new"), [Step.START]),
        (World(True, "new", "new", "STOPPING"), Wanted("started", "new"), [Step.STOP, Step.START]),
        (World(True, "new", "new", "RUNNING"), Wanted("stopped"), [Step.STOP]),
        (World(text="new"), Wanted("stopped"), []),
        (World(True, "new", "new", "RUNNING"), Wanted("absent"), [Step.STOP, Step.REMOVE, Step.FORGET]),
        (World(), Wanted("absent"), []),
    ],
)
def test_the_steps_are(world, wanted, steps):
    assert list(plan("web", world.observe(), wanted)) == steps
