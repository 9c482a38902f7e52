# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What speaks for and against a canary so far, and what may be said of it at any time.

PRIVATE to the collection. Pure. An e-value is evidence that adds up: it is a
bet against a claim, and while the claim is true its expected value is at most
1 whenever one looks (Ville's inequality: it ever reaches ``1 / alpha`` with a
probability of at most ``alpha``; Ramdas, Grünwald, Vovk and Shafer,
"Game-theoretic statistics and safe anytime-valid inference", 2023). So a
verdict may be asked for after every step, and its error rate still holds for
the whole rollout.
"""

from __future__ import annotations

import dataclasses
import math
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption

_MOST = 700.0
"""Of a logarithm whose exponential is still a number."""
_FARTHEST = 1000.0
"""The highest ratio that anything is claimed of; the grid of ratios and the steps of pairs reach a little further."""


@dataclasses.dataclass(frozen=True)
class Interval:
    """A range of ratios; ``upper`` may be infinite."""

    lower: float
    upper: float


SAME = Interval(1.0, 1.0)
"""The offset of hosts that are taken to be alike."""


@dataclasses.dataclass(frozen=True)
class Claim:
    """What is tested: that the canary is at most ``margin`` times as bad as the baseline.

    :param margin: the ratio up to which a difference is too small to matter, above 1; 1.5 for half as many errors again
    :param alpha: how often, at most, a canary within the margin may be called worse, between 0 and 1
    :param offset: how many times as bad the canary's hosts were before the change
    """

    margin: float
    alpha: float = 0.05
    offset: Interval = SAME

    def __post_init__(self) -> None:
        if not 1 < self.margin < math.inf:
            raise InvalidOption("margin: {0:g} is not a ratio above 1".format(self.margin))
        if not 0 < self.alpha < 1:
            raise InvalidOption("alpha: {0:g} is not between 0 and 1".format(self.alpha))
        if not 0 < self.offset.lower <= self.offset.upper < math.inf:
            raise InvalidOption(
                "offset: {0:g} to {1:g} is no range of ratios".format(self.offset.lower, self.offset.upper)
            )
        if not 1 / _FARTHEST <= self.within_to <= self.worse_from <= _FARTHEST:
            said = "margin: {0:g}, with an offset of {1:g} to {2:g}, is beyond what ratios are told apart, {3:g} times"
            raise InvalidOption(said.format(self.margin, self.offset.lower, self.offset.upper, _FARTHEST))

    @property
    def worse_from(self) -> float:
        """The ratio above which the canary is worse, whatever the hosts' share in it."""
        return self.margin * self.offset.upper

    @property
    def within_to(self) -> float:
        """The ratio below which it is within the margin, whatever the hosts' share in it."""
        return self.margin * self.offset.lower

    @property
    def threshold(self) -> float:
        """The logarithm that an e-value has to reach."""
        return -math.log(self.alpha)


@dataclasses.dataclass(frozen=True)
class Evidence:
    """What was seen up to a look.

    :param estimate: the ratio canary to baseline; infinite where only the canary has any, None where neither has
    :param interval: where the ratio is; wrong at any time of the rollout with a probability of at most alpha
    :param worse: logarithm of the highest e-value so far against "at most the margin"
    :param within: logarithm of the highest e-value so far against "the margin or more"
    :param baseline: samples of the baseline
    :param canary: samples of the canary
    """

    estimate: t.Optional[float]
    interval: Interval
    worse: float
    within: float
    baseline: int
    canary: int

    @property
    def e_value(self) -> float:
        """The evidence that the canary is worse, as a factor."""
        return math.exp(min(self.worse, _MOST))

    @property
    def p_value(self) -> float:
        """Of being worse; valid whenever it is read."""
        return anytime_p(self.worse)


def anytime_p(log_e_value: float) -> float:
    """The p-value that the highest e-value so far stands for: its inverse, at most 1."""
    return math.exp(-max(0.0, log_e_value))
