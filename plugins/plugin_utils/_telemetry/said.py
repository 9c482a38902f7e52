# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection's own modules say that is shipped, and as which kind of event.

PRIVATE to the collection. Pure. Of a result only what is named here is taken:
arguments, messages and whatever a module will say one day stay where they are.
"""

from __future__ import annotations

import dataclasses
import functools
import typing as t

try:
    import jmespath
except ImportError:
    jmespath = None

from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import MissingLibrary

COLLECTION = "progressive.delivery."


@dataclasses.dataclass(frozen=True)
class Said:
    """What is taken of a module's result.

    :param kind: of the event; see :class:`Event`
    :param when: an expression that is true of results that are worth an event
    :param about: by the names of :attr:`Event.about`, an expression that finds it
    :param facts: an expression that makes all of the facts
    """

    kind: str
    facts: str
    when: str = "changed"
    about: t.Mapping[str, str] = dataclasses.field(default_factory=dict)


MODULES: t.Mapping[str, tuple[Said, ...]] = {
    "rollout": (
        Said(
            "rollout.moved",
            "{status: rollout.status, strategy: rollout.strategy, from: rollout.from_release, to: rollout.to_release,"
            " reason: rollout.reason, next: action.kind, paused: left_paused, broke_lock: broke,"
            " created_at: rollout.created_at, ended_at: rollout.ended_at, pool: rollout.new_pool}",
            about={"app": "rollout.app", "rollout": "rollout.id", "release": "rollout.to_release"},
        ),
    ),
    "traffic": (
        Said("traffic.shifted", "{split: split, header: header.pool, repaired: repaired}", about={"app": "app"}),
    ),
    "analysis": (
        Said(
            "analysis.judged",
            "{verdict: verdict, reason: reason, score: score.value}",
            when="verdict",
        ),
    ),
    "health_check": (
        Said(
            "health.checked",
            "{status: status, ready: ready, expected: expected, seconds: duration, fault: fault,"
            " latency: max(values(targets || `{}`)[].values(checks)[].latency)}",
            when="status",
        ),
    ),
    "feature_toggle": (
        Said("toggle.changed", "{toggle: name, percent: audience.percent, killed: killed, revision: revision}"),
    ),
    "backup": (
        Said(
            "backup.taken",
            "{snapshot: snapshot.id, proven: snapshot.proven.how, files: files, bytes: bytes, engine: engine}",
            about={"app": "snapshot.labels.app", "release": "snapshot.labels.release"},
        ),
    ),
    "restore": (Said("backup.restored", "{snapshot: snapshot.id, engine: engine}"),),
    "release": (Said("release.placed", "{activated: activated, removed: length(removed || `[]`)}"),),
}
"""By module. The one place to change what of its results is shipped."""


def said(action: str, result: t.Mapping[str, t.Any]) -> tuple[dict[str, t.Any], ...]:
    """What is taken of a result of *action*, for each item of a loop: ``kind``, ``about`` and ``facts`` of an event.

    :param result: as core has it; what it has censored says nothing
    """
    return tuple(event for each in _items(result) if (event := _event(action, each)) is not None)


def problem(action: str, result: t.Mapping[str, t.Any]) -> str:
    """The name of the kind of failure, the first of a loop, where one of the collection's modules gave it; empty otherwise."""
    names = [each.get("error") for each in _items(result)] if action.startswith(COLLECTION) else []
    return next((name for name in names if isinstance(name, str)), "")


def _items(result: t.Mapping[str, t.Any]) -> t.Sequence[t.Mapping[str, t.Any]]:
    """The results of a loop, or the one that there is without."""
    found = result.get("results")
    is_loop = isinstance(found, list) and all(isinstance(each, dict) and "ansible_loop_var" in each for each in found)
    return t.cast("list[dict[str, t.Any]]", found) if is_loop else [result]


def _event(action: str, result: t.Mapping[str, t.Any]) -> dict[str, t.Any] | None:
    if not action.startswith(COLLECTION) or "censored" in result or result.get("_ansible_no_log"):
        return None
    for each in MODULES.get(action[len(COLLECTION) :], ()):
        if _compiled(each.when).search(result):
            about = {name: _compiled(expression).search(result) for name, expression in each.about.items()}
            facts = _compiled(each.facts).search(result) or {}
            return {
                "kind": each.kind,
                "about": {name: str(value) for name, value in about.items() if value},
                "facts": {name: value for name, value in facts.items() if value is not None},
            }
    return None


@functools.cache
def _compiled(expression: str) -> t.Any:
    return jmespath.compile(expression)


def check() -> None:
    """
    :raises MissingLibrary: jmespath is not installed
    """
    if jmespath is None:
        raise MissingLibrary("jmespath")
