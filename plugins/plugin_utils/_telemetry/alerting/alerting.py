# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The alerts that events raise and end, which are events themselves.

PRIVATE to the collection. Pure.

An alert that a run raised may be over when another run sees that it is, which
knows nothing of the first. So what tells an alert from others is made of the
event alone, and the end of a trouble ends it whatever its severity was.
"""

from __future__ import annotations

import collections
import dataclasses
import datetime
import shlex
import typing as t

from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.alerting import rules
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.alerting.rules import (
    Circumstances,
    Rule,
    Verdict,
)
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.alerting.working_hours import WorkingHours
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.model import Event

DOCUMENT = "docs/alerts.md"
UNKNOWN = "unknown"
Incident = tuple[str, str, str, str]
"""Rule, environment, app, and what else tells it from others."""


@dataclasses.dataclass(frozen=True)
class Settings:
    """What the callback's options say.

    :param runbooks: the address of docs/alerts.md as the team reads it
    :param inventory: what a command is to name with ``-i``
    """

    hours: WorkingHours | None = None
    runbooks: str = DOCUMENT
    inventory: str = ""


class Alerting:
    """Sees the events of a run."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._seen: collections.Counter[Incident] = collections.Counter()
        self._lasting: dict[Incident, str] = {}
        """The severity in which it was raised, empty when it is over."""
        self._pool = ""
        self._share: float | None = None

    def events(self, event: Event) -> t.Iterator[Event]:
        """The alerts that *event* raises or ends."""
        self._look_at_traffic(event)
        data = {**event.about, **event.facts}
        for number, rule in enumerate(rules.RULES):
            verdict = rule.judge(data) if event.kind in rule.kinds else None
            if verdict is None:
                continue
            incident = (rule.name, event.labels.get("environment", ""), data.get("app", ""), data.get(rule.by, ""))
            if not verdict.lasts:
                if self._lasting.get(incident, UNKNOWN):  # Another run may have raised it.
                    yield self._event(event, "alert.resolved", self._common(verdict, rule, incident), number)
                self._lasting[incident] = ""
            elif not (rule.only_alone and any(self._lasting.values())):
                raised = self._raised(event, rule, verdict, incident, number)
                if rule.repeats or self._lasting.get(incident) != raised.facts["severity"]:
                    yield raised
                self._lasting[incident] = raised.facts["severity"]
                self._seen[incident] += rule.repeats

    def _look_at_traffic(self, event: Event) -> None:
        self._pool = event.facts.get("pool") or self._pool
        split = event.facts.get("split")
        if split and self._pool in split:
            self._share = split[self._pool] / 100

    def _raised(self, event: Event, rule: Rule, verdict: Verdict, incident: Incident, number: int) -> Event:
        hours = self._settings.hours
        circumstances = Circumstances(
            event.labels.get("environment", ""),
            self._share,
            hours is None or hours.hold(datetime.datetime.fromtimestamp(event.at).astimezone()),
            self._seen[incident],
        )
        figures = {name: value for name, value in verdict.figures.items() if value not in (None, "")}
        if self._share is not None and rule.takes_traffic:
            figures["share"] = "{0:.0%}".format(self._share)
        facts = {
            **self._common(verdict, rule, incident),
            "severity": rules.severity(rule, circumstances),
            "description": "; ".join("{0}: {1}".format(name, value) for name, value in figures.items()),
            "commands": [self._command(name, event) for name in rule.commands],
            "runbook": "{0}#{1}".format(self._settings.runbooks, rule.name.lower()),
            "ends": round(event.at + rule.seconds, 3),
        }
        return self._event(event, "alert.raised", facts, number)

    @staticmethod
    def _common(verdict: Verdict, rule: Rule, incident: Incident) -> dict[str, t.Any]:
        return {
            "alert": rule.name,
            "incident": "/".join(incident),
            "by": {rule.by: incident[-1]} if rule.by and incident[-1] else {},
            "summary": verdict.summary,
        }

    def _command(self, playbook: str, event: Event) -> str:
        words = ["ansible-playbook"]
        if self._settings.inventory:
            words += ["-i", self._settings.inventory]
        words.append("progressive.delivery." + playbook)
        if event.about.get("app"):
            words += ["-e", "rollout_app=" + event.about["app"]]
        return shlex.join(words)

    @staticmethod
    def _event(event: Event, kind: str, facts: dict[str, t.Any], number: int) -> Event:
        about = {name: value for name, value in event.about.items() if name != "host"}
        return Event(f"{event.identifier}-alert-{number}", event.at, kind, about, facts, event.labels)
