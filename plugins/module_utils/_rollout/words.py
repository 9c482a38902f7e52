# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rollout in words, for journals, logs and tired people.

PRIVATE to the collection. Pure.
"""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._rollout.batches import members, with_release
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import (
    Action,
    Kind,
    Pause,
    Rollout,
    Status,
    Step,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.observations import MetricSeen
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.steps import ROLLBACK

_NEXT = {
    Status.FROZEN: "Traffic stays where it is. Mend the cause, then run promote, rollback or resume.",
    Status.ABORTING: "The way back is not finished. Mend the cause, then run the resume or rollback playbook.",
}
_NEXT_IN_PAUSE = {
    Pause.GATE: "Go on with the promote playbook, or back with the rollback playbook.",
    Pause.REQUEST: "Go on with the resume playbook, or back with the rollback playbook.",
    Pause.INCONCLUSIVE: "Accept it with the promote playbook, look again with resume, or go back with rollback.",
    Pause.WORLD: "See the status playbook; then resume, shift again with promote where somebody else did, or go back with rollback.",
}
"""What a person does next, by the status in which a run ends or why it is paused; nothing where it is over."""
_VERBS = {Kind.TAKE_OUT: "take out", Kind.PUT_BACK: "put back"}
_MOST_NAMED = 4
"""How many hosts are named one by one."""


def describe(action: Action) -> str:
    """One action in a few words."""
    if action.kind is Kind.END:
        return "{0}: {1}".format(action.result, action.reason) if action.reason else action.result
    if action.kind is Kind.SHIFT:
        copies = ", copies of {0:g} % to {1}".format(action.mirror / 100, action.pool) if action.mirror else ""
        return "shift " + _split(action.shares or {}, action.header) + copies
    if action.kind is Kind.ANALYSE:
        named = ", ".join(name for name in (action.analysis, action.background) if name)
        time = "for up to {0:.0f} s".format(action.seconds) if action.seconds >= 1 else "to its verdict"
        verb = "learn from" if action.learns else "analyse"
        return "{0} {1} ({2}) {3}".format(verb, _where(action.pool, action.hosts), named, time)
    if action.kind is Kind.BAKE and action.seconds <= 0:
        where = _where(action.pool, action.hosts)
        asked = ", and ask {0} for its verdict".format(action.background) if action.ends_background else ""
        return "look at {0} once more{1}".format(where, asked)
    if action.kind is Kind.BAKE:
        along = " under " + action.background if action.background else ""
        return "bake {0}{1} for {2:.0f} s".format(_where(action.pool, action.hosts), along, action.seconds)
    if action.kind in (Kind.TASKS, Kind.BACKUP):
        return _beside(action)
    if action.kind is Kind.TOGGLE:
        done = "put back" if action.was is not None else "look at" if action.opens else "change"
        return "{0} {1}".format(done, _toggle(action.toggle))
    where = _where(action.pool, action.hosts)
    if action.kind is Kind.VALIDATE:
        least = ", {0} of them at least".format(action.floor) if action.floor else ""
        return "validate {0} ({1} checks{2})".format(where, action.checks, least)
    if action.kind is Kind.DEPLOY:
        return "deploy {0} to {1}".format(action.release, where)
    return "{0} {1}".format(_VERBS.get(action.kind, action.kind.value), where)


def headline(rollout: t.Optional[Rollout], action: Action) -> str:
    """Which rollout, how far it is, and what comes next."""
    if rollout is None:
        return describe(action)
    what = "{0} {1} → {2}".format(rollout.app, rollout.from_release or "nothing", rollout.to_release)
    if action.kind is not Kind.END:
        back = "back: " if rollout.status is Status.ABORTING else ""
        place = "{0}/{1}".format(min(rollout.position + 1, len(rollout.steps)), len(rollout.steps))
        return "{0} [{1}] {2}{3}".format(what, place, back, describe(action))
    said = describe(action).rstrip(".") + "."
    return " ".join(part for part in (what, said, _next(rollout)) if part)


def progress(rollout: t.Optional[Rollout], action: Action) -> t.List[str]:
    """The headline, and below it how things stand: the split, what was judged last, what comes after this."""
    lines = [headline(rollout, action)]
    if rollout is None or action.seq == 0:
        return lines
    if rollout.splits_seen and not rollout.in_one_pool:
        seen = rollout.splits_seen[-1]
        lines.append("split: " + (_split(seen.shares, seen.header) if seen.shares else "no balancer can be read"))
    if rollout.ramps and rollout.splits_seen:
        lines.append("users: " + _split(rollout.splits_seen[-1].shares, None))
    hosts = members(rollout, rollout.lands_on)
    if hosts:
        done = len(with_release(rollout))
        lines.append("hosts: {0} of {1} have {2}".format(done, len(hosts), rollout.to_release))
    lines += _judgements(rollout)
    if action.kind is Kind.END:
        return lines
    if rollout.status is Status.ABORTING:
        return [*lines, "why: {0}".format(rollout.reason)]
    # What a step asks for before itself, a check say, is followed by the step.
    is_before = rollout.step is not None and rollout.step.kind is not action.kind
    number = rollout.position + (1 if is_before else 2)
    step = rollout.steps[number - 1] if number <= len(rollout.steps) else None
    then = "[{0}/{1}] {2}".format(number, len(rollout.steps), label(step)) if step else "the end"
    return [*lines, "then: {0}".format(then)]


def label(step: Step) -> str:
    """One step of the plan in as few words as there can be."""
    if step.kind is Kind.SHIFT:
        share = "{0:g} %".format((step.shares or {}).get(step.pool, 0) / 100)
        if step.mirror:
            return "mirror {0:g} % to {1}".format(step.mirror / 100, step.pool)
        return "shift {0} to {1}".format(step.pool, share) + (", header route" if step.header else "")
    if step.kind is Kind.ANALYSE:
        return "{0} {1}".format("learn for" if step.learns else "analyse", step.analysis)
    if step.kind is Kind.VALIDATE:
        return "validate {0} ({1} checks)".format(step.pool, step.checks)
    if step.kind is Kind.GATE:
        return "wait for promotion"
    if step.kind is Kind.TOGGLE:
        return "{0}{1}".format("put back " if step.was is not None else "", _toggle(step.toggle))
    if step.kind in (Kind.TASKS, Kind.BACKUP):
        return _beside(step)
    if step.kind in (Kind.BAKE, Kind.WARM):
        return "{0} {1} for {2:g} s".format(step.kind.value, step.pool, step.seconds)
    release = step.release + " to " if step.release else ""
    return "{0} {1}{2}".format(_VERBS.get(step.kind, step.kind.value), release, _where(step.pool, step.hosts))


def judgement(metric: MetricSeen) -> str:
    """What an analysis came to about one metric, with its numbers."""
    said = "{0} {1}".format(metric.name, metric.verdict) if metric.verdict else metric.name
    said += ", which does not count" if metric.dry_run else ""
    evidence = "" if metric.e_value is None else "e-value {0:.3g}".format(metric.e_value)
    numbers = "; ".join(part for part in (metric.reason, evidence) if part)
    return "{0}: {1}".format(said, numbers) if numbers else said


def _judgements(rollout: Rollout) -> t.List[str]:
    """The last analysis and the one beside it, a line for each metric; without those that are why the rollout is where it is, which is said anyway."""
    latest = [one for one in rollout.judged if one.until == rollout.judged[-1].until]
    return [
        "{0}{1}: {2}".format(
            "verdict" if metric.verdict else "so far",
            ", in the background" if one.background else "",
            judgement(metric),
        )
        for one in latest
        for metric in one.metrics
        if not metric.reason or metric.reason not in rollout.reason
    ]


def _next(rollout: Rollout) -> str:
    if rollout.status is Status.ROLLED_BACK and rollout.strategy == ROLLBACK:
        return "{0} still serves. Mend the cause, then run the rollback playbook again.".format(rollout.from_release)
    return _NEXT.get(rollout.status, "") if rollout.pause is None else _NEXT_IN_PAUSE[rollout.pause]


def _beside(done: t.Union[Action, Step]) -> str:
    """What has nothing to do with a pool."""
    return "back up the data" if done.kind is Kind.BACKUP else "do the tasks of {0}".format(done.file)


def _toggle(toggle: t.Optional[t.Mapping[str, t.Any]]) -> str:
    """A toggle, and what it is to be."""
    asked = toggle or {}
    share = [] if asked.get("percent") is None else ["{0:g} %".format(float(asked["percent"]))]
    said = ["{0} for {1}".format(asked["variant"], share[0])] if share and asked.get("variant") else share
    said += [str(asked[name]) for name in ("state", "default_variant") if asked.get(name) and not share]
    return "toggle {0}".format(asked.get("name")) + (": " + ", ".join(said) if said else "")


def _where(pool: str, hosts: t.Sequence[str]) -> str:
    """A pool, or some hosts of it."""
    if not hosts:
        return pool
    named = ", ".join(hosts[:_MOST_NAMED])
    return (
        "{0} and {1} others of {2}".format(named, len(hosts) - _MOST_NAMED, pool) if len(hosts) > _MOST_NAMED else named
    )


def _split(shares: t.Mapping[str, int], header: t.Optional[str]) -> str:
    parts = ["{0} {1:g} %".format(pool, share / 100) for pool, share in sorted(shares.items())]
    return ", ".join(parts + (["header route to " + header] if header else []))
