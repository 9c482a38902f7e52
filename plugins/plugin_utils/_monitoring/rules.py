# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All that is recorded and told of apps, hosts and the monitoring itself, as groups of Prometheus' rules.

PRIVATE to the collection. Pure. See
https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._alerts.model import SEVERITIES
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.plugin_utils._monitoring.app import App, Requests, app_of
from ansible_collections.progressive.delivery.plugins.plugin_utils._monitoring.objectives import (
    Rule,
    alerts,
    quoted,
    records,
)

_DURATION = re.compile(r"[1-9][0-9]*(s|m|h|d)\Z")
_DISKS = 'fstype!~"tmpfs|ramfs|overlay|squashfs|iso9660"'


@dataclasses.dataclass(frozen=True)
class Settings:
    """What is the same for all apps.

    :param interval: how often rules are evaluated
    :param down_for: how long what does not answer is given
    :param runbooks: the address of what to do about an alert, which is linked with its name behind ``#``
    :param labels: of all alerts, such as the environment
    :param jobs: those that are watched, where Prometheus has others' too; hosts are those with the label ``host`` then
    :param escalation: steps with ``alert``, ``after`` and ``severity``, by which an alert that lasts comes to matter more
    """

    interval: str = "1s"
    down_for: str = "2s"
    runbooks: str = "docs/monitoring.md"
    labels: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    jobs: t.Sequence[str] = ()
    escalation: t.Sequence[t.Mapping[str, str]] = ()


