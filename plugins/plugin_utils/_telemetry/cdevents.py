# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Events as CDEvents, where one of their types fits.

PRIVATE to the collection. Pure. Version 0.5.1, https://cdevents.dev/docs/.
"""

from __future__ import annotations

import typing as t
import urllib.parse

from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.cloudevents import PREFIX

VERSION = "0.5.1"
_Event = t.Mapping[str, t.Any]
_Fitting = tuple[str, str, dict[str, t.Any]]
"""A type without its beginning, the subject's id, and what is said of it."""


def as_cdevent(event: _Event) -> dict[str, t.Any] | None:
    """The CloudEvent that carries the CDEvent, with the same id; None where no type fits.

    What is about a service needs an environment, so it fits where the run has a label of that name.
    """
    fitting = _FITTING.get(event["type"].removeprefix(PREFIX))
    found = fitting(event, event["data"]) if fitting else None
    if found is None:
        return None
    kind, subject, content = found
    kind = "dev.cdevents." + kind + ".0.3.0"
    context = {
        "specversion": VERSION,
        "id": event["id"],
        "source": event["source"],
        "type": kind,
        "timestamp": event["time"],
        **({"chainId": event["data"]["rollout"]} if event["data"].get("rollout") else {}),
    }
    return {
        **{name: event[name] for name in ("specversion", "id", "source", "time", "datacontenttype")},
        "type": kind,
        "subject": subject,
        "data": {
            "context": context,
            "subject": {"id": subject, "source": event["source"], "content": content},
            "customData": dict(event["data"]),
            "customDataContentType": "application/json",
        },
    }


def _run_uri(data: _Event) -> str:
    """Where a run is shown, in AWX, or a name for it."""
    labels = data["labels"]
    if labels.get("controller") and labels.get("job"):
        return "{0}/#/jobs/playbook/{1}".format(str(labels["controller"]).rstrip("/"), labels["job"])
    return "urn:progressive.delivery:run:{0}".format(data["run"])


def _run_began(_event: _Event, data: _Event) -> _Fitting:
    return "pipelinerun.started", data["run"], {"pipelineName": data["playbook"], "uri": _run_uri(data)}


def _run_ended(_event: _Event, data: _Event) -> _Fitting:
    content = {"pipelineName": data["playbook"], "uri": _run_uri(data), "outcome": "success"}
    if data["failed_hosts"]:
        content.update(outcome="failure", errors="failed on " + ", ".join(data["failed_hosts"]))
    return "pipelinerun.finished", data["run"], content


def _task_ended(event: _Event, data: _Event) -> _Fitting:
    failed = [outcome for outcome in ("failed", "unreachable") if outcome in data["outcomes"]]
    content = {
        "taskName": data["task"] or data["action"],
        "pipelineRun": {"id": data["run"]},
        "outcome": "failure" if failed else "success",
    }
    return "taskrun.finished", event["id"], content


def _rollout_moved(_event: _Event, data: _Event) -> _Fitting | None:
    kind, release = {
        "succeeded": ("upgraded" if data.get("from") else "deployed", data.get("to")),
        "rolled_back": ("rolledback", data.get("from")),
    }.get(data.get("status", ""), ("", None))
    if data.get("strategy") == "rollback" and kind:
        kind = "rolledback"
    return _of_service(data, kind, release) if kind and release else None


def _of_service(data: _Event, kind: str, release: str) -> _Fitting | None:
    environment, app = data["labels"].get("environment"), data.get("app")
    if not environment or not app:
        return None
    artifact = "pkg:generic/{0}@{1}".format(*(urllib.parse.quote(word, safe="") for word in (app, release)))
    return "service." + kind, app, {"environment": {"id": environment}, "artifactId": artifact}


def _incident(kind: str) -> t.Callable[[_Event, _Event], _Fitting | None]:
    def fitting(_event: _Event, data: _Event) -> _Fitting | None:
        environment = data["labels"].get("environment")
        if not environment:
            return None
        content = {"description": data["summary"], "environment": {"id": environment}}
        if data.get("app"):
            content["service"] = {"id": data["app"]}
        return "incident." + kind, data["incident"], content

    return fitting


_FITTING: t.Mapping[str, t.Callable[[_Event, _Event], _Fitting | None]] = {
    "run.began": _run_began,
    "run.ended": _run_ended,
    "task.ended": _task_ended,
    "rollout.moved": _rollout_moved,
    "alert.raised": _incident("detected"),
    "alert.resolved": _incident("resolved"),
}
