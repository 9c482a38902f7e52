# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether something that is counted, errors say, is more frequent in the canary than in the baseline.

PRIVATE to the collection. Pure. One look has ``n`` requests and ``x`` bad ones
a side. Given a ratio of the rates, ``rho``, the canary's part of all bad ones
is ``p(rho) = rho n_c / (rho n_c + n_b)``. The e-value against "the ratio is at
most ``r``" is the product, over the looks, of

    (p(rho) / p(r)) ** x_c  *  ((1 - p(rho)) / (1 - p(r))) ** x_b

averaged over a prior of ratios ``rho`` above ``r`` that is fixed before the
first look. It is that of Lindon and Malek ("Anytime-valid inference for
multinomial count data", 2022) where the exposures never change, and stays
valid where they do, as they do when a canary's share grows: for a request that
is bad with probability ``q`` the expected factor is ``1 + q (a - 1)``, at most
``exp(q (a - 1))``, and over the requests of one look these exponents sum to 0 at
the boundary and to less below it. What happens to both sides at once, a shared
drift, cancels out look by look.
"""

from __future__ import annotations

import dataclasses
import math
import typing as t

try:
    import numpy as np
    from scipy.special import logsumexp
except ImportError:
    np = logsumexp = None

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.errors import BadMeasurement
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.evidence import (
    Claim,
    Evidence,
    Interval,
)
from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import MissingLibrary

_STEP = 0.02
_WIDEST = 7.0
"""Half the width, as logarithms of ratios, of the grid on which ratios are looked at: up to about 1,100 times."""
_ALTERNATIVE = 0.6
"""Standard deviation, as a logarithm, of the half-normal prior beyond the margin: chosen so that three times the errors
against a margin of 1.5 are found soonest, see docs/how-a-verdict-is-reached.md."""
_AROUND = 1.0
"""The same of the normal prior around 1 from which the interval is made."""


@dataclasses.dataclass(frozen=True)
class Tally:
    """Requests of one side in one look.

    :param total: all of them
    :param bad: those that count against it
    :raises BadMeasurement: when these are no counts
    """

    total: int
    bad: int

    def __post_init__(self) -> None:
        if not (math.isfinite(self.total) and math.isfinite(self.bad) and 0 <= self.bad <= self.total):
            raise BadMeasurement("{0} bad of {1} requests are no counts".format(self.bad, self.total))


@dataclasses.dataclass(frozen=True)
class Rates:
    """All looks at a rate so far, baseline and canary in each."""

    claim: Claim
    looks: t.Tuple[t.Tuple[Tally, Tally], ...] = ()

    def after(self, baseline: Tally, canary: Tally) -> Rates:
        """The same with one more look."""
        return dataclasses.replace(self, looks=(*self.looks, (baseline, canary)))

    def evidence(self) -> Evidence:
        """What the looks come to.

        :raises MissingLibrary: when scipy is not installed
        """
        baseline, canary = (sum(look[side].total for look in self.looks) for side in (0, 1))
        looks = self._compared()
        if not looks[:, (1, 3)].sum():
            return Evidence(None, Interval(0.0, math.inf), 0.0, 0.0, baseline, canary)
        logs = self._grid()
        paths = _likelihood(looks, logs)
        return Evidence(
            estimate=_most_likely(looks, logs, paths[-1]),
            interval=_interval(logs, paths[-1], self.claim.threshold),
            worse=max(0.0, *_bet(paths, logs, math.log(self.claim.worse_from), above=True)),
            within=max(0.0, *_bet(paths, logs, math.log(self.claim.within_to), above=False)),
            baseline=baseline,
            canary=canary,
        )

    def log_e_values(self) -> t.List[float]:
        """The logarithm of the e-value for being worse after each look that compares anything.

        :raises MissingLibrary: when scipy is not installed
        """
        logs = self._grid()
        return list(_bet(_likelihood(self._compared(), logs), logs, math.log(self.claim.worse_from), above=True))

    def _compared(self) -> t.Any:
        """The looks in which both sides had requests, as rows of baseline total and bad, canary total and bad."""
        if np is None:
            raise MissingLibrary("scipy")
        rows = [(b.total, b.bad, c.total, c.bad) for b, c in self.looks if b.total and c.total]
        return np.array(rows, dtype=float).reshape(-1, 4)

    def _grid(self) -> t.Any:
        """Logarithms of the ratios that are looked at, with the two bounds of the claim among them."""
        bounds = [math.log(self.claim.worse_from), math.log(self.claim.within_to)]
        return np.union1d(np.arange(-_WIDEST, _WIDEST + _STEP / 2, _STEP), bounds)


def _likelihood(looks: t.Any, logs: t.Any) -> t.Any:
    """By look and ratio, the logarithm of the likelihood of whose the bad requests up to that look are."""
    exposed_baseline, exposed_canary = np.log(looks[:, 0:1]), np.log(looks[:, 2:3]) + logs
    bad_baseline, bad_canary = looks[:, 1:2], looks[:, 3:4]
    whole = np.logaddexp(exposed_canary, exposed_baseline)
    return np.cumsum(bad_canary * (exposed_canary - whole) + bad_baseline * (exposed_baseline - whole), axis=0)


def _bet(paths: t.Any, logs: t.Any, bound: float, above: bool) -> t.List[float]:
    """The logarithm of the e-value against the ratio at *bound* and all on its other side, look by look."""
    beyond = logs > bound if above else logs < bound
    weights = _normal(logs[beyond] - bound, _ALTERNATIVE)
    against = logsumexp(paths[:, beyond] + weights, axis=1) - paths[:, np.searchsorted(logs, bound)]
    return t.cast("t.List[float]", against.tolist())


def _interval(logs: t.Any, likelihood: t.Any, threshold: float) -> Interval:
    """The ratios that were not bet against with success; open where the grid ends."""
    mixture = logsumexp(likelihood + _normal(logs, _AROUND))
    held = np.flatnonzero(mixture - likelihood < threshold)
    first, last = held[0], held[-1]
    lower = 0.0 if first == 0 else math.exp(logs[first - 1])
    upper = math.inf if last == len(logs) - 1 else math.exp(logs[last + 1])
    return Interval(lower, upper)


def _most_likely(looks: t.Any, logs: t.Any, likelihood: t.Any) -> float:
    """The ratio under which the counts are most likely, to the grid's step."""
    if not looks[:, 1].sum():
        return math.inf
    return math.exp(logs[int(np.argmax(likelihood))]) if looks[:, 3].sum() else 0.0


def _normal(logs: t.Any, deviation: float) -> t.Any:
    """Logarithms of normal weights around 0 that sum to 1."""
    density = -0.5 * np.square(logs / deviation)
    return density - logsumexp(density)
