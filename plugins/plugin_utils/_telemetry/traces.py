# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Events as spans of traces: a rollout is one trace over all its runs, and a run that has none is one of its own.

PRIVATE to the collection. Pure. Identifiers are made of those of run, rollout
and event, so that a span has the same ones whoever ships it, and when.
"""

from __future__ import annotations

import dataclasses
import hashlib
import typing as t

from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.cloudevents import PREFIX
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.metrics import moment


@dataclasses.dataclass(frozen=True)
class Span:
    """What took its time.

    :param trace: 16 bytes
    :param identifier: 8 bytes
    :param parent: 8 bytes, none for the root
    :param link: another trace and span that belong to it; None where none does
    """

    trace: bytes
    identifier: bytes
    parent: bytes
    name: str
    began: float
    ended: float
    failed: bool
    attributes: t.Mapping[str, t.Any]
    link: tuple[bytes, bytes] | None = None


def spans(event: t.Mapping[str, t.Any]) -> t.Iterator[Span]:
    """The spans that an event ends: of a task, a step of a rollout, a run, and a rollout."""
    data, ended = event["data"], moment(event)
    kind = event["type"].removeprefix(PREFIX)
    run, rollout = _span("run", data["run"]), data.get("rollout", "")
    own = _trace("run", data["run"])
    trace = _trace("rollout", rollout) if rollout else own
    top = _span("rollout", rollout) if rollout else b""
    if kind == "task.ended":
        failed = bool({"failed", "unreachable"} & set(data["outcomes"]))
        attributes = {name: data[name] for name in ("action", "role", "play", "attempts") if data[name]}
        attributes |= {"hosts." + outcome: count for outcome, count in data["outcomes"].items()}
        began = ended - data["seconds"]
        yield Span(trace, _span(event["id"]), run, data["task"] or data["action"], began, ended, failed, attributes)
    elif kind == "rollout.moved" and data.get("status"):
        attributes = {name: data[name] for name in ("app", "release", "strategy", "status", "reason") if data.get(name)}
        failed = data["status"] in ("rolled_back", "frozen")
        step = data.get("step") or data["status"]
        yield Span(trace, _span(event["id"]), run, step, ended - data.get("seconds", 0.0), ended, failed, attributes)
        if data.get("ended_at") and data.get("created_at"):
            name = "{0} {1}".format(data["app"], data["release"])
            yield Span(trace, top, b"", name, data["created_at"], data["ended_at"], failed, attributes)
    elif kind == "run.ended":
        attributes = {"playbook": data["playbook"], "hosts": data["hosts"], **data["labels"]}
        began, failed = ended - data["seconds"], data["outcome"] == "failed"
        yield Span(own, run, b"", data["playbook"], began, ended, failed, attributes)
        if rollout:
            # What it did before its rollout was known is in the trace of its own.
            yield Span(trace, run, top, data["playbook"], began, ended, failed, attributes, (own, run))


def _trace(*names: str) -> bytes:
    return _digest(names)[:16]


def _span(*names: str) -> bytes:
    return _digest(names)[:8]


def _digest(names: tuple[str, ...]) -> bytes:
    return hashlib.sha256("\0".join(names).encode("utf-8", "surrogateescape")).digest()