def rules_of(apps: t.Any, **settings: t.Any) -> dict[str, t.Any]:
    """A file of rules, of what a team writes.

    :raises InvalidOption: an app or a setting cannot be meant
    """
    if not isinstance(apps, list) or not all(isinstance(each, dict) for each in apps):
        raise InvalidOption("apps: a list of dictionaries is needed")
    unknown = sorted(set(settings) - {field.name for field in dataclasses.fields(Settings)})
    if unknown:
        raise InvalidOption("there is no setting {0}".format(unknown[0]))
    found = [app_of(each) for each in apps]
    names = [each.name for each in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InvalidOption("apps: {0} is there twice".format(twice[0]))
    return groups(found, Settings(**settings))


def groups(apps: t.Sequence[App], settings: Settings) -> dict[str, t.Any]:
    """A file of rules."""
    found = [_group("progressive_delivery_host", _host(settings), settings)]
    found += [_group("progressive_delivery_monitoring", _monitoring(), settings)]
    for app in apps:
        rules = [*records(app), *alerts(app), *_app(app, settings)]
        found.append(_group("progressive_delivery_app_" + app.name, rules, settings))
    known = {rule["alert"] for group in found for rule in group["rules"] if "alert" in rule}
    for step in settings.escalation:
        _check(step, known)
        for group in found:
            group["rules"] += [_escalated(rule, step) for rule in group["rules"] if _matters_less(rule, step)]
    return {"groups": found}


def _check(step: t.Mapping[str, str], known: set[str]) -> None:
    """
    :raises InvalidOption: the step of an escalation cannot be meant
    """
    if not isinstance(step, dict) or set(step) != {"alert", "after", "severity"}:
        raise InvalidOption("escalation: each step has alert, after and severity, and nothing else")
    if step["alert"] not in known:
        raise InvalidOption(
            "escalation: there is no alert {0}; there are {1}".format(step["alert"], ", ".join(sorted(known)))
        )
    if not _DURATION.match(str(step["after"])):
        raise InvalidOption("escalation: {0}: after: {1!r} is not such as 30m".format(step["alert"], step["after"]))
    if step["severity"] not in SEVERITIES[1:]:
        raise InvalidOption(
            "escalation: {0}: severity: {1!r} is none of {2}".format(
                step["alert"], step["severity"], ", ".join(SEVERITIES[1:])
            )
        )


def _matters_less(rule: Rule, step: t.Mapping[str, str]) -> bool:
    if rule.get("alert") != step["alert"] or rule["labels"]["severity"] not in SEVERITIES:
        return False
    return (
        SEVERITIES.index(rule["labels"]["severity"]) < SEVERITIES.index(step["severity"])
        and "escalated" not in rule["labels"]
    )


def _escalated(rule: Rule, step: t.Mapping[str, str]) -> Rule:
    return {
        **rule,
        "for": step["after"],
        "labels": {**rule["labels"], "severity": step["severity"], "escalated": "true"},
    }


def _group(name: str, rules: t.Iterable[Rule], settings: Settings) -> dict[str, t.Any]:
    return {"name": name, "interval": settings.interval, "rules": [_completed(rule, settings) for rule in rules]}


def _completed(rule: Rule, settings: Settings) -> Rule:
    if "alert" not in rule:
        return rule
    annotations = {**rule["annotations"], "runbook": "{0}#{1}".format(settings.runbooks, rule["alert"].lower())}
    return {**rule, "labels": {**settings.labels, **rule["labels"]}, "annotations": annotations}


def _alert(
    name: str, expression: str, lasting: str, severity: str, summary: str, labels: t.Mapping[str, str] | None = None
) -> Rule:
    return {
        "alert": name,
        "expr": expression,
        **({"for": lasting} if lasting else {}),
        "labels": {**(labels or {}), "severity": severity},
        "annotations": {"summary": summary},
    }


def _app(app: App, settings: Settings) -> t.Iterator[Rule]:
    labels = {**app.labels, "app": app.name}
    selector = "{{app={0}}}".format(quoted(app.name))
    for name, sign, severity, what in (
        ("AppDown", "!=", "critical", ""),
        ("InstanceDown", "=", "warning", "its instance "),
    ):
        yield _alert(
            name,
            'probe_success{{app={0},probe{1}"instance"}} == 0'.format(quoted(app.name), sign),
            settings.down_for,
            severity,
            "{0}: {1}{{{{ $labels.instance }}}} does not answer as it should".format(app.name, what),
            labels,
        )
    for severity, days in (("warning", 21), ("critical", 3)):
        yield _alert(
            "CertificateExpires",
            "probe_ssl_earliest_cert_expiry{0} - time() < {1}".format(selector, days * 86400),
            "",
            severity,
            app.name + ": the certificate of {{ $labels.instance }} expires in {{ $value | humanizeDuration }}",
            labels,
        )
    if app.saturation:
        yield _alert(
            "AppSaturated",
            "({0}) > 0.8".format(app.saturation),
            "10m",
            "warning",
            app.name + ": it is {{ $value | humanizePercentage }} full",
            labels,
        )
    if app.pools is not None:
        yield from _pools(app.name, *app.pools, labels)


def _pools(app: str, requests: Requests, label: str, labels: t.Mapping[str, str]) -> t.Iterator[Rule]:
    """The pool that has less of the traffic, beside the one that has most."""
    selector = "{{app={0}}}".format(quoted(app))
    for name, expression in (
        ("app:requests:rate1m", "sum by ({0}) (rate({1}[1m]))".format(label, requests.total)),
        (
            "app:error_ratio:rate1m",
            "(sum by ({0}) (rate({1}[1m])) or 0 * sum by ({0}) (rate({2}[1m]))) / (sum by ({0}) (rate({2}[1m])) > 0)".format(
                label, requests.bad, requests.total
            ),
        ),
    ):
        yield {"record": name, "expr": expression, "labels": dict(labels)}
    rate, errors = "app:requests:rate1m" + selector, "app:error_ratio:rate1m" + selector
    stable = "max by (app) ({0} and on ({1}) ({2} == on (app) group_left () max by (app) ({2})))".format(
        errors, label, rate
    )
    yield _alert(
        "CanaryWorse",
        "{0} > on (app) group_left () (2 * {1} + 0.01) and on ({2}) ({3} < on (app) group_left () max by (app) ({3}))".format(
            errors, stable, label, rate
        ),
        "10s",
        "warning",
        app
        + ": {{ $value | humanizePercentage }} of the requests to {{ $labels."
        + label
        + " }} fail, twice as many as elsewhere",
        labels,
    )


def _and(*matchers: str) -> str:
    return ",".join(filter(None, matchers))


def _host(settings: Settings) -> t.Iterator[Rule]:
    known = 'host!=""' if settings.jobs else ""
    disk = "node_filesystem_avail_bytes{{{0}}} / node_filesystem_size_bytes{{{0}}}".format(_and(_DISKS, known))
    others = "job=~" + quoted("|".join(settings.jobs)) if settings.jobs else 'job!="node"'
    where = "{{ $labels.instance }}"
    yield _alert(
        "HostDown",
        "up{{{0}}} == 0".format(_and('job="node"', known)),
        settings.down_for,
        "critical",
        where + " does not answer",
    )
    yield _alert(
        "TargetDown",
        "up{{{0}}} == 0".format(others),
        settings.down_for,
        "warning",
        "{{ $labels.job }} at " + where + " does not answer",
    )
    yield _alert(
        "HostDiskFills",
        disk + " < 0.1",
        "5m",
        "warning",
        where + ": {{ $value | humanizePercentage }} of {{ $labels.mountpoint }} are free",
    )
    yield _alert(
        "HostDiskFull",
        disk + " < 0.03",
        "1m",
        "critical",
        where + ": {{ $value | humanizePercentage }} of {{ $labels.mountpoint }} are free",
    )
    yield _alert(
        "HostMemoryShort",
        "node_memory_MemAvailable_bytes{{{0}}} / node_memory_MemTotal_bytes{{{0}}} < 0.05".format(known),
        "5m",
        "warning",
        where + ": {{ $value | humanizePercentage }} of its memory are free",
    )
    yield _alert(
        "HostSaturated",
        "1 - avg by (instance, host) (rate(node_cpu_seconds_total{{{0}}}[5m])) > 0.9".format(
            _and('mode="idle"', known)
        ),
        "15m",
        "warning",
        where + ": its processors are {{ $value | humanizePercentage }} busy",
    )


def _monitoring() -> t.Iterator[Rule]:
    yield _alert("Watchdog", "vector(1)", "", "none", "alerts come through; who gets no more of these is to look why")
    yield _alert(
        "AlertmanagerMissing",
        "prometheus_notifications_alertmanagers_discovered < 1",
        "10s",
        "critical",
        "{{ $labels.instance }} knows no Alertmanager: nobody is told of anything",
    )
    yield _alert(
        "RulesFail",
        "increase(prometheus_rule_evaluation_failures_total[5m]) > 0",
        "",
        "warning",
        "{{ $labels.instance }} could not evaluate the rules of {{ $labels.rule_group }}",
    )
