# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people and playbooks read."""

from __future__ import annotations

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._health.assessment import (
    Assessment,
    End,
    Observation,
    Rule,
)
from ansible_collections.progressive.delivery.plugins.module_utils._health.interface import (
    Finding,
    Severity,
    failed,
    passed,
    unable,
)
from ansible_collections.progressive.delivery.plugins.module_utils._health.policy import Policy
from ansible_collections.progressive.delivery.plugins.module_utils._health.verdict import Names, verdict

CRITICAL, WARNING = Severity.CRITICAL, Severity.WARNING


def judged(
    *findings: list[Finding],
    rules: tuple[Rule, ...] = (Rule(), Rule(critical=False)),
    end: End = End.HEALTHY,
    **options,
) -> dict:
    """The verdict on targets a, b, … whose probes found this, in the order of the rules."""
    policy = Policy(**{"quorum": len(findings), **options})
    assessment = Assessment(rules, len(findings), policy, 0.0)
    probes = [place for place, rule in enumerate(rules) if not rule.members]
    for target, found in enumerate(findings):
        for place, finding in zip(probes, found, strict=False):
            assessment.observe(target, place, Observation(finding, 1.0, 0.25))
    severities = [CRITICAL if rule.critical else WARNING for rule in rules]
    names = Names("abcdefgh"[: len(findings)], ["ready", "room", "either"][: len(rules)], severities)
    return verdict(assessment, names, end, 1.23456)


GOOD, BAD = passed("status 200"), failed("status 503, expected 200")


@pytest.mark.parametrize(
    ("findings", "quorum", "status", "healthy", "ready"),
    [
        ([[GOOD, GOOD], [GOOD, GOOD]], 2, "healthy", True, 2),
        ([[GOOD, GOOD], [GOOD, BAD]], 2, "degraded", True, 2),
        ([[GOOD, GOOD], [BAD, GOOD]], 1, "degraded", True, 1),
        ([[GOOD, GOOD], [BAD, GOOD]], 2, "unhealthy", False, 1),
        ([[GOOD, BAD], [BAD, BAD]], 2, "unhealthy", False, 1),
    ],
)
def test_the_whole(findings, quorum, status, healthy, ready) -> None:
    result = judged(*findings, quorum=quorum)

    assert (result["status"], result["healthy"], result["ready"]) == (status, healthy, ready)
    assert (result["expected"], result["ended_by"], result["duration"]) == (quorum, "healthy", 1.235)


def test_each_target_and_check() -> None:
    result = judged([GOOD, unable("no resolver")])

    assert result["targets"] == {
        "a": {
            "status": "degraded",
            "healthy": True,
            "checks": {
                "ready": {
                    "healthy": True,
                    "severity": "critical",
                    "latency": 0.25,
                    "attempts": 1,
                    "reason": "status 200",
                    "fault": None,
                },
                "room": {
                    "healthy": False,
                    "severity": "warning",
                    "latency": 0.25,
                    "attempts": 1,
                    "reason": "no resolver",
                    "fault": "checker",
                },
            },
        }
    }


def test_a_check_of_which_nothing_is_known() -> None:
    shown = judged([], end=End.DEADLINE, deadline=9.0)["targets"]["a"]["checks"]["ready"]

    assert shown["attempts"] == 0
    assert shown["latency"] is None
    assert shown["reason"] == "no attempt ended within the deadline of 9 s"
    assert shown["healthy"] is False


@pytest.mark.parametrize(
    ("finding", "options", "reason"),
    [
        (GOOD, {"rise": 3}, "status 200 (1 of the 3 passes in a row that it takes)"),
        (BAD, {"fall": 2}, "status 503, expected 200 (1 of the 2 failures in a row that it takes)"),
    ],
)
def test_an_attempt_that_does_not_count_yet_says_so(finding, options, reason) -> None:
    assert judged([finding, GOOD], **options)["targets"]["a"]["checks"]["ready"]["reason"] == reason


