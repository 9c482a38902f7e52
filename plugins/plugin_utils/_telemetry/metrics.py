# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What events measure, with as many series as there are things to tell apart and not more.

PRIVATE to the collection. Pure. No label grows with the number of runs: those of
a run, a rollout, a release, a job or a host stay in the events.
"""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._metrics.model import (
    SECONDS,
    Metric,
    Point,
    labels_of,
)
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.cloudevents import PREFIX

GROUP = ("playbook", "app", "environment")
"""The labels by which it is told apart who measures."""
_OF_EVENTS_ALONE = frozenset(("run", "rollout", "release", "host", "job", "project_revision", "controller"))
_STATUSES = ("running", "paused", "aborting", "frozen", "succeeded", "rolled_back", "abandoned", "superseded")

_NAME = "progressive_delivery_"


def _gauge(name: str, about: str) -> Metric:
    return Metric(_NAME + name, "gauge", about)


def _counter(name: str, about: str) -> Metric:
    return Metric(_NAME + name, "counter", about)


def _seconds(name: str, about: str) -> Metric:
    return Metric(_NAME + name, "histogram", about, SECONDS)


RUN_BEGAN = _gauge("run_began_timestamp_seconds", "When the last run of the playbook began.")
RUN_ENDED = _gauge("run_ended_timestamp_seconds", "When the last run of the playbook with this outcome ended.")
RUN_SECONDS = _gauge("run_seconds", "How long the last run of the playbook took.")
RUN_HOSTS = _gauge(
    "run_hosts", "How many hosts the last run of the playbook came to, by whether something failed on them."
)
PLAY_SECONDS = _gauge("play_seconds", "How long a play took in the last run.")
TASKS = _counter("task_results_total", "How often a task ended on a host in this run.")
RETRIES = _counter("task_retries_total", "How often a task was tried once more on a host in this run.")
TASK_SECONDS = _seconds("task_seconds", "How long the tasks of an action took in this run, over all hosts.")
HOST_SECONDS = _counter("host_seconds_total", "How long hosts worked at the tasks of an action in this run, together.")
FAILURES = _counter(
    "host_failures_total", "How often a task failed on a host in this run, or the host was not reached."
)
ROLLOUT_STATUS = _gauge("rollout_status", "1 for where the app's rollout stands, 0 for the others.")
ROLLOUT_MOVED = _gauge("rollout_moved_timestamp_seconds", "When the app's rollout last came to this status.")
SHARE = _gauge("traffic_ratio", "The share of the traffic that a pool was given last.")
VERDICTS = _counter("analysis_verdicts_total", "How often an analysis came to a verdict in this run.")
SCORE = _gauge("analysis_score", "What the metrics of an analysis scored last, of 100.")
READY = _gauge("health_ready_targets", "How many targets were ready when they were checked last.")
EXPECTED = _gauge("health_expected_targets", "How many of them the quorum asks for.")
LATENCY = _gauge("health_latency_seconds", "The slowest answer of a target when they were checked last.")
CHECK_SECONDS = _seconds("health_check_seconds", "How long checks of health took in this run.")
TOGGLE = _gauge("toggle_ratio", "The share of the users whom a feature toggle was given last.")
KILLED = _gauge("toggle_killed", "1 when the kill switch of a feature toggle is on.")
BACKUP_TAKEN = _gauge("backup_taken_timestamp_seconds", "When the last backup was taken.")
BACKUP_BYTES = _gauge("backup_bytes", "How much the last backup holds.")
BACKUP_PROVEN = _gauge("backup_proven", "1 when the last backup was restored to prove it.")
PLACED = _gauge("release_placed_timestamp_seconds", "When a release was last put on a host.")


Told = t.Iterator[tuple[Metric, t.Any, dict[str, str]]]
"""A metric, its value, which may be missing, and what tells the series from others of it."""
_Data = t.Mapping[str, t.Any]


def _run_began(_data: _Data, at: float) -> Told:
    yield RUN_BEGAN, at, {}


def _run_ended(data: _Data, at: float) -> Told:
    yield RUN_ENDED, at, {"outcome": data["outcome"]}
    yield RUN_SECONDS, data["seconds"], {}
    failed = len(data["failed_hosts"])
    yield RUN_HOSTS, failed, {"outcome": "failed"}
    yield RUN_HOSTS, data["hosts"] - failed, {"outcome": "succeeded"}


def _play_ended(data: _Data, _at: float) -> Told:
    yield PLAY_SECONDS, data["seconds"], {"play": data["play"]}


def _task_ended(data: _Data, _at: float) -> Told:
    for outcome, count in data["outcomes"].items():
        yield TASKS, count, {"outcome": outcome}
    yield RETRIES, data["attempts"] - sum(data["outcomes"].values()), {}
    yield TASK_SECONDS, data["seconds"], {"action": data["action"]}
    yield HOST_SECONDS, data["host_seconds"], {"action": data["action"]}


def _host_failed(data: _Data, _at: float) -> Told:
    yield FAILURES, 1, {"outcome": data["outcome"], "action": data["action"], "problem": data.get("problem", "")}


def _rollout_moved(data: _Data, at: float) -> Told:
    for status in _STATUSES:
        yield ROLLOUT_STATUS, data.get("status") == status, {"status": status}
    if data.get("status") in _STATUSES:
        yield ROLLOUT_MOVED, at, {"status": data["status"]}


def _traffic_shifted(data: _Data, _at: float) -> Told:
    for pool, percent in (data.get("split") or {}).items():
        yield SHARE, percent / 100, {"pool": pool}


def _analysis_judged(data: _Data, _at: float) -> Told:
    yield VERDICTS, 1, {"verdict": data["verdict"]}
    yield SCORE, data.get("score"), {}


def _health_checked(data: _Data, _at: float) -> Told:
    yield READY, data.get("ready"), {}
    yield EXPECTED, data.get("expected"), {}
    yield LATENCY, data.get("latency"), {}
    yield CHECK_SECONDS, data.get("seconds"), {"status": data["status"]}


def _toggle_changed(data: _Data, _at: float) -> Told:
    percent = data.get("percent")
    yield TOGGLE, None if percent is None else percent / 100, {"toggle": data.get("toggle", "")}
    yield KILLED, data.get("killed"), {"toggle": data.get("toggle", "")}


def _backup_taken(data: _Data, at: float) -> Told:
    yield BACKUP_TAKEN, at, {}
    yield BACKUP_BYTES, data.get("bytes"), {}
    yield BACKUP_PROVEN, data.get("proven") == "restored", {}


def _release_placed(_data: _Data, at: float) -> Told:
    yield PLACED, at, {}


_POINTS: t.Mapping[str, t.Callable[[_Data, float], Told]] = {
    "run.began": _run_began,
    "run.ended": _run_ended,
    "play.ended": _play_ended,
    "task.ended": _task_ended,
    "host.failed": _host_failed,
    "rollout.moved": _rollout_moved,
    "traffic.shifted": _traffic_shifted,
    "analysis.judged": _analysis_judged,
    "health.checked": _health_checked,
    "toggle.changed": _toggle_changed,
    "backup.taken": _backup_taken,
    "release.placed": _release_placed,
}
"""By kind of event. The one place to change what is measured."""


def points(event: t.Mapping[str, t.Any]) -> t.Iterator[Point]:
    """What an event measures; nothing for one of another kind.

    :param event: as :func:`cloudevent` makes it
    """
    told = _POINTS.get(event["type"].removeprefix(PREFIX))
    if told is None:
        return
    data = event["data"]
    at = moment(event)
    known = {name: value for name, value in {**data, **data["labels"]}.items() if name in GROUP}
    fixed = {**data["labels"], **known}
    labels = {name: str(value) for name, value in fixed.items() if name not in _OF_EVENTS_ALONE}
    for metric, value, told_apart in told(data, at):
        if value is not None:
            yield Point(metric, float(value), at, labels_of({**labels, **told_apart}))


def moment(event: t.Mapping[str, t.Any]) -> float:
    """When it happened, in seconds since the epoch."""
    return datetime.datetime.fromisoformat(event["time"]).timestamp()
