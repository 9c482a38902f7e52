# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the reports of hosts and balancers to the one outcome of an action.

PRIVATE to the collection. Pure. A report that is missing means that its
sender was lost on the way.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import Action, Kind, Outcome, Result
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.observations import MetricSeen, metrics_in

_WORST_FIRST = (Result.FAILED, Result.ERROR, Result.INCONCLUSIVE, Result.SUCCEEDED)


@dataclasses.dataclass(frozen=True)
class Report:
    """What one host or balancer says of its part of an action.

    :param seq: the action it belongs to
    :param rollout: the rollout whose action that is; empty for the one under way
    :param decided: of an analysis, whether it has its verdict before its time is over
    :param analysis: what it has seen
    :param background: what the analysis in the background has seen
    :param metrics: what the step's own analysis came to about each metric
    :param offsets: what one that only learns has learned
    :param was: of a toggle, its definition before; None where there was none
    :param killed: whether its kill switch was on
    :param backup: the snapshot that was taken of the host's data, and how it was proven
    :param verdict: of the step's own analysis
    :param background_verdict: of that in the background
    :param background_metrics: what that came to about each metric
    """

    seq: int
    result: Result
    reason: str = ""
    rollout: str = ""
    decided: bool = False
    analysis: t.Optional[t.Mapping[str, t.Any]] = None
    background: t.Optional[t.Mapping[str, t.Any]] = None
    metrics: t.Tuple[MetricSeen, ...] = ()
    offsets: t.Optional[t.Mapping[str, t.Any]] = None
    was: t.Optional[t.Mapping[str, t.Any]] = None
    killed: bool = False
    backup: t.Optional[t.Mapping[str, t.Any]] = None
    verdict: t.Optional[str] = None
    background_verdict: t.Optional[str] = None
    background_metrics: t.Tuple[MetricSeen, ...] = ()


@dataclasses.dataclass(frozen=True)
class Account:
    """What a run tells of the action that it was given.

    :param seq: the action's number
    :param expected: who was to report
    :param reports: by name; None from one that was lost
    """

    seq: int
    expected: t.Sequence[str]
    reports: t.Mapping[str, t.Optional[Report]]


def parse_report(host: str, data: t.Any, now: float) -> t.Optional[Report]:
    """The report in *data*, or None when there is none.

    :param now: when it came, seconds since the epoch
    :raises InvalidOption: when it is not of a report's form
    """
    if not data:
        return None
    try:
        return Report(
            int(data["seq"]),
            Result(data["result"]),
            str(data.get("reason") or ""),
            str(data.get("rollout") or ""),
            bool(data.get("decided")),
            data.get("analysis"),
            data.get("background"),
            metrics_in(data.get("metrics"), now),
            data.get("offsets"),
            data.get("was"),
            bool(data.get("killed")),
            data.get("backup"),
            data.get("verdict"),
            data.get("background_verdict"),
            metrics_in(data.get("background_metrics"), now),
        )
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError):
        raise InvalidOption(
            "reports: that of {0} is not of the form seq, result, reason: {1!r}".format(host, data)
        ) from None


def of_rollout(rollout_id: str, reports: t.Mapping[str, t.Optional[Report]]) -> t.Dict[str, t.Optional[Report]]:
    """The reports without those that an earlier rollout left behind on its hosts, whose actions had the same numbers."""
    return {
        name: report if report is not None and report.rollout in ("", rollout_id) else None
        for name, report in reports.items()
    }


def judge(action: Action, expected: t.Sequence[str], reports: t.Mapping[str, t.Optional[Report]]) -> Outcome:
    """The outcome of *action* over all who were to take part in it.

    The worst report counts, so that no fleet is left half new. A missing
    report fails a change, and is an error of the check where the action only
    looks.

    :param expected: who was to report; a report from anyone else, such as of a hook, counts too
    """
    if not expected:
        return Outcome(Result.ERROR, "nobody took part in {0} {1}".format(action.kind.value, action.pool))
    others = [name for name, report in reports.items() if report is not None and report.seq == action.seq]
    answers = {name: _answer(action, reports.get(name)) for name in set(expected).union(others)}
    result = next(kind for kind in _WORST_FIRST if any(answer.result is kind for answer in answers.values()))
    reasons = [_say(name, answer) for name, answer in sorted(answers.items()) if answer.result is result]
    # One of those who take part judges, so what is told of an analysis is told by one.
    own = next((answer for answer in answers.values() if answer.metrics), Report(action.seq, result))
    along = next((answer for answer in answers.values() if answer.background_metrics), Report(action.seq, result))
    return Outcome(
        result,
        "; ".join(reason for reason in reasons if reason),
        decided=all(answer.decided for answer in answers.values()),
        analysis=_first(answer.analysis for answer in answers.values()),
        background=_first(answer.background for answer in answers.values()),
        metrics=own.metrics,
        offsets=_first(answer.offsets for answer in answers.values()),
        was={name: answer.was for name, answer in answers.items()} if action.kind is Kind.TOGGLE else None,
        killed=any(answer.killed for answer in answers.values()),
        backups={name: answer.backup for name, answer in answers.items() if answer.backup is not None},
        verdict=own.verdict,
        background_verdict=along.background_verdict,
        background_metrics=along.background_metrics,
    )


def _first(seen: t.Iterable[t.Optional[t.Mapping[str, t.Any]]]) -> t.Optional[t.Mapping[str, t.Any]]:
    return next((state for state in seen if state is not None), None)


def _answer(action: Action, report: t.Optional[Report]) -> Report:
    if report is not None and report.seq == action.seq:
        return report
    looks = action.kind in (Kind.VALIDATE, Kind.BAKE, Kind.ANALYSE)
    return Report(action.seq, Result.ERROR if looks else Result.FAILED, "no report: unreachable or lost")


def _say(name: str, report: Report) -> str:
    if report.result is Result.SUCCEEDED and not report.reason:
        return ""
    return "{0}: {1}".format(name, report.reason or report.result.value)
