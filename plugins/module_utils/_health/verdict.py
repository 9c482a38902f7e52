# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts an assessment into the plain data and the one sentence that people read.

PRIVATE to the collection.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.progressive.delivery.plugins.module_utils._health.assessment import Assessment, End, Record
from ansible_collections.progressive.delivery.plugins.module_utils._health.interface import Fault, Severity

HEALTHY = "healthy"
DEGRADED = "degraded"
UNHEALTHY = "unhealthy"

_TROUBLES_TOLD = 3
_LONGEST_REASON = 300


@dataclass(frozen=True)
class Names:
    """What the places in an assessment are called."""

    targets: t.Sequence[str]
    checks: t.Sequence[str]
    severities: t.Sequence[Severity]


def verdict(assessment: Assessment, names: Names, end: End, seconds: float) -> t.Dict[str, t.Any]:
    """The module's result: overall, per target and per check.

    :param seconds: how long it all took
    """
    targets = {name: _target(assessment, names, place) for place, name in enumerate(names.targets)}
    status = _overall(assessment, targets)
    result: t.Dict[str, t.Any] = {
        "status": status,
        "healthy": status != UNHEALTHY,
        "fault": assessment.fault.value if assessment.fault else None,
        "ready": assessment.ready,
        "expected": assessment.policy.quorum,
        "ended_by": end.value,
        "duration": round(seconds, 3),
        "targets": targets,
    }
    result["summary"] = _summary(result, assessment, end)
    return result


def _overall(assessment: Assessment, targets: t.Mapping[str, t.Mapping[str, t.Any]]) -> str:
    if not assessment.has_quorum:
        return UNHEALTHY
    return HEALTHY if all(target["status"] == HEALTHY for target in targets.values()) else DEGRADED


def _target(assessment: Assessment, names: Names, place: int) -> t.Dict[str, t.Any]:
    health = assessment.health(place)
    excused = assessment.health(place, excusing=True)
    checks = {}
    for index, rule in enumerate(assessment.rules):
        shown = (
            _composite(assessment, names, place, index, health) if rule.members else _probed(assessment, place, index)
        )
        shown["healthy"] = health[index] is True
        if rule.members and not shown["healthy"]:
            shown["fault"] = (Fault.CHECKER if excused[index] else Fault.TARGET).value
        shown["severity"] = names.severities[index].value
        checks[names.checks[index]] = shown
    if not assessment.is_ready(place):
        status = UNHEALTHY
    elif all(healthy for rule, healthy in zip(assessment.rules, health) if rule.counted):
        status = HEALTHY
    else:
        status = DEGRADED
    return {"status": status, "healthy": status != UNHEALTHY, "checks": checks}


def _probed(assessment: Assessment, target: int, rule: int) -> t.Dict[str, t.Any]:
    record = assessment.records[target][rule]
    if record.last is None:
        reason = "no attempt ended within the deadline of {0:g} s".format(assessment.policy.deadline)
        return {"attempts": 0, "latency": None, "reason": reason, "fault": Fault.TARGET.value}
    finding = record.last.finding
    return {
        "attempts": record.attempts,
        "latency": round(record.last.latency, 6),
        "reason": _short(finding.reason) + _count_in_a_row(record, assessment),
        "fault": finding.fault.value if finding.fault else None,
    }


def _count_in_a_row(record: Record, assessment: Assessment) -> str:
    """Says so where the last attempt has not (yet) changed the health of the check."""
    policy = assessment.policy
    if record.passes and record.healthy is not True:
        return " ({0} of the {1} passes in a row that it takes)".format(record.passes, policy.rise)
    if record.failures and record.healthy is not False:
        return " ({0} of the {1} failures in a row that it takes)".format(record.failures, policy.fall)
    return ""


def _composite(
    assessment: Assessment, names: Names, target: int, index: int, health: t.Sequence[t.Optional[bool]]
) -> t.Dict[str, t.Any]:
    rule = assessment.rules[index]
    lacking = [names.checks[member] for member in rule.members if health[member] is not True]
    healthy = len(rule.members) - len(lacking)
    reason = "{0} of {1} healthy, {2} needed".format(healthy, len(rule.members), rule.needed)
    if lacking:
        reason += "; not healthy: " + ", ".join(lacking)
    last = [
        record.last
        for record in (assessment.records[target][member] for member in _probes_of(assessment, index))
        if record.last
    ]
    attempts = [assessment.records[target][member].attempts for member in _probes_of(assessment, index)]
    return {
        "attempts": min(attempts),
        "latency": round(max(observation.latency for observation in last), 6) if last else None,
        "reason": reason,
        "fault": None,
    }


def _short(reason: str) -> str:
    return reason if len(reason) <= _LONGEST_REASON else reason[:_LONGEST_REASON] + "..."


def _probes_of(assessment: Assessment, index: int) -> t.List[int]:
    members = assessment.rules[index].members
    return [probe for member in members for probe in _probes_of(assessment, member)] if members else [index]


def _summary(result: t.Mapping[str, t.Any], assessment: Assessment, end: End) -> str:
    total = len(result["targets"])
    text = "{0}: {1} of {2} {3} ready, {4} needed".format(
        result["status"], result["ready"], total, "target" if total == 1 else "targets", result["expected"]
    )
    text += {
        End.HELD: ", for {0:g} s".format(assessment.policy.hold),
        End.FELL: "; they had risen and fell again",
        End.DEADLINE: " within {0:g} s".format(assessment.policy.deadline),
    }.get(end, "")
    if result["fault"] == Fault.CHECKER.value:
        text += "; the checking machine could not ask well enough to tell"
    troubles = list(_troubles(result["targets"]))
    if troubles:
        text += ". " + "; ".join(troubles[:_TROUBLES_TOLD])
        if len(troubles) > _TROUBLES_TOLD:
            text += "; and {0} more".format(len(troubles) - _TROUBLES_TOLD)
    return text + "."


def _troubles(targets: t.Mapping[str, t.Mapping[str, t.Any]]) -> t.Iterator[str]:
    """What is wrong, the worst targets first."""
    for wanted in (UNHEALTHY, DEGRADED):
        for name, target in targets.items():
            if target["status"] == wanted:
                for check, shown in target["checks"].items():
                    if not shown["healthy"]:
                        yield "{0}: {1}: {2}".format(name, check, shown["reason"])
