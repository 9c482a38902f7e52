# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run of several judgements, one after the other, comes to.

Pure. PRIVATE to the collection.
"""

from __future__ import annotations

import enum
import typing as t
from dataclasses import dataclass

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.rules import Rules
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.score import Thresholds
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption


class Outcome(str, enum.Enum):
    """How a run stands."""

    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"


@dataclass(frozen=True)
class Run:
    """How a run stands, and why.

    :param judgements: how many of its scores count; those after its end do not
    """

    outcome: Outcome
    judgements: int
    reason: str


def passes(final: float, marginal: t.Optional[float], passing: t.Optional[float], rules: Rules) -> t.Tuple[bool, str]:
    """Whether the last score of a run passes it, and why (``getAggregatedJudgment`` of GenerateCanaryAnalysisResultTask.java).

    :param marginal: None where there is no such threshold; ``passing`` likewise
    :raises InvalidOption: marginal above pass, unless ``rules.checks_thresholds`` is False
    """
    if marginal is not None and passing is not None:
        Thresholds(marginal, passing).check(rules)
    if marginal is None and passing is None:
        return True, "there is no threshold"
    if marginal is not None and ends_run(final, marginal, rules):
        return False, "the score of {0:g} is not above marginal, {1:g}".format(final, marginal)
    if passing is None:
        return True, "there is no threshold to pass"
    if final < passing:
        return False, "the last score, {0:g}, is below pass, {1:g}".format(final, passing)
    return True, "the last score, {0:g}, reaches pass, {1:g}".format(final, passing)


def ends_run(value: float, marginal: float, rules: Rules) -> bool:
    """Whether this score ends a run at once: below marginal, and with Kayenta's rules at it too (MonitorCanaryTask.java).

    A score of 0, which is what a critical failure scores, always does.
    """
    return value < marginal or (value == marginal and not (rules.marginal_goes_on and value > 0))


def follow(scores: t.Sequence[float], planned: int, thresholds: Thresholds, rules: Rules) -> Run:
    """How a run of *planned* judgements stands after these *scores*, in their order.

    A score says nothing of why it is low: leave out those of judgements whose
    verdict is an error, or inconclusive for want of data.

    :raises InvalidOption: thresholds that cannot be meant, unless ``rules.checks_thresholds`` is False; fewer than one planned
    """
    thresholds.check(rules)
    if planned < 1:
        raise InvalidOption("judgements: a run of {0} says nothing".format(planned))
    for number, value in enumerate(scores[:planned], start=1):
        if ends_run(value, thresholds.marginal, rules):
            reason = passes(value, thresholds.marginal, thresholds.passing, rules)[1]
            return Run(Outcome.FAILED, number, reason)
    if len(scores) < planned:
        return Run(Outcome.RUNNING, len(scores), "{0} of {1} judgements were made".format(len(scores), planned))
    passed, reason = passes(scores[planned - 1], thresholds.marginal, thresholds.passing, rules)
    return Run(Outcome.PASSED if passed else Outcome.FAILED, planned, reason)