COMPOSITE = (Rule(counted=False), Rule(counted=False), Rule(members=(0, 1), needed=1))


@pytest.mark.parametrize(
    ("findings", "status", "reason"),
    [
        ([GOOD, GOOD], "healthy", "2 of 2 healthy, 1 needed"),
        ([GOOD, BAD], "healthy", "1 of 2 healthy, 1 needed; not healthy: room"),
        ([BAD, BAD], "unhealthy", "0 of 2 healthy, 1 needed; not healthy: ready, room"),
    ],
)
def test_a_composite(findings, status, reason) -> None:
    target = judged(findings, rules=COMPOSITE)["targets"]["a"]

    assert target["status"] == status
    assert target["checks"]["either"]["reason"] == reason
    assert target["checks"]["either"]["latency"] == 0.25
    assert target["checks"]["either"]["attempts"] == 1


BLIND = unable("no resolver")


@pytest.mark.parametrize(
    ("findings", "fault"),
    [
        ([GOOD, BLIND], None),
        ([BLIND, BLIND], "checker"),
        ([BAD, BLIND], "checker"),
        ([BAD, BAD], "target"),
    ],
)
def test_a_composite_has_the_fault_of_its_parts(findings, fault) -> None:
    result = judged(findings, rules=COMPOSITE)

    assert result["targets"]["a"]["checks"]["either"]["fault"] == fault
    assert result["fault"] == fault


def test_a_composite_that_needs_a_part_which_its_target_failed_is_the_targets() -> None:
    rules = (Rule(counted=False), Rule(counted=False), Rule(members=(0, 1), needed=2))

    assert judged([BAD, BLIND], rules=rules)["targets"]["a"]["checks"]["either"]["fault"] == "target"


@pytest.mark.parametrize(
    ("findings", "quorum", "fault"),
    [
        ([[GOOD, BLIND]], 1, None),
        ([[BLIND, GOOD]], 1, "checker"),
        ([[BAD, BLIND]], 1, "target"),
        ([[GOOD, GOOD], [BLIND, GOOD]], 1, None),
        ([[BAD, GOOD], [BLIND, GOOD]], 1, "checker"),
        ([[BAD, GOOD], [BLIND, GOOD]], 2, "target"),
        ([[]], 1, "target"),
    ],
)
def test_whose_fault_it_is_that_the_quorum_is_not_there(findings, quorum, fault) -> None:
    assert judged(*findings, quorum=quorum)["fault"] == fault


def test_a_reason_is_kept_short() -> None:
    reason = judged([failed("x" * 1_000_000), GOOD])["targets"]["a"]["checks"]["ready"]["reason"]

    assert reason == "x" * 300 + "..."


@pytest.mark.parametrize(
    ("findings", "end", "options", "summary"),
    [
        ([[GOOD, GOOD]], End.HEALTHY, {}, "healthy: 1 of 1 target ready, 1 needed."),
        ([[GOOD, GOOD]], End.HELD, {"hold": 30.0}, "healthy: 1 of 1 target ready, 1 needed, for 30 s."),
        (
            [[GOOD, BAD], [BAD, GOOD]],
            End.DEADLINE,
            {"deadline": 60.0},
            "unhealthy: 1 of 2 targets ready, 2 needed within 60 s. "
            "b: ready: status 503, expected 200; a: room: status 503, expected 200.",
        ),
        (
            [[BLIND, GOOD]],
            End.DECIDED,
            {},
            "unhealthy: 0 of 1 target ready, 1 needed; the checking machine could not ask well enough to tell. "
            "a: ready: no resolver.",
        ),
        (
            [[BAD, BAD]] * 3,
            End.FELL,
            {},
            "unhealthy: 0 of 3 targets ready, 3 needed; they had risen and fell again. "
            "a: ready: status 503, expected 200; a: room: status 503, expected 200; "
            "b: ready: status 503, expected 200; and 3 more.",
        ),
    ],
)
def test_the_sentence(findings, end, options, summary) -> None:
    assert judged(*findings, end=end, **options)["summary"] == summary
