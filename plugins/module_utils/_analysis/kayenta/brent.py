# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The root of a function of one variable, found just as R and Kayenta find it.

Pure. PRIVATE to the collection.

``scipy.optimize.brentq`` will not do for that: the rank-sum statistic is a step
function, so what comes out depends on the steps that the search takes, and
brentq takes others. It lets an interpolated step be as long as half the last
step but one, R's ``zeroin`` (and so Kayenta's BrentSolver.java) half the last.
"""

from __future__ import annotations

import sys
import typing as t


class _Point(t.NamedTuple):
    at: float
    value: float


def find_root(
    function: t.Callable[[float], float], low: float, high: float, tolerance: float, steps: int = 1000
) -> float:
    """Where *function* is 0, or changes its sign, between *low* and *high*.

    Brent's method (Algorithms for Minimization without Derivatives, chapter 4;
    the variant is that of R's ``uniroot``): interpolate, and bisect whenever that
    does not shrink the bracket fast enough.

    :param function: has one sign at *low* and the other, or 0, at *high*
    :param tolerance: at most how far from the root, in the unit of *low* and *high*
    :param steps: after how many to be content with what is reached
    """
    previous, best = _Point(low, function(low)), _Point(high, function(high))
    for end in (previous, best):
        if end.value == 0:
            return end.at
    opposite = previous
    for _step in range(steps + 1):
        last_step = best.at - previous.at
        if abs(opposite.value) < abs(best.value):
            previous, best, opposite = best, opposite, best
        least = 2 * sys.float_info.epsilon * abs(best.at) + tolerance / 2
        half = (opposite.at - best.at) / 2
        if abs(half) <= least or best.value == 0:
            break
        step = half
        if abs(last_step) >= least and abs(previous.value) > abs(best.value):
            interpolated = _interpolated(previous, best, opposite)
            inside = interpolated * half > 0 and abs(interpolated) < 1.5 * abs(half) - least / 2
            if inside and abs(interpolated) < abs(last_step) / 2:
                step = interpolated
        if abs(step) < least:
            step = least if step > 0 else -least
        previous = best
        best = _Point(best.at + step, function(best.at + step))
        if best.value * opposite.value > 0:
            opposite = previous
    return best.at


def _interpolated(previous: _Point, best: _Point, opposite: _Point) -> float:
    """The step from *best* to where a secant, or an inverse parabola through all three, is 0; 0 where there is none."""
    width = opposite.at - best.at
    s = best.value / previous.value
    if previous.at == opposite.at:
        p, q = width * s, 1 - s
    else:
        r, t_ = best.value / opposite.value, previous.value / opposite.value
        p = s * (width * t_ * (t_ - r) - (best.at - previous.at) * (r - 1))
        q = (t_ - 1) * (r - 1) * (s - 1)
    return -p / q if q else 0.0
