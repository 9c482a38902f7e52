# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task gives the module ``analysis``, checked, as metrics to watch.

PRIVATE to the collection. Everything is refused here that can be, before anything is asked.
"""

from __future__ import annotations

import math
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.conditions import Limits, conditions
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.metrics.condition import ConditionMetric
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.metrics.interface import Metric, Schedule
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.metrics.learned import LearnedMetric
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.metrics.rate import RateMetric, RateQueries
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.metrics.value import ValueMetric
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.interface import (
    LookingBack,
    Provider,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.registry import provider_of
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.queries import (
    UNTIL_FAILED,
    Params,
    arguments_of,
    or_default,
    queries_of_both,
    query_of,
    schedule_of,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.evidence import (
    SAME,
    Claim,
    Interval,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.libraries import need_libraries
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.pairs import Pairs
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.rates import Rates
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.specification_by_score import by_score
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.whole.by_learning import ByLearning
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.whole.by_worst import ByWorst
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.whole.interface import Whole
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption

_MINIMUM_REQUESTS = 100
_MINIMUM_VALUES = 8
_RATE_MARGIN = 1.5
_VALUE_MARGIN = 1.1
_ROUNDING = 0.001
"""Seconds by which a window that is filled in differs from the interval, as it is in whole milliseconds."""

_Claim = t.Tuple[float, Interval]
"""What is claimed of a metric beside its margin: how often, at most, it may be called worse wrongly, and its hosts' offset."""


def specify(params: Params) -> Whole:
    """The metrics that a task asks for, and what they come to together.

    :raises InvalidOption: for what cannot be meant
    :raises MissingLibrary: for what cannot be asked or judged on this machine
    """
    _check(params)
    if params["judge"] == "kayenta":
        return by_score(params)
    offsets = _offsets(params)
    alphas = _alphas(params, offsets)
    claims = {name: (alphas[name], offsets.get(name, SAME)) for name in alphas}
    # Each has a provider of its own, for what that keeps from one look to the next is of these looks.
    metrics = [
        _metric(metric, params, provider_of(params["provider"]), claims[metric["name"]]) for metric in params["metrics"]
    ]
    if any(not metric["query"] for metric in params["metrics"]):
        need_libraries()
    if params["learn"]:
        return _learning(metrics)
    uncritical = frozenset(metric["name"] for metric in params["metrics"] if metric["critical"] is False)
    return ByWorst(metrics, uncritical, _groups(params), params["until"] == UNTIL_FAILED)


def _check(params: Params) -> None:
    """Refuse what cannot be meant, whatever the metrics are."""
    names = [metric["name"] for metric in params["metrics"]]
    for name in names:
        if names.count(name) > 1:
            raise InvalidOption("metrics: two are called {0}".format(name))
    if not math.isfinite(params["duration"]) or params["duration"] < 0:
        raise InvalidOption("duration: {0:g} is not a number of seconds, 0 or more".format(params["duration"]))
    if all(metric["dry_run"] for metric in params["metrics"]):
        raise InvalidOption("metrics: none of them counts; at least one must be no dry_run")
    if params["judge"] != "kayenta" and params["kayenta"] is not None:
        raise InvalidOption("kayenta: these options are for judge kayenta; this one is {0}".format(params["judge"]))
    if params["learn"] and params["until"] == UNTIL_FAILED:
        raise InvalidOption("until: with learn nothing is judged, and all of the duration is taken; leave it out")
    for option in ("learn", "offsets"):
        if params["judge"] == "kayenta" and params[option]:
            raise InvalidOption("{0}: judge kayenta knows no offset of hosts; judge sequential does".format(option))


def _groups(params: Params) -> t.Dict[str, t.List[str]]:
    """By group, the names of its metrics."""
    groups: t.Dict[str, t.List[str]] = {}
    for metric in params["metrics"]:
        for group in metric["groups"] or ():
            groups.setdefault(group, []).append(metric["name"])
    return groups


