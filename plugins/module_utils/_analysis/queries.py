# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked of a provider, and when, from the options of a metric.

PRIVATE to the collection.
"""

from __future__ import annotations

import math
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.arguments import filled
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.metrics.interface import Schedule
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.interface import Provider
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption

Params = t.Mapping[str, t.Any]

UNTIL_FAILED = "failed"
"""The choice of the option until with which a metric that is good is looked at further."""


def schedule_of(metric: Params, interval: float) -> Schedule:
    schedule = Schedule(or_default(metric["interval"], interval), metric["initial_delay"])
    if not 0 < schedule.interval < math.inf:
        raise InvalidOption("{0}: an interval of {1:g} s is no time".format(metric["name"], schedule.interval))
    if not 0 <= schedule.initial_delay < math.inf:
        raise InvalidOption(
            "{0}: an initial_delay of {1:g} s is no time".format(metric["name"], schedule.initial_delay)
        )
    return schedule


def queries_of_both(
    metric: Params, params: Params, provider: Provider, schedule: Schedule, parts: t.Sequence[str]
) -> t.List[t.List[str]]:
    """The queries in the options *parts*, filled in for the baseline and for the canary; raises InvalidOption."""
    if not params["baseline"] or not params["canary"]:
        raise InvalidOption("baseline and canary: name both pools, as {0} compares them".format(metric["name"]))
    sides = []
    for pool in (params["baseline"], params["canary"]):
        arguments = arguments_of(params, schedule, pool)
        sides.append([query_of(metric, part, provider, arguments) for part in parts])
    for part, baseline, canary in zip(parts, *sides):
        if baseline == canary:
            said = "{0}, {1}: the queries of both pools are the same; say with {{{{ pool }}}} which pool is meant"
            raise InvalidOption(said.format(metric["name"], part))
    return sides


def query_of(metric: Params, option: str, provider: Provider, arguments: t.Mapping[str, str]) -> str:
    """The query in an *option* of the metric, filled in and fit to be asked; raises InvalidOption."""
    query = filled(metric[option], arguments, "{0}, {1}".format(metric["name"], option))
    try:
        provider.check(query)
    except InvalidOption as error:
        raise InvalidOption("{0}, {1}: {2}".format(metric["name"], option, error.message)) from error
    return query


def arguments_of(params: Params, schedule: Schedule, pool: t.Optional[str]) -> t.Dict[str, str]:
    """What queries are filled with: what the task gives, the pool, and the interval as a window of time."""
    known = {"window": "{0:.0f}ms".format(1000 * schedule.interval)}
    if pool:
        known["pool"] = pool
    return {**known, **{name: str(value) for name, value in (params["arguments"] or {}).items()}}


def or_default(value: t.Any, default: t.Any) -> t.Any:
    return default if value is None else value
