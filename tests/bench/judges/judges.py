# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The judges beside each other: when each of them calls a simulated canary worse, if it does.

Each takes one rollout and returns the number of looks after which it fails the canary, or None.
"""

from __future__ import annotations

import typing as t

import numpy as np

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta import mann_whitney
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.classify import Label, classify
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.metric import Direction, Metric
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.rules import Rules
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.evidence import Claim
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.judge import judge
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.pairs import Pairs
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.rates import Rates as Looks
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.rates import Tally
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.verdict import Verdict
from ansible_collections.progressive.delivery.tests.bench.judges import arms

ALPHA = 0.05
MINIMUM = 100
"""Samples on each side before ours says anything."""

_WINDOW = 12
"""Looks in the minute over which Flagger's queries look back."""
_BREACHES = 5
"""Flagger's `threshold`: how many failed checks make a canary fail."""
KAYENTA = Rules.compatible(root_tolerance=None)
"""Kayenta's rules, faults included, with the interval that it means."""
KAYENTA_AS_IT_SEARCHES = Rules.compatible()
"""The same with the interval that its search finds, to 0.0001 in the metric's unit: among values that are mostly 0, chance."""

_METRIC = Metric("canary", direction=Direction.INCREASE)
_FAR_APART = 1.5
"""Standard errors; the interval keeps away from 0 beyond 2.3 of them."""

Judge = t.Callable[[t.Any], t.Optional[int]]


def ours_on_errors(rates: arms.Rates) -> int | None:
    """The sequential judge with its default margin for errors."""
    seen = Looks(Claim(1.5, ALPHA))
    for look, (total_baseline, bad_baseline, total_canary, bad_canary) in enumerate(rates):
        seen = seen.after(Tally(int(total_baseline), int(bad_baseline)), Tally(int(total_canary), int(bad_canary)))
        # Below the threshold the judge fails none, so it need not be asked.
        if seen.highest[0] < seen.claim.threshold:
            continue
        if judge(seen.evidence(), seen.claim, MINIMUM, over=False).verdict is Verdict.FAILED:
            return look + 1
    return None


def ours_on_latency(values: arms.Values) -> int | None:
    """The sequential judge with its default margin for latency, on the requests themselves."""
    seen = Pairs(Claim(1.1, ALPHA))
    for look in range(arms.LOOKS):
        seen = seen.after(values[0, look].tolist(), values[1, look].tolist(), look)
        if judge(seen.evidence(), seen.claim, MINIMUM, over=False).verdict is Verdict.FAILED:
            return look + 1
    return None


def flagger_on_errors(limit: float) -> Judge:
    """A success rate of the canary over the last minute below 1 - *limit*."""

    def fails(rates: arms.Rates) -> int | None:
        return _breaches(_last_minute(rates[:, 3]) / _last_minute(rates[:, 2]) > limit)

    return fails


def flagger_on_latency(limit: float) -> Judge:
    """A median of the canary over the last minute above *limit* milliseconds."""

    def fails(values: arms.Values) -> int | None:
        windows = [values[1, max(0, look - _WINDOW + 1) : look + 1] for look in range(arms.LOOKS)]
        return _breaches(np.array([np.median(window) > limit for window in windows]))

    return fails


def kayenta_on_errors(rules: Rules) -> Judge:
    """Kayenta's judge of error rates in bins of one look, asked again after every look."""
    return lambda rates: _kayenta(rates[:, 1] / rates[:, 0], rates[:, 3] / rates[:, 2], rules)


def kayenta_on_latency(rules: Rules) -> Judge:
    """Kayenta's judge of medians in bins of one look, asked again after every look."""

    def fails(values: arms.Values) -> int | None:
        medians = np.median(values, axis=2)
        return _kayenta(medians[0], medians[1], rules)

    return fails


def _last_minute(counts: t.Any) -> t.Any:
    summed = np.cumsum(counts).astype(float)
    summed[_WINDOW:] -= summed[:-_WINDOW].copy()
    return summed


def _breaches(bad: t.Any) -> int | None:
    hits = np.flatnonzero(np.cumsum(bad) >= _BREACHES)
    return int(hits[0]) + 1 if len(hits) else None


def _kayenta(baseline: t.Any, canary: t.Any, rules: Rules) -> int | None:
    for count in range(2, arms.LOOKS + 1):
        before, after = baseline[:count].tolist(), canary[:count].tolist()
        if _may_be_high(before, after) and classify(_METRIC, before, after, rules).label is Label.HIGH:
            return count
    return None


def _may_be_high(baseline: t.Sequence[float], canary: t.Sequence[float]) -> bool:
    """Whether the interval is worth the search: its lower end is near 0 at most when the ranks are less far apart."""
    try:
        return mann_whitney.shift_statistic(0.0, 0.0, canary, baseline) > _FAR_APART
    except mann_whitney.AllTied:
        return False