def _learning(metrics: t.Sequence[Metric]) -> ByLearning:
    """The metrics that compare; what is judged by conditions has nothing to learn."""
    compared = [LearnedMetric.of(metric) for metric in metrics if isinstance(metric, (RateMetric, ValueMetric))]
    if all(metric.dry_run for metric in compared):
        raise InvalidOption("learn: none of the metrics that count compares the pools, so there is no offset to learn")
    return ByLearning(compared)


def _offsets(params: Params) -> t.Dict[str, Interval]:
    """By metric, how many times as bad the canary's hosts were before the change."""
    if params["learn"] and params["offsets"] is not None:
        raise InvalidOption("offsets: they are learned anew with learn, so it takes none")
    compared = {metric["name"] for metric in params["metrics"] if not metric["query"]}
    offsets = {}
    for name, offset in (params["offsets"] or {}).items():
        if name not in compared:
            known = ", ".join(sorted(compared)) or "none"
            raise InvalidOption("offsets: no metric {0} compares the pools; there are {1}".format(name, known))
        if offset is None:
            raise InvalidOption("offsets: none was learned of {0}; learn for longer, or leave it out".format(name))
        try:
            offsets[name] = Interval(float(offset["lower"]), float(offset["upper"]))
        except (TypeError, KeyError, ValueError) as error:
            said = "offsets: that of {0} is {1!r}, not what an analysis returned that learned it"
            raise InvalidOption(said.format(name, offset)) from error
    return offsets


def _alphas(params: Params, offsets: t.Mapping[str, Interval]) -> t.Dict[str, float]:
    """By metric, its part of alpha: those that compare and count share it by their weights, so that it holds for all together.

    Where an offset is learned, half of it is for that to be wrong, and half for the verdict.
    """
    weights = {metric["name"]: or_default(metric["weight"], 1.0) for metric in params["metrics"]}
    for name, weight in weights.items():
        if not 0 < weight < math.inf:
            raise InvalidOption("{0}: a weight of {1:g} is not above 0".format(name, weight))
    shared = math.fsum(
        weights[metric["name"]] for metric in params["metrics"] if not metric["query"] and not metric["dry_run"]
    )
    parts = {name: 2.0 if params["learn"] or name in offsets else 1.0 for name in weights}
    return {name: params["alpha"] / parts[name] * weight / max(shared, weight) for name, weight in weights.items()}


def _metric(metric: Params, params: Params, provider: Provider, claim: _Claim) -> Metric:
    asked = [kind for kind in _KINDS if metric[kind.asks]]
    if len(asked) != 1:
        raise InvalidOption(
            "{0}: give one of {1}".format(metric["name"], "; or ".join("{0}, {1}".format(*kind[:2]) for kind in _KINDS))
        )
    kind = asked[0]
    alien = {option for option in _OPTIONS if metric[option] is not None} - set(kind.options)
    if alien:
        raise InvalidOption("{0}: with {1} it takes no {2}".format(metric["name"], kind.asks, ", ".join(sorted(alien))))
    return kind.build(metric, params, provider, schedule_of(metric, params["interval"]), claim)


def _by_conditions(metric: Params, params: Params, provider: Provider, schedule: Schedule, _claim: _Claim) -> Metric:
    name = metric["name"]
    # Without a count of its own a metric with an interval of its own is asked for as long as the analysis runs, as Argo has it.
    endless = metric["count"] is None and metric["interval"] is not None
    return ConditionMetric(
        name=name,
        schedule=schedule,
        dry_run=metric["dry_run"],
        provider=provider,
        query=query_of(metric, "query", provider, arguments_of(params, schedule, params["canary"])),
        conditions=conditions(metric["success_condition"], metric["failure_condition"]),
        limits=Limits(
            count=None if endless else or_default(metric["count"], 1),
            failure=or_default(metric["failure_limit"], 0),
            inconclusive=or_default(metric["inconclusive_limit"], 0),
            consecutive_error=metric["consecutive_error_limit"],
            consecutive_success=or_default(metric["consecutive_success_limit"], 0),
        ),
        reduction=metric["reduction"],
    )


