# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task gives the module ``rollout``, checked, as the data that rollouts are made of.

PRIVATE to the collection. Pure. Every function raises InvalidOption, naming
the option, for what an argument spec cannot express.
"""

from __future__ import annotations

import math
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.begin import Delivery, Fleet, check_names
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import (
    WATCHES,
    Kind,
    Observed,
    Options,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.reports import Account, parse_report
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies import (
    BlueGreen,
    Canary,
    Stage,
    Strategy,
)

Params = t.Mapping[str, t.Any]

MIN_BAKE_SLICE = 30.0
MAX_BAKE_ACTIONS = 120
"""Each action is an include within the one before, and Ansible fails beyond some 240 (measured with ansible-core 2.19)."""
MAX_ACTIONS = 200
"""Of a whole run, with room for what has to be done again."""

_SECONDS = ("lease", "lock_wait", "promotion_bake", "bake", "warm", "rollback_window", "progress_deadline")
_NOT_NEGATIVE = ("lock_wait", "promotion_bake", "bake", "rollback_window", "progress_deadline", "error_limit")
_BLUE_GREEN_CHOICES = ("preview", "promotion_checks", "promotion_bake", "gate", "bake")
_UNTIL_PROMOTED = "until_promoted"


def check(params: Params, check_mode: bool) -> None:
    """Refuse names, numbers and combinations that cannot mean anything."""
    check_names(params["app"], params["release"])
    if not params["token"] and not check_mode and params["command"] not in ("lock", "pause", "skip"):
        raise InvalidOption("token: command {0} needs the token that 'lock' returned".format(params["command"]))
    if params["full"] and params["command"] not in ("promote", "skip"):
        raise InvalidOption("full: only commands promote and skip take it, not {0}".format(params["command"]))
    for name in _SECONDS:
        if not math.isfinite(params[name]):
            raise InvalidOption("{0}: {1} is not a number of seconds".format(name, params[name]))
    for name in _NOT_NEGATIVE:
        if params[name] < 0:
            raise InvalidOption("{0}: {1} is below 0".format(name, params[name]))
    if params["lease"] <= 0 or params["keep"] < 1:
        raise InvalidOption("lease must be above 0 and keep at least 1")
    if params["command"] == "begin":
        chosen = strategy(params)
        _check_lease(params["lease"], _watched(chosen))
        _check_length(chosen)


def _check_lease(lease: float, watched: float) -> None:
    """Refuse a lease that ends while the release is watched."""
    slice_ = bake_slice(watched)
    if slice_ > MIN_BAKE_SLICE and lease < 2 * slice_:
        raise InvalidOption(
            "lease: a bake of {0:g} s is watched {1:.0f} s at a time, so {2:g} s are too short; make it at least {3} s".format(
                watched, slice_, lease, math.ceil(2 * slice_)
            )
        )


def _check_length(chosen: Strategy) -> None:
    """Refuse a plan whose actions between two gates, at each of which a run ends, are too many for a run."""
    actions, most = 0, 0
    slice_ = bake_slice(_watched(chosen))
    for step in chosen.plan("old", "new", Options(), first=False):
        # A shift asks first whether the pool is healthy, and may be tried again.
        actions = 0 if step.kind is Kind.GATE else actions + (math.ceil(step.seconds / slice_) if step.seconds else 2)
        most = max(most, actions)
    if most > MAX_ACTIONS:
        raise InvalidOption(
            "steps: they take some {0} actions in one run, which has room for {1}; take fewer steps, or put a pause "
            "until_promoted among them".format(most, MAX_ACTIONS)
        )


def bake_slice(baked: float) -> float:
    """Seconds that one action of a bake takes: short, so that requests are heeded, but not so short that it takes too many.

    :param baked: seconds of all bakes of the plan
    """
    return max(MIN_BAKE_SLICE, baked / MAX_BAKE_ACTIONS)


def delivery(params: Params, rollout_id: str) -> Delivery:
    """What the operator asks for, to be called *rollout_id*."""
    # Whatever stands in the inventory for the next delivery, one under way can be promoted, resumed and taken back.
    chosen = strategy(params) if params["command"] == "begin" else BlueGreen()
    return Delivery(
        rollout_id,
        params["app"],
        params["release"] or "",
        chosen,
        Options(
            progress_deadline=params["progress_deadline"],
            error_limit=params["error_limit"],
            rollback_window=params["rollback_window"],
            warm=params["warm"],
            stop_on_abort=params["stop_on_abort"],
            bake_slice=bake_slice(_watched(chosen)),
        ),
        params["irreversible"],
    )


def strategy(params: Params) -> Strategy:
    """What the operator chose of the strategy."""
    if params["strategy"] == BlueGreen.name:
        for choice in ("steps", "background"):
            if params[choice]:
                raise InvalidOption("{0}: strategy {1} takes none".format(choice, BlueGreen.name))
        return BlueGreen(**{choice: params[choice] for choice in _BLUE_GREEN_CHOICES})
    ignored = [choice for choice in ("promotion_checks", "promotion_bake", "gate") if params[choice]]
    if ignored:
        raise InvalidOption(
            "{0}: strategy {1} takes none; say it with a step: a pause, an analysis".format(ignored[0], Canary.name)
        )
    stages = tuple(_stage(number, step) for number, step in enumerate(params["steps"], 1))
    return Canary(stages, params["preview"], params["bake"], params["background"])


def _stage(number: int, step: Params) -> Stage:
    share, pause = step["share"], step["pause"]
    try:
        seconds = None if pause is None or pause == _UNTIL_PROMOTED else float(pause)
    except ValueError:
        raise InvalidOption(
            "steps: the pause of step {0} is '{1}', neither a number of seconds nor {2}".format(
                number, pause, _UNTIL_PROMOTED
            )
        ) from None
    mirror = step["mirror"]
    for name, value in (("share", share), ("mirror", mirror), ("pause", seconds), ("seconds", step["seconds"])):
        if value is not None and not (math.isfinite(value) and value >= 0):
            raise InvalidOption("steps: the {0} of step {1} is {2:g}".format(name, number, value))
    return Stage(
        share=None if share is None else _parts(number, "share", share),
        mirror=None if mirror is None else _parts(number, "mirror", mirror),
        pause=seconds,
        gate=pause == _UNTIL_PROMOTED,
        analysis=step["analysis"] or "",
        health=step["health"] or "",
        tasks=step["task_file"] or "",
        seconds=step["seconds"],
    )


def _parts(number: int, name: str, per_cent: float) -> int:
    """A share, or a mirror, as 1/100 %."""
    parts = round(100 * per_cent)
    if abs(parts - 100 * per_cent) > 1e-6:
        raise InvalidOption(
            "steps: the {0} of step {1} is {2} %; it has two decimals at most".format(name, number, per_cent)
        )
    return parts


def _watched(chosen: Strategy) -> float:
    """Seconds of all steps of the plan that take their time."""
    steps = chosen.plan("old", "new", Options(), first=False)
    return sum(step.seconds for step in steps if step.kind in WATCHES)


def fleet(data: t.Mapping[str, t.Any]) -> Fleet:
    """By pool, by host, the release that the host has."""
    for pool, hosts in data.items():
        if not isinstance(hosts, dict):
            raise InvalidOption("fleet: pool {0} is not a dictionary of hosts to releases: {1!r}".format(pool, hosts))
        for host, release in hosts.items():
            if release is not None and not isinstance(release, str):
                raise InvalidOption(
                    "fleet: the release of {0} in pool {1} is neither a text nor null: {2!r}; a release that looks "
                    "like a number needs quotes in YAML".format(host, pool, release)
                )
    return data


def splits(data: t.Mapping[str, t.Any]) -> t.Dict[str, t.Optional[Observed]]:
    """By balancer, what it carries out; None for one that could not be read."""
    seen: t.Dict[str, t.Optional[Observed]] = {}
    for name, split in data.items():
        try:
            seen[name] = None if not split or split.get("shares") is None else _observed(split)
        except (KeyError, TypeError, ValueError, OverflowError, AttributeError):
            raise InvalidOption("splits: that of {0} has no shares by pool: {1!r}".format(name, split)) from None
    return seen


def account(params: Params, now: float) -> Account:
    """What the run reports, at the time *now*, on the action that it was given."""
    parsed = {name: parse_report(name, data, now) for name, data in params["reports"].items()}
    return Account(params["seq"], params["expected"], parsed)


def _observed(split: t.Mapping[str, t.Any]) -> Observed:
    header = split.get("header") or None
    shares = {pool: int(share) for pool, share in split["shares"].items()}
    mirror = split.get("mirror") or {}
    mirrors = {mirror["pool"]: round(100 * float(mirror["percent"]))} if mirror else {}
    return Observed(shares, header["pool"] if isinstance(header, dict) else header, mirrors)
