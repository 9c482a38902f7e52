# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task gives the module ``analysis``, checked, as metrics to watch.

PRIVATE to the collection. Everything is refused here that can be, before anything is asked.
"""

from __future__ import annotations

import math
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.arguments import filled
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.conditions import Limits, conditions
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.metric import (
    ConditionMetric,
    Metric,
    RateMetric,
    RateQueries,
    Schedule,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.http_api import Access
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.interface import Provider
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.registry import PROVIDERS
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.evidence import Claim
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.rates import Rates
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption

Params = t.Mapping[str, t.Any]

_CONDITION_ONLY = (
    "success_condition",
    "failure_condition",
    "reduction",
    "count",
    "failure_limit",
    "inconclusive_limit",
    "consecutive_success_limit",
)
_RATE_ONLY = ("total", "margin", "minimum_sample")
_MARGIN = 1.5
_MINIMUM_SAMPLE = 100


def specify(params: Params) -> t.List[Metric]:
    """The metrics that a task asks for.

    :raises InvalidOption: for what cannot be meant
    :raises MissingLibrary: for what cannot be asked or judged on this machine
    """
    names = [metric["name"] for metric in params["metrics"]]
    for name in names:
        if names.count(name) > 1:
            raise InvalidOption("metrics: two are called {0}".format(name))
    if not math.isfinite(params["duration"]) or params["duration"] < 0:
        raise InvalidOption("duration: {0:g} is not a number of seconds, 0 or more".format(params["duration"]))
    if all(metric["dry_run"] for metric in params["metrics"]):
        raise InvalidOption("metrics: none of them counts; at least one must be no dry_run")
    provider = _provider(params["provider"])
    compared = [metric for metric in params["metrics"] if metric["bad"] and not metric["dry_run"]]
    alpha = params["alpha"] / max(1, len(compared))
    return [_metric(metric, params, provider, alpha) for metric in params["metrics"]]


def _provider(params: Params) -> Provider:
    access = Access(
        address=params["address"],
        headers={**(params["headers"] or {}), **(params["secret_headers"] or {})},
        timeout=params["timeout"],
        attempts=params["attempts"],
        ca_path=params["ca_path"],
        validate_certs=params["validate_certs"],
    )
    return PROVIDERS[params["type"]](access)


def _metric(metric: Params, params: Params, provider: Provider, alpha: float) -> Metric:
    if bool(metric["query"]) == bool(metric["bad"]):
        raise InvalidOption(
            "{0}: give either a query, to be judged by conditions, or bad and total, to compare canary and "
            "baseline".format(metric["name"])
        )
    _refuse_of_other_kind(metric, _RATE_ONLY if metric["query"] else _CONDITION_ONLY)
    schedule = _schedule(metric, params["interval"])
    return (_by_conditions if metric["query"] else _by_rates)(metric, params, provider, schedule, alpha)


def _refuse_of_other_kind(metric: Params, options: t.Sequence[str]) -> None:
    given = [option for option in options if metric[option] is not None]
    if given:
        kind = "is judged by conditions" if metric["query"] else "compares canary and baseline"
        raise InvalidOption("{0}: it {1}, so it takes no {2}".format(metric["name"], kind, ", ".join(given)))


def _schedule(metric: Params, interval: float) -> Schedule:
    schedule = Schedule(_or(metric["interval"], interval), metric["initial_delay"])
    if not 0 < schedule.interval < math.inf:
        raise InvalidOption("{0}: an interval of {1:g} s is no time".format(metric["name"], schedule.interval))
    if not 0 <= schedule.initial_delay < math.inf:
        raise InvalidOption(
            "{0}: an initial_delay of {1:g} s is no time".format(metric["name"], schedule.initial_delay)
        )
    return schedule


def _by_conditions(metric: Params, params: Params, provider: Provider, schedule: Schedule, _alpha: float) -> Metric:
    name = metric["name"]
    # Without a count of its own a metric with an interval of its own is asked for as long as the analysis runs, as Argo has it.
    endless = metric["count"] is None and metric["interval"] is not None
    return ConditionMetric(
        name=name,
        schedule=schedule,
        dry_run=metric["dry_run"],
        provider=provider,
        query=filled(metric["query"], _arguments(params, schedule, params["canary"]), "{0}, query".format(name)),
        conditions=conditions(metric["success_condition"], metric["failure_condition"]),
        limits=Limits(
            count=None if endless else _or(metric["count"], 1),
            failure=_or(metric["failure_limit"], 0),
            inconclusive=_or(metric["inconclusive_limit"], 0),
            consecutive_error=metric["consecutive_error_limit"],
            consecutive_success=_or(metric["consecutive_success_limit"], 0),
        ),
        reduction=metric["reduction"],
    )


def _by_rates(metric: Params, params: Params, provider: Provider, schedule: Schedule, alpha: float) -> Metric:
    name = metric["name"]
    if not metric["total"]:
        raise InvalidOption("{0}: bad needs total beside it, the counter of all that could be bad".format(name))
    if not params["baseline"] or not params["canary"]:
        raise InvalidOption("baseline and canary: name both pools, as {0} compares them".format(name))
    minimum = _or(metric["minimum_sample"], _MINIMUM_SAMPLE)
    if minimum < 1:
        raise InvalidOption("{0}: a minimum_sample of {1} is below 1".format(name, minimum))
    sides = []
    for pool in (params["baseline"], params["canary"]):
        arguments = _arguments(params, schedule, pool)
        queries = [filled(metric[part], arguments, "{0}, {1}".format(name, part)) for part in ("bad", "total")]
        sides.append(RateQueries(*queries))
    if sides[0] == sides[1]:
        raise InvalidOption(
            "{0}: the queries of both pools are the same; say with {{{{ pool }}}} which pool is meant".format(name)
        )
    claim = Claim(_or(metric["margin"], _MARGIN), alpha)
    return RateMetric(
        name=name,
        schedule=schedule,
        dry_run=metric["dry_run"],
        provider=provider,
        baseline=sides[0],
        canary=sides[1],
        minimum=minimum,
        error_limit=metric["consecutive_error_limit"],
        rates=Rates(claim),
    )


def _arguments(params: Params, schedule: Schedule, pool: t.Optional[str]) -> t.Dict[str, str]:
    """What queries are filled with: what the task gives, the pool, and the interval as a window of time."""
    known = {"window": "{0:.0f}ms".format(1000 * schedule.interval)}
    if pool:
        known["pool"] = pool
    return {**known, **{name: str(value) for name, value in (params["arguments"] or {}).items()}}


def _or(value: t.Any, default: t.Any) -> t.Any:
    return default if value is None else value