def _by_rates(metric: Params, params: Params, provider: Provider, schedule: Schedule, claim: _Claim) -> Metric:
    if not metric["total"]:
        raise InvalidOption(
            "{0}: bad needs total beside it, the counter of all that could be bad".format(metric["name"])
        )
    baseline, canary = queries_of_both(metric, params, provider, schedule, ("bad", "total"))
    if baseline[0] == baseline[1] or canary[0] == canary[1]:
        raise InvalidOption("{0}: bad and total are the same query, so that all would be bad".format(metric["name"]))
    for part, query in zip(("bad", "total") * 2, (*baseline, *canary)):
        _check_counters(metric, part, provider, query)
    return RateMetric(
        name=metric["name"],
        schedule=schedule,
        dry_run=metric["dry_run"],
        provider=provider,
        baseline=RateQueries(*baseline),
        canary=RateQueries(*canary),
        minimum=_minimum(metric, _MINIMUM_REQUESTS),
        error_limit=metric["consecutive_error_limit"],
        rates=Rates(Claim(or_default(metric["margin"], _RATE_MARGIN), *claim)),
    )


def _by_values(metric: Params, params: Params, provider: Provider, schedule: Schedule, claim: _Claim) -> Metric:
    (baseline,), (canary,) = queries_of_both(metric, params, provider, schedule, ("value",))
    for query in (baseline, canary):
        _check_window(metric, provider, query, schedule)
    return ValueMetric(
        name=metric["name"],
        schedule=schedule,
        dry_run=metric["dry_run"],
        provider=provider,
        baseline=baseline,
        canary=canary,
        minimum=_minimum(metric, _MINIMUM_VALUES),
        error_limit=metric["consecutive_error_limit"],
        pairs=Pairs(Claim(or_default(metric["margin"], _VALUE_MARGIN), *claim)),
    )


class _Kind(t.NamedTuple):
    """A kind of metric.

    :param asks: the option that asks for it
    :param judged: how it is judged, in words
    :param options: those that only some kinds take, and this one does
    """

    asks: str
    judged: str
    options: t.Tuple[str, ...]
    build: t.Callable[[Params, Params, Provider, Schedule, _Claim], Metric]


_KINDS = (
    _Kind(
        "query",
        "to be judged by conditions",
        (
            "success_condition",
            "failure_condition",
            "reduction",
            "count",
            "failure_limit",
            "inconclusive_limit",
            "consecutive_success_limit",
        ),
        _by_conditions,
    ),
    _Kind(
        "bad",
        "with total, to compare how frequent it is in both pools",
        ("total", "margin", "minimum_sample", "weight"),
        _by_rates,
    ),
    _Kind("value", "to compare how high it is in both pools", ("margin", "minimum_sample", "weight"), _by_values),
)
_OPTIONS = {"analysis_configurations", *(option for kind in _KINDS for option in kind.options)}
"""Those that only some kinds take, or only another judge does."""


def _check_counters(metric: Params, option: str, provider: Provider, query: str) -> None:
    """Counters are read as they are: what is summed up, or made a rate, hides that a process began anew."""
    try:
        provider.check_counter(query)
    except InvalidOption as error:
        said = "{0}, {1}: counters are read as they are, without sum() or rate(): {2}"
        raise InvalidOption(said.format(metric["name"], option, error.message)) from error


def _check_window(metric: Params, provider: Provider, query: str, schedule: Schedule) -> None:
    """Looks are taken for independent of each other: over windows that overlap, each would say again what the one before did."""
    seconds = provider.looks_back(query) if isinstance(provider, LookingBack) else 0.0
    if seconds > schedule.interval + _ROUNDING:
        said = "{0}, value: it looks back over {1:g} s and is asked every {2:g} s, so looks overlap; {3}"
        remedy = "make the interval as long, or the window {{ window }}"
        raise InvalidOption(said.format(metric["name"], seconds, schedule.interval, remedy))


def _minimum(metric: Params, default: int) -> int:
    minimum = int(or_default(metric["minimum_sample"], default))
    if minimum < 1:
        raise InvalidOption("{0}: a minimum_sample of {1} is below 1".format(metric["name"], minimum))
    return minimum
