# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What events measure: the figures that they hold, and no series more than there are things to tell apart."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._metrics.model import Metric, Point, Sums, labels_of
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.metrics import points
from ansible_collections.progressive.delivery.tests.unit.plugins.plugin_utils._telemetry.telling import (
    moved,
    said,
    told,
)


def summed(*runs):
    found = [point for events in runs for event in events for point in points(event)]
    return {(each.metric.name, each.labels): each.value for each in Sums().plus(found)}


def value(sums, name, **labels):
    (found,) = [
        each
        for (metric, told_apart), each in sums.items()
        if metric == "progressive_delivery_" + name and labels.items() <= dict(told_apart).items()
    ]
    return found


def test_a_delivery_is_measured():
    sums = summed(
        told(
            moved("running", "shift"),
            said("traffic.shifted", split={"blue": 95, "green": 5}),
            said("health.checked", status="degraded", ready=2, expected=2, seconds=0.3, latency=0.02),
            said("analysis.judged", verdict="failed", score=40),
            said("toggle.changed", toggle="ai", percent=25, killed=False),
            said("backup.taken", bytes=1000, proven="restored"),
            moved("rolled_back"),
            failed=True,
        )
    )

    assert value(sums, "traffic_ratio", pool="green") == 0.05
    assert value(sums, "rollout_status", status="rolled_back", app="shop") == 1
    assert value(sums, "rollout_status", status="running", app="shop") == 0
    assert value(sums, "analysis_verdicts_total", verdict="failed") == 1
    assert value(sums, "toggle_ratio", toggle="ai") == 0.25
    assert value(sums, "backup_proven") == 1
    assert value(sums, "health_latency_seconds") == 0.02
    assert value(sums, "run_ended_timestamp_seconds", outcome="failed") == 1010
    assert value(sums, "run_hosts", outcome="failed") == 1
    assert value(sums, "play_seconds", play="Deliver") == 9
    assert value(sums, "task_results_total", outcome="changed", app="shop") == 6
    assert value(sums, "host_failures_total") == 1
    histogram = value(sums, "task_seconds", app="shop")
    assert (histogram.count, histogram.total) == (7, 7)


def test_more_runs_make_no_more_series():
    def run(number):
        about = {"app": "shop", "rollout": f"shop-{number}", "release": f"1.{number}"}
        labels = {"environment": "production", "job": str(number), "project_revision": f"rev{number}"}
        return told(said("rollout.moved", about, status="succeeded"), run=f"r{number}", labels=labels)

    once, often = summed(run(1)), summed(*(run(number) for number in range(1, 40)))
    assert set(once) == set(often)
    assert {dict(labels)["environment"] for _name, labels in often} == {"production"}


def test_beyond_its_limit_a_metric_gets_no_more_series_and_those_it_has_go_on():
    metric = Metric("m_total", "counter", "It.")
    many = [Point(metric, 1, 1.0, labels_of({"n": str(number)})) for number in range(12)]
    sums = Sums(10).plus(many).plus(many)

    assert sums.left_out == 4
    assert [each.value for each in sums] == [2] * 10


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 100), st.integers(0, 50)), max_size=30), st.integers(0, 30)
)
def test_points_add_up_to_the_same_in_whichever_parts_they_come(seen, cut):
    bounds = (1.0, 10.0)
    metrics = {
        "a": Metric("a_total", "counter", "A."),
        "b": Metric("b", "gauge", "B."),
        "c": Metric("c", "histogram", "C.", bounds),
    }
    made = [Point(metrics[name], number, float(at)) for name, number, at in seen]
    whole, before = Sums().plus(made), Sums().plus(made[:cut])
    parts = before.plus(made[cut:])

    assert list(whole) == list(parts)
    assert list(before) == list(Sums().plus(made[:cut]))
    for each in whole:
        mine = [point for point in made if point.metric is each.metric]
        if each.metric.kind == "gauge":
            last = max(point.at for point in mine)
            assert each.value == [point.value for point in mine if point.at == last][-1]
        elif each.metric.kind == "histogram":
            assert each.value.count == len(mine)
            for bound, count in zip(bounds, each.value.cumulative, strict=False):
                assert count[1] == sum(point.value <= bound for point in mine)
