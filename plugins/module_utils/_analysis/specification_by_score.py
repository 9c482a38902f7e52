# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task gives the module ``analysis`` for Kayenta's judge, checked.

PRIVATE to the collection.
"""

from __future__ import annotations

import dataclasses
import math
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.metric import read_metric
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.rules import Rules
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.score import Thresholds, score
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.metrics.sampled import SampledMetric
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.interface import Provider
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.registry import provider_of
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.queries import (
    UNTIL_FAILED,
    Params,
    queries_of_both,
    schedule_of,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.libraries import need_libraries
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.whole.by_score import ByScore
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption

_GROUPS = ("all",)
_ALIEN = (
    "query",
    "success_condition",
    "failure_condition",
    "reduction",
    "count",
    "failure_limit",
    "inconclusive_limit",
    "consecutive_success_limit",
    "bad",
    "total",
    "margin",
    "minimum_sample",
    "weight",
)
"""Options of a metric that other judges take."""
_RULES = {field.name for field in dataclasses.fields(Rules)}


def by_score(params: Params) -> ByScore:
    """The metrics that a task asks for, and how they are scored.

    :raises InvalidOption: for what cannot be meant
    :raises MissingLibrary: for what cannot be asked or judged on this machine
    """
    options = params["kayenta"]
    if options is None:
        raise InvalidOption(
            "kayenta: judge kayenta needs it, with the scores at which a canary may pass and is marginal"
        )
    rules = _rules(options)
    thresholds = Thresholds(options["marginal"], options["pass"])
    thresholds.check(rules)
    weights = {name: _number(weight, "group_weights") for name, weight in (options["group_weights"] or {}).items()}
    score([], weights, rules)
    # Each has a provider of its own, as in specification.py.
    metrics = [_metric(metric, params, provider_of(params["provider"]), rules) for metric in params["metrics"]]
    if all(metric.dry_run for metric in metrics):
        raise InvalidOption("metrics: all of them are muted; at least one must count")
    groups = {group for metric in metrics for group in metric.compared.groups}
    if rules.checks_words and not set(weights) <= groups:
        said = "kayenta: group_weights has {0}, which no metric is in; there are {1}"
        raise InvalidOption(said.format(", ".join(sorted(set(weights) - groups)), ", ".join(sorted(groups))))
    need_libraries()
    goes_on = params["until"] == UNTIL_FAILED
    return ByScore(metrics, weights, thresholds, rules, _seconds(options, "judge_every"), goes_on=goes_on)


def _rules(options: Params) -> Rules:
    given = {name: value for name, value in options.items() if name in _RULES and value is not None}
    if not options["compatible"]:
        return Rules(**given)
    rules = Rules.compatible(**given)
    for name in ("tolerance", "confidence"):
        if name in given and "configured" not in given:
            said = (
                "kayenta: compatible rules do not heed {0}, as Kayenta does not; say configured: true to have it heeded"
            )
            raise InvalidOption(said.format(name))
    return rules


def _metric(metric: Params, params: Params, provider: Provider, rules: Rules) -> SampledMetric:
    name = metric["name"]
    if not metric["value"]:
        raise InvalidOption("{0}: judge kayenta needs value, a query for what is compared in both pools".format(name))
    alien = [option for option in _ALIEN if metric[option] is not None]
    if alien:
        raise InvalidOption("{0}: with judge kayenta it takes no {1}".format(name, ", ".join(alien)))
    schedule = schedule_of(metric, params["interval"])
    compared = read_metric(name, metric["groups"] or _GROUPS, metric["analysis_configurations"] or {}, rules)
    if metric["critical"] is not None:
        compared = dataclasses.replace(compared, critical=metric["critical"])
    compared = dataclasses.replace(compared, muted=compared.muted or metric["dry_run"])
    (baseline,), (canary,) = queries_of_both(metric, params, provider, schedule, ("value",))
    lookback = _seconds(params["kayenta"], "lookback")
    return SampledMetric(
        name=name,
        schedule=schedule,
        dry_run=compared.muted,
        provider=provider,
        baseline=baseline,
        canary=canary,
        error_limit=metric["consecutive_error_limit"],
        compared=compared,
        rules=rules,
        most=None if lookback is None else max(1, round(lookback / schedule.interval)),
    )


def _seconds(options: Params, name: str) -> t.Optional[float]:
    seconds = t.cast("t.Optional[float]", options[name])
    if seconds is not None and not 0 < seconds < math.inf:
        raise InvalidOption("kayenta: {0} of {1:g} s is no time".format(name, seconds))
    return seconds


def _number(value: t.Any, option: str) -> float:
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise InvalidOption("kayenta: {0} has {1!r}, which is no number".format(option, value)) from error
