# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What spans events are: one tree a rollout, whichever runs it took, and nothing that hangs in the air."""

from __future__ import annotations

from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.traces import spans
from ansible_collections.progressive.delivery.tests.unit.plugins.plugin_utils._telemetry.telling import (
    moved,
    said,
    told,
)


def tree(events):
    return [span for event in events for span in spans(event)]


def test_a_rollout_is_one_trace_over_its_runs():
    first = tree(told(moved("running", "shift"), moved("paused"), run="r1"))
    second = tree(told(moved("running", "end"), moved("succeeded", ended_at=2005.0), run="r2", at=2000.0))

    ((root,),) = ([span for span in first + second if span.name == "shop 1.1.0"],)
    assert (root.parent, root.began, root.ended, root.failed) == (b"", 1002.0, 2005.0, False)
    members = [span for span in first + second if span.trace == root.trace]
    assert [span.name for span in members].count("canary.yml") == 2
    known = {span.identifier for span in members}
    assert all(span.parent in known for span in members if span is not root)
    assert [(span.name, span.ended - span.began) for span in members if span.name == "shift"] == [("shift", 1.0)]


def test_a_run_without_a_rollout_is_a_trace_of_its_own_with_its_tasks_below_it():
    found = tree(told(said("toggle.changed"), said("backup.taken"), failed=True))

    (run,) = [span for span in found if not span.parent]
    assert (run.name, run.failed, run.link) == ("canary.yml", True, None)
    assert {span.parent for span in found if span is not run} == {run.identifier}
    assert len({span.trace for span in found}) == 1
    assert [span.failed for span in found] == [False, True, True]


def test_what_a_run_did_before_its_rollout_is_linked():
    found = tree(told(said("health.checked", status="healthy"), moved("running")))

    own, inside = [span for span in found if span.name == "canary.yml"]
    assert inside.link == (own.trace, own.identifier)
    before = next(span for span in found if span.name == "health.checked")
    assert (before.trace, before.parent) == (own.trace, own.identifier)


def test_identifiers_have_the_lengths_that_traces_have_and_are_the_same_each_time():
    events = told(moved("running"), moved("rolled_back", ended_at=1004.0))

    assert tree(events) == tree(events)
    assert {len(span.trace) for span in tree(events)} == {16}
    assert {len(span.identifier) for span in tree(events)} == {8}
    assert len({(span.trace, span.identifier) for span in tree(events)}) == len(tree(events))
