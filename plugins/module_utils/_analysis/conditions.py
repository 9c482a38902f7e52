# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Metrics that are judged by conditions on single measurements, with limits on how many may go wrong.

PRIVATE to the collection. Pure. The semantics are those of Argo Rollouts
(analysis/analysis.go, utils/evaluate/evaluate.go), so that teams find what they
know. What differs is what is no answer: a condition that yields neither true nor
false, as one on a name that does not exist does, is an error and never passes,
and a measurement without data is inconclusive.
"""

from __future__ import annotations

import dataclasses
import json
import math
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.verdict import Verdict
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._expression import CannotApply, Expression, compiled


@dataclasses.dataclass(frozen=True)
class Conditions:
    """When a measurement counts as good and when as bad; expressions on ``result``, what was measured."""

    success: t.Optional[Expression] = None
    failure: t.Optional[Expression] = None


@dataclasses.dataclass(frozen=True)
class Limits:
    """How many measurements there are, and how many of them may go wrong.

    :param count: measurements that make the metric complete, errors not among them; None for as long as the analysis runs
    :param failure: failed measurements that are borne; the metric fails at the next one
    :param inconclusive: the same for inconclusive ones
    :param consecutive_error: the same for errors in a row
    :param consecutive_success: successful measurements in a row with which it succeeds at once; 0 for no such limit
    """

    count: t.Optional[int] = 1
    failure: int = 0
    inconclusive: int = 0
    consecutive_error: int = 4
    consecutive_success: int = 0

    def __post_init__(self) -> None:
        for name in ("failure", "inconclusive", "consecutive_error", "consecutive_success"):
            if getattr(self, name) < 0:
                raise InvalidOption("{0}_limit: {1} is below 0".format(name, getattr(self, name)))
        if self.count is not None and self.count < 1:
            raise InvalidOption("count: {0} is below 1".format(self.count))
        if self.count is not None and self.consecutive_success > self.count:
            raise InvalidOption(
                "consecutive_success_limit: {0} can never be reached with a count of {1}".format(
                    self.consecutive_success, self.count
                )
            )


@dataclasses.dataclass(frozen=True)
class Counts:
    """What the measurements so far came to."""

    successful: int = 0
    failed: int = 0
    inconclusive: int = 0
    error: int = 0
    consecutive_error: int = 0
    consecutive_success: int = 0

    @property
    def measured(self) -> int:
        """All but the errors."""
        return self.successful + self.failed + self.inconclusive

    def after(self, verdict: Verdict) -> Counts:
        """The same with one more measurement."""
        more = {verdict.value: getattr(self, verdict.value) + 1}
        return dataclasses.replace(
            self,
            consecutive_error=self.consecutive_error + 1 if verdict is Verdict.ERROR else 0,
            consecutive_success=self.consecutive_success + 1 if verdict is Verdict.SUCCESSFUL else 0,
            **more,
        )


def conditions(success: t.Optional[str], failure: t.Optional[str]) -> Conditions:
    """Compile the two expressions, either of which may be left out.

    :raises InvalidOption: one is not valid JMESPath
    :raises MissingLibrary: jmespath is not installed
    """
    return Conditions(
        compiled(success, "success_condition") if success else None,
        compiled(failure, "failure_condition") if failure else None,
    )


def evaluate(result: t.Any, wanted: Conditions) -> t.Tuple[Verdict, str]:
    """The verdict on one measurement, and why.

    :param result: what was measured, as JSON has it; None, NaN, or a list that is empty or holds a NaN where there is no data
    """
    if _lacks_data(result):
        return Verdict.INCONCLUSIVE, "no data"
    shown = _shown(result)
    try:
        bad = wanted.failure is not None and _holds(wanted.failure, result)
        good = wanted.success is not None and _holds(wanted.success, result)
    except CannotApply as error:
        return Verdict.ERROR, "{0} with a result of {1}".format(error, shown)
    if bad:
        return Verdict.FAILED, "{0} with a result of {1}".format(_text(wanted.failure), shown)
    if good or wanted.success is None:
        return Verdict.SUCCESSFUL, shown
    if wanted.failure is None:
        return Verdict.FAILED, "not {0} with a result of {1}".format(_text(wanted.success), shown)
    return Verdict.INCONCLUSIVE, "neither condition holds with a result of {0}".format(shown)


def assess(counts: Counts, limits: Limits, terminating: bool) -> t.Optional[Verdict]:
    """The verdict on a metric, None while there is none yet.

    :param terminating: whether the analysis is being ended, so that there will be no further measurement
    """
    if counts.failed > limits.failure:
        return Verdict.FAILED
    if counts.inconclusive > limits.inconclusive:
        return Verdict.INCONCLUSIVE
    if counts.consecutive_error > limits.consecutive_error:
        return Verdict.ERROR
    if limits.consecutive_success and counts.consecutive_success >= limits.consecutive_success:
        return Verdict.SUCCESSFUL
    if limits.count is not None and counts.measured >= limits.count:
        return Verdict.INCONCLUSIVE if limits.consecutive_success else Verdict.SUCCESSFUL
    return Verdict.SUCCESSFUL if terminating else None


def _lacks_data(result: t.Any) -> bool:
    values = result if isinstance(result, list) else [result]
    return not values or result is None or any(isinstance(value, float) and math.isnan(value) for value in values)


def _holds(expression: Expression, result: t.Any) -> bool:
    value = expression.apply({"result": result})
    if not isinstance(value, bool):
        raise CannotApply(
            "{0} yields {1}, neither true nor false".format(_text(expression), json.dumps(value, default=str))
        )
    return value


def _text(expression: t.Optional[Expression]) -> str:
    return "" if expression is None else expression.text


def _shown(result: t.Any) -> str:
    return "{0:.6g}".format(result) if isinstance(result, float) else json.dumps(result, default=str)[:200]
