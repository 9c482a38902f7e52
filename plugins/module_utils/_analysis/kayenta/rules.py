# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How faithfully Kayenta's judge is followed, and where its faults are mended.

PRIVATE to the collection. Pure.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import typing as t
from dataclasses import dataclass

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.mann_whitney import least_sample
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption

TOLERANCE = 0.25
"""What NetflixACAJudge.scala hard-codes: the part of the estimated shift that the interval must keep away from 0."""

CONFIDENCE = 0.98
"""What NetflixACAJudge.scala hard-codes: the level of the confidence interval."""

ROOT_TOLERANCE = 1e-4
"""How near to a bound of the interval BrentSolver.java stops, in the metric's unit whatever that is."""


@dataclass(frozen=True)
class Rules:
    """The rules of a judgement; by default every known fault of Kayenta's is mended.

    :meth:`compatible` gives Kayenta's own, faults included. Every fault has an
    option, so that each can be brought back, or mended, alone.

    :param tolerance: a shift counts when its whole interval is farther from 0 than this part of its estimate; 0 to below 1
    :param confidence: level of the interval, above 0 and below 1
    :param configured: False takes 0.25 and 0.98 whatever ``tolerance`` and ``confidence`` say
    :param minimum_sample: measurements that each side needs, else there is no data; None takes the fewest with which even
        two samples that do not overlap at all can be told apart at this confidence, 0 takes whatever there is
    :param root_tolerance: None finds the interval exactly; a number, in the metric's unit, searches it that closely, so that
        labels of metrics in small units are chance: two samples that are mostly 0 can differ by it
    :param guards_zeros: where at least half of a side is 0, which no shift describes, the rank-sum test of no difference
        decides beside the interval, and ``allowed_absolute`` of a metric is heeded; False passes errors that a baseline
        without any does not have
    :param ratio_of_positive_baseline: against a negative mean a ratio says the contrary of what it should, so it is left
        out of account; False lets a canary pass that is worse than a negative baseline
    :param counts_errors: a metric that could not be judged counts in its group, keeps its criticality, and makes the
        verdict ``error``; False leaves it out, so that nothing but errors scores 100
    :param nodata_pauses: a score that is 0 only for want of data is inconclusive; False fails it
    :param checks_words: words and keys that mean nothing are refused; False takes the default instead
    :param checks_thresholds: thresholds that cannot be meant, such as marginal above pass, are refused
    :param marginal_goes_on: a run goes on at a score that equals the marginal threshold, which is marginal; False ends it
    :raises InvalidOption: a number that is out of its range
    """

    tolerance: float = TOLERANCE
    confidence: float = CONFIDENCE
    configured: bool = True
    minimum_sample: t.Optional[int] = None
    root_tolerance: t.Optional[float] = None
    guards_zeros: bool = True
    ratio_of_positive_baseline: bool = True
    counts_errors: bool = True
    nodata_pauses: bool = True
    checks_words: bool = True
    checks_thresholds: bool = True
    marginal_goes_on: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.tolerance < 1:
            raise InvalidOption("tolerance: {0} is not from 0 to below 1".format(self.tolerance))
        if not 0 < self.confidence < 1:
            raise InvalidOption("confidence: {0} is not between 0 and 1".format(self.confidence))
        if self.minimum_sample is not None and self.minimum_sample < 0:
            raise InvalidOption("minimum_sample: {0} is less than 0".format(self.minimum_sample))
        if self.root_tolerance is not None and not 0 < self.root_tolerance < math.inf:
            raise InvalidOption("root_tolerance: {0} is not above 0".format(self.root_tolerance))

    @classmethod
    def compatible(cls, **changes: t.Any) -> Rules:
        """Kayenta's judge with its faults, and *changes* to these rules by their names.

        :raises InvalidOption: a number that is out of its range
        """
        return dataclasses.replace(_KAYENTA, **changes)

    @property
    def used_tolerance(self) -> float:
        """The tolerance that is judged by."""
        return self.tolerance if self.configured else TOLERANCE

    @property
    def used_confidence(self) -> float:
        """The confidence that is judged by."""
        return self.confidence if self.configured else CONFIDENCE

    @property
    def needed_sample(self) -> int:
        """How many measurements each side needs.

        :raises MissingLibrary: when scipy is not installed and ``minimum_sample`` does not say
        """
        return _least_sample(self.used_confidence) if self.minimum_sample is None else self.minimum_sample


_least_sample = functools.lru_cache(maxsize=None)(least_sample)

_KAYENTA = Rules(
    configured=False,
    minimum_sample=0,
    root_tolerance=ROOT_TOLERANCE,
    guards_zeros=False,
    ratio_of_positive_baseline=False,
    counts_errors=False,
    nodata_pauses=False,
    checks_words=False,
    checks_thresholds=False,
    marginal_goes_on=False,
)
