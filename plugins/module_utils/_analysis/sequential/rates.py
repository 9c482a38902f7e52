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

import base64
import dataclasses
import functools
import math
import typing as t

try:
    import numpy as np
except ImportError:
    np = None

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


@dataclasses.dataclass(frozen=True, eq=False)
class Rates:
    """All looks at a rate so far. It is as large after many of them as after one.

    :param looks: how many there were
    :param totals: requests of the baseline and of the canary
    :param bad: the bad ones of each, in the looks in which both sides had requests
    :param likelihood: by ratio on the grid, the logarithm of the likelihood of whose the bad requests are; None before the first
    :param highest: logarithm of the highest e-value so far for being worse, and for being within the margin
    """

    claim: Claim
    looks: int = 0
    totals: t.Tuple[int, int] = (0, 0)
    bad: t.Tuple[int, int] = (0, 0)
    likelihood: t.Any = None
    highest: t.Tuple[float, float] = (0.0, 0.0)

    def after(self, baseline: Tally, canary: Tally) -> Rates:
        """The same with one more look.

        :raises MissingLibrary: when numpy is not installed
        """
        counted = dataclasses.replace(
            self,
            looks=self.looks + 1,
            totals=(self.totals[0] + baseline.total, self.totals[1] + canary.total),
        )
        if not (baseline.total and canary.total and baseline.bad + canary.bad):
            # Where a side had nothing, or neither had anything bad, nothing is said of whose the bad ones are.
            return counted
        likelihood = _likelihood(baseline, canary, _grid_of(self.claim).logs)
        compared = dataclasses.replace(
            counted,
            bad=(self.bad[0] + baseline.bad, self.bad[1] + canary.bad),
            likelihood=likelihood if self.likelihood is None else self.likelihood + likelihood,
        )
        worse, within = compared.log_e_values()
        return dataclasses.replace(compared, highest=(max(self.highest[0], worse), max(self.highest[1], within)))

    def log_e_values(self) -> t.Tuple[float, float]:
        """The logarithm of the e-value now, for being worse and for being within the margin.

        :raises MissingLibrary: when numpy is not installed
        """
        grid = _grid_of(self.claim)
        if self.likelihood is None:
            return 0.0, 0.0
        above, below = self.likelihood[grid.worse + 1 :], self.likelihood[: grid.within]
        return (
            float(_log_sum(above + grid.above) - self.likelihood[grid.worse]),
            float(_log_sum(below + grid.below) - self.likelihood[grid.within]),
        )

    def evidence(self) -> Evidence:
        """What the looks come to.

        :raises MissingLibrary: when numpy is not installed
        """
        grid = _grid_of(self.claim)
        if self.likelihood is None:
            return Evidence(None, Interval(0.0, math.inf), 0.0, 0.0, *self.totals)
        return Evidence(self._most_likely(grid), self._interval(grid), *self.highest, *self.totals)

    def as_data(self) -> t.Dict[str, t.Any]:
        """What was seen, as JSON has it; the likelihoods as text, since numbers would be twice as long."""
        vector = None if self.likelihood is None else base64.b64encode(self.likelihood.astype("<f8").tobytes())
        return {
            "looks": self.looks,
            "totals": list(self.totals),
            "bad": list(self.bad),
            "likelihood": None if vector is None else vector.decode("ascii"),
            "highest": list(self.highest),
        }

    def restored(self, data: t.Mapping[str, t.Any]) -> Rates:
        """The same claim with what :meth:`as_data` wrote; raises KeyError, TypeError or ValueError where that is not it.

        :raises MissingLibrary: when numpy is not installed
        """
        (baseline, canary), (bad_baseline, bad_canary), (worse, within) = (
            data[name] for name in ("totals", "bad", "highest")
        )
        likelihood = None
        if data["likelihood"] is not None:
            likelihood = np.frombuffer(base64.b64decode(data["likelihood"], validate=True), dtype="<f8")
            if likelihood.shape != _grid_of(self.claim).logs.shape or not np.isfinite(likelihood).all():
                raise ValueError("its likelihoods are not those of the grid")
        return Rates(
            self.claim,
            int(data["looks"]),
            (int(baseline), int(canary)),
            (int(bad_baseline), int(bad_canary)),
            likelihood,
            (float(worse), float(within)),
        )

    def _interval(self, grid: _Grid) -> Interval:
        """The ratios that were not bet against with success; open where the grid ends."""
        mixture = _log_sum(self.likelihood + grid.around)
        held = np.flatnonzero(mixture - self.likelihood < self.claim.threshold)
        first, last = held[0], held[-1]
        lower = 0.0 if first == 0 else math.exp(grid.logs[first - 1])
        upper = math.inf if last == len(grid.logs) - 1 else math.exp(grid.logs[last + 1])
        return Interval(lower, upper)

    def _most_likely(self, grid: _Grid) -> float:
        """The ratio under which the counts are most likely, to the grid's step."""
        if not self.bad[0]:
            return math.inf
        return math.exp(grid.logs[int(np.argmax(self.likelihood))]) if self.bad[1] else 0.0


class _Grid(t.NamedTuple):
    """The ratios that are looked at, and how likely each is held to be before the first look.

    :param logs: their logarithms, in order, the two bounds of the claim among them
    :param worse: the place of the bound from which on the canary is worse
    :param within: the place of the bound below which it is within the margin
    :param above: logarithms of the prior weights of the ratios above ``worse``
    :param below: those of the ratios below ``within``
    :param around: those of all, from which the interval is made
    """

    logs: t.Any
    worse: int
    within: int
    above: t.Any
    below: t.Any
    around: t.Any


def _grid_of(claim: Claim) -> _Grid:
    """The grid for a claim; raises MissingLibrary."""
    if np is None:
        raise MissingLibrary("numpy")
    return _grid(math.log(claim.worse_from), math.log(claim.within_to))


@functools.lru_cache(maxsize=64)
def _grid(worse_from: float, within_to: float) -> _Grid:
    logs = np.union1d(np.arange(-_WIDEST, _WIDEST + _STEP / 2, _STEP), [worse_from, within_to])
    worse, within = int(np.searchsorted(logs, worse_from)), int(np.searchsorted(logs, within_to))
    return _Grid(
        logs,
        worse,
        within,
        above=_normal(logs[worse + 1 :] - worse_from, _ALTERNATIVE),
        below=_normal(logs[:within] - within_to, _ALTERNATIVE),
        around=_normal(logs, _AROUND),
    )


def _likelihood(baseline: Tally, canary: Tally, logs: t.Any) -> t.Any:
    """By ratio, the logarithm of the likelihood of whose the bad requests of one look are."""
    exposed_baseline, exposed_canary = math.log(baseline.total), math.log(canary.total) + logs
    whole = np.logaddexp(exposed_canary, exposed_baseline)
    return canary.bad * (exposed_canary - whole) + baseline.bad * (exposed_baseline - whole)


def _log_sum(logs: t.Any) -> t.Any:
    """The logarithm of the sum of what *logs* are the logarithms of."""
    highest = logs.max()
    return highest + np.log(np.exp(logs - highest).sum())


def _normal(logs: t.Any, deviation: float) -> t.Any:
    """Logarithms of normal weights around 0 that sum to 1."""
    density = -0.5 * np.square(logs / deviation)
    return density - _log_sum(density)
