# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Simulated canaries and their baselines: those that are no worse, and those that are.

A rollout is 120 looks, one every 5 seconds for 10 minutes, at so many requests a
second on each side. One request in a hundred fails; latencies are lognormal
with a median of 100 ms and sigma 0.6. What else happens is a cell of the table.
"""

from __future__ import annotations

import dataclasses
import typing as t

import numpy as np

LOOKS = 120
LOOK_SECONDS = 5
ERRORS = 0.01
MEDIAN_MS = 100.0
SIGMA = 0.6

_DRIFT_FROM = 30
"""The look at which both sides rise."""
_AUTOREGRESSION = 0.8

Rates = t.Any
"""An array of looks × (baseline total, baseline bad, canary total, canary bad)."""
Values = t.Any
"""An array of side × looks × requests; the baseline is the first side."""


@dataclasses.dataclass(frozen=True)
class Cell:
    """One way in which canaries may be, and what of it a judge is to say.

    :param effect: how many times as bad as the baseline the canary is
    :param drift: by how much both sides rise on the way
    :param noise: standard deviation of what each side has of its own in each look, as a part of the whole
    :param persistent: whether that noise is an autoregression over the looks, with 0.8
    :param worse: whether a judge is to call it worse
    """

    name: str
    effect: float = 1.0
    drift: float = 1.0
    noise: float = 0.0
    persistent: bool = False
    worse: bool = False


ERROR_CELLS = (
    Cell("iid"),
    Cell("shared drift", drift=3.0),
    Cell("overdispersed", noise=0.5),
    Cell("autocorrelated", noise=0.4, persistent=True),
    Cell("benign, × 1.2", effect=1.2),
    Cell("1 % → 3 %", effect=3.0, worse=True),
    Cell("1 % → 2 %", effect=2.0, worse=True),
)
LATENCY_CELLS = (
    Cell("iid"),
    Cell("shared drift", drift=1.5),
    Cell("overdispersed", noise=0.06),
    Cell("autocorrelated", noise=0.06, persistent=True),
    Cell("benign, + 5 %", effect=1.05),
    Cell("p50 + 20 %", effect=1.2, worse=True),
    Cell("p50 + 15 %", effect=1.15, worse=True),
)


def errors(cell: Cell, rate: int, chance: np.random.Generator) -> Rates:
    """One rollout of requests of which some fail, at *rate* requests a second on each side."""
    levels = np.minimum(1.0, ERRORS * _levels(cell, chance))
    total = rate * LOOK_SECONDS
    bad = chance.binomial(total, levels)
    return np.stack([np.full(LOOKS, total), bad[0], np.full(LOOKS, total), bad[1]], axis=1)


def latencies(cell: Cell, rate: int, chance: np.random.Generator) -> Values:
    """One rollout of requests that take their time, in milliseconds."""
    shape = (2, LOOKS, rate * LOOK_SECONDS)
    return MEDIAN_MS * _levels(cell, chance)[:, :, np.newaxis] * chance.lognormal(0.0, SIGMA, shape)


def _levels(cell: Cell, chance: np.random.Generator) -> t.Any:
    """By side and look, how many times as high as usual it is."""
    levels = np.ones((2, LOOKS))
    levels[:, _DRIFT_FROM:] *= cell.drift
    levels[1] *= cell.effect
    if cell.persistent:
        return levels * np.exp(cell.noise * _autoregression(chance) - cell.noise**2 / 2)
    if cell.noise:
        shape = cell.noise**-2
        return levels * chance.gamma(shape, 1 / shape, levels.shape)
    return levels


def _autoregression(chance: np.random.Generator) -> t.Any:
    """Of order one with unit variance, for each side."""
    shocks = chance.normal(size=(2, LOOKS))
    path = shocks.copy()
    for look in range(1, LOOKS):
        path[:, look] = _AUTOREGRESSION * path[:, look - 1] + (1 - _AUTOREGRESSION**2) ** 0.5 * shocks[:, look]
    return path
