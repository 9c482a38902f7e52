# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a delivery people are told at once, and when that is over.

PRIVATE to the collection. Pure. To add a rule: write it here, name it in
``RULES``, and give it a section in docs/alerts.md.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._alerts.model import SEVERITIES

Severity = t.Literal["info", "warning", "critical"]

HOUR = 3600.0
DAY = 24 * HOUR
_Data = t.Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What a rule makes of an event.

    :param lasts: whether the trouble does; False when the event shows that it is over
    :param summary: what has happened, in a sentence
    :param figures: more of it, by name
    """

    lasts: bool
    summary: str = ""
    figures: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Rule:
    """One kind of trouble.

    :param name: as the label ``alertname``
    :param kinds: of the events that it looks at
    :param severity: in production, in working hours, the first time
    :param seconds: how long it lasts when nothing more is heard of it
    :param judge: makes a verdict of an event's data; None where it says nothing of this trouble
    :param by: beside app and environment, what tells one such trouble from another
    :param only_alone: whether it is no news where another rule has told of the app in this run
    :param repeats: whether seeing it once more is worse, and told again; else only another severity is
    :param takes_traffic: whether it matters more when much of the traffic goes to the release
    :param can_wait: whether it matters less outside working hours, since nothing gets worse until somebody looks
    :param commands: what is to be run, by what it does
    """

    name: str
    kinds: tuple[str, ...]
    severity: Severity
    seconds: float
    judge: t.Callable[[_Data], Verdict | None]
    by: str = ""
    only_alone: bool = False
    repeats: bool = False
    takes_traffic: bool = False
    can_wait: bool = False
    commands: tuple[str, ...] = ()


def _in_status(status: str, words: str) -> t.Callable[[_Data], Verdict | None]:
    def judge(data: _Data) -> Verdict | None:
        if not data.get("status"):
            return None
        what = "{0} to {1} {2}".format(data.get("strategy", ""), data.get("to", ""), words)
        return Verdict(
            data["status"] == status, _of_app(data, what), {"reason": data.get("reason"), "from": data.get("from")}
        )

    return judge


def _inconclusive(data: _Data) -> Verdict:
    summary = _of_app(data, "an analysis could not tell whether the release is worse")
    return Verdict(
        data.get("verdict") == "inconclusive", summary, {"reason": data.get("reason"), "score": data.get("score")}
    )


def _in_health(status: str) -> t.Callable[[_Data], Verdict | None]:
    def judge(data: _Data) -> Verdict:
        figures = {"ready": data.get("ready"), "needed": data.get("expected")}
        return Verdict(data.get("status") == status, _of_app(data, "its targets are {0}".format(status)), figures)

    return judge


def _unproven(data: _Data) -> Verdict:
    summary = _of_app(data, "the last backup was not restored to prove it")
    return Verdict(not data.get("proven"), summary, {"snapshot": data.get("snapshot")})


def _broke_lock(data: _Data) -> Verdict | None:
    if not data.get("broke_lock"):
        return None
    return Verdict(
        True, _of_app(data, "a run that held the lock had died; it was broken"), {"owner": data["broke_lock"]}
    )


def _run_failed(data: _Data) -> Verdict | None:
    if not data.get("app"):
        return None
    summary = _of_app(data, "a run of {0} failed".format(data["playbook"]))
    return Verdict(data["outcome"] == "failed", summary, {"hosts": ", ".join(data["failed_hosts"])})


def _of_app(data: _Data, what: str) -> str:
    return "{0}: {1}".format(data["app"], what) if data.get("app") else what


PROMOTE, ROLLBACK, RESUME, STATUS = "promote", "rollback", "resume", "status"

_MOVED = ("rollout.moved",)
RULES: tuple[Rule, ...] = (
    Rule(
        "RolloutFrozen",
        _MOVED,
        "critical",
        7 * DAY,
        _in_status("frozen", "is frozen between two releases"),
        by="rollout",
        commands=(RESUME, ROLLBACK),
    ),
    Rule(
        "RolloutAborting",
        _MOVED,
        "warning",
        DAY,
        _in_status("aborting", "is being taken back"),
        by="rollout",
        takes_traffic=True,
        commands=(RESUME, ROLLBACK),
    ),
    Rule(
        "RolloutRolledBack",
        _MOVED,
        "warning",
        HOUR,
        _in_status("rolled_back", "was taken back"),
        by="rollout",
        commands=(STATUS,),
    ),
    Rule(
        "RolloutPaused",
        _MOVED,
        "warning",
        7 * DAY,
        _in_status("paused", "is paused and waits"),
        by="rollout",
        takes_traffic=True,
        can_wait=True,
        commands=(PROMOTE, ROLLBACK),
    ),
    Rule(
        "RunFailed",
        ("run.ended",),
        "warning",
        HOUR,
        _run_failed,
        only_alone=True,
        takes_traffic=True,
        commands=(RESUME, ROLLBACK),
    ),
    Rule(
        "VerdictInconclusive",
        ("analysis.judged",),
        "info",
        HOUR,
        _inconclusive,
        by="rollout",
        repeats=True,
        takes_traffic=True,
        commands=(PROMOTE, ROLLBACK),
    ),
    Rule(
        "HealthDegraded",
        ("health.checked",),
        "warning",
        HOUR,
        _in_health("degraded"),
        repeats=True,
        can_wait=True,
        commands=(STATUS,),
    ),
    Rule(
        "HealthUnhealthy",
        ("health.checked",),
        "warning",
        HOUR,
        _in_health("unhealthy"),
        repeats=True,
        takes_traffic=True,
        commands=(STATUS, ROLLBACK),
    ),
    Rule("BackupUnproven", ("backup.taken",), "info", DAY, _unproven, can_wait=True),
    Rule("LockBroken", _MOVED, "info", HOUR, _broke_lock, commands=(STATUS,)),
)
"""All of them; the one place to change what people are told of."""


@dataclasses.dataclass(frozen=True)
class Circumstances:
    """What else decides how much a trouble matters.

    :param environment: where it is; empty when it is not known
    :param share: of the traffic that the release gets, 0 to 1; None when it is not known
    :param in_working_hours: whether somebody is there to look
    :param repeated: how often this run has seen it before
    """

    environment: str = ""
    share: float | None = None
    in_working_hours: bool = True
    repeated: int = 0


PRODUCTION = ("production", "prod", "live")
MUCH = 0.25
"""The share of the traffic from which on it is much."""
OFTEN = 2
"""How often it was seen before it counts as often."""


def severity(rule: Rule, circumstances: Circumstances) -> Severity:
    """How much a trouble matters: one step less outside production, and at night where it can wait; one step more when it
    happens again and again, and where the release has much of the traffic.
    """
    step = SEVERITIES.index(rule.severity)
    if circumstances.environment and circumstances.environment not in PRODUCTION:
        step -= 1
    if rule.can_wait and not circumstances.in_working_hours:
        step -= 1
    if rule.takes_traffic and circumstances.share is not None and circumstances.share >= MUCH:
        step += 1
    if circumstances.repeated >= OFTEN:
        step += 1
    return t.cast(Severity, SEVERITIES[min(max(step, 0), len(SEVERITIES) - 1)])
