# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules about what is promised: how much of it is kept, and alerts when it is kept too little for too long.

PRIVATE to the collection. Pure. Several windows and burn rates, as in
https://sre.google/workbook/alerting-on-slos/#6-multiwindow-multi-burn-rate-alerts.
"""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.plugin_utils._monitoring.app import App, Objective

Rule = dict[str, t.Any]

WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
PERIOD = "30d"
BURNS: t.Mapping[str, tuple[tuple[str, str, float], ...]] = {
    "critical": (("1h", "5m", 14.4), ("6h", "30m", 6.0)),
    "warning": (("1d", "2h", 3.0), ("3d", "6h", 1.0)),
}
"""By severity, the long window, the short one, and how many times faster than planned the budget is spent in both."""
UPTIMES = ("5m", "1h", "1d", PERIOD)


def records(app: App) -> t.Iterator[Rule]:
    """How much of each objective is missed, by window, what is left of its budget, and the app's uptime."""
    for objective in app.objectives:
        labels = {**app.labels, "app": app.name, "slo": objective.name}
        for window in WINDOWS:
            yield _record("slo:error_ratio:rate" + window, missed(app, objective, window), labels)
        # Of five minutes' ratios, as a month of raw samples would have to be read at each evaluation otherwise.
        mean = "avg_over_time({0}[{1}])".format(_ratio(app, objective, "5m"), PERIOD)
        yield _record("slo:error_ratio:rate" + PERIOD, mean, labels)
        yield _record("slo:objective:ratio", "vector({0!r})".format(objective.ratio), labels)
        left = "1 - {0} / {1!r}".format(_ratio(app, objective, PERIOD), budget(objective))
        yield _record("slo:error_budget_remaining:ratio", left, labels)
        if objective.name == "availability":
            for window in UPTIMES:
                yield _record("app:uptime:ratio" + window, "1 - " + _ratio(app, objective, window), labels)


def alerts(app: App) -> t.Iterator[Rule]:
    """When the budget is spent too fast, and when it is spent."""
    for objective in app.objectives:
        labels = {**app.labels, "app": app.name, "slo": objective.name}
        for severity, burns in BURNS.items():
            parts = [
                "({0} > {2!r} and {1} > {2!r})".format(
                    _ratio(app, objective, long), _ratio(app, objective, short), round(times * budget(objective), 9)
                )
                for long, short, times in burns
            ]
            yield {
                "alert": "ErrorBudgetBurns",
                "expr": " or ".join(parts),
                "labels": {**labels, "severity": severity},
                "annotations": {
                    "summary": "{0}: its {1} is below {2:.6g} % by so much that the budget of a month goes fast".format(
                        app.name, objective.name, 100 * objective.ratio
                    ),
                    "description": "{{ $value | humanizePercentage }} missed",
                },
            }
        yield {
            "alert": "ErrorBudgetSpent",
            "expr": "slo:error_budget_remaining:ratio{0} <= 0".format(_selector(app, objective)),
            "labels": {**labels, "severity": "warning"},
            "annotations": {
                "summary": "{0}: the error budget of its {1} is spent; deliver nothing that can wait".format(
                    app.name, objective.name
                )
            },
        }


def budget(objective: Objective) -> float:
    """The part of the answers that may be missed."""
    return round(1 - objective.ratio, 12)


def missed(app: App, objective: Objective, window: str) -> str:
    """The part of the answers in *window* that were missed, as an expression."""
    requests = objective.requests
    if requests is None:
        return '1 - avg(avg_over_time(probe_success{{app={0},probe!="instance"}}[{1}]))'.format(
            quoted(app.name), window
        )
    ratio = "sum(rate({0}[{2}])) / sum(rate({1}[{2}]))".format(requests.bad, requests.total, window)
    return (
        "1 - " + ratio
        if requests.counts_good
        else "({0}) or (0 * sum(rate({1}[{2}])))".format(ratio, requests.total, window)
    )


def quoted(text: str) -> str:
    """A string of PromQL."""
    return '"{0}"'.format(text.replace("\\", "\\\\").replace('"', '\\"'))


def _selector(app: App, objective: Objective) -> str:
    return "{{app={0},slo={1}}}".format(quoted(app.name), quoted(objective.name))


def _ratio(app: App, objective: Objective, window: str) -> str:
    return "slo:error_ratio:rate{0}{1}".format(window, _selector(app, objective))


def _record(name: str, expression: str, labels: t.Mapping[str, str]) -> Rule:
    return {"record": name, "expr": expression, "labels": dict(labels)}
