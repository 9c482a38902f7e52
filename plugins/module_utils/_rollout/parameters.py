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
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.batches import Batching
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.begin import (
    Delivery,
    Fleet,
    check_fleet,
    check_names,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import (
    WATCHES,
    Kind,
    Observed,
    Options,
    Rollout,
    Status,
    Step,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.reports import Account, parse_report
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.blue_green import BlueGreen
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.canary import Canary
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.interface import (
    Pools,
    Strategy,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.rolling import Rolling
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.stages import Stage
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.toggle_ramp import (
    USERS,
    ToggleRamp,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.users import Users, users_in

Params = t.Mapping[str, t.Any]

MIN_BAKE_SLICE = 30.0
MAX_BAKE_ACTIONS = 120
"""Each action is an include within the one before, and Ansible fails beyond some 240 (measured with ansible-core 2.19)."""
MAX_ACTIONS = 200
"""Of a whole run, with room for what has to be done again."""

_SECONDS = ("lease", "lock_wait", "promotion_bake", "bake", "warm", "rollback_window", "progress_deadline")
_NOT_NEGATIVE = ("lock_wait", "promotion_bake", "bake", "rollback_window", "progress_deadline", "error_limit")
_BLUE_GREEN_CHOICES = ("preview", "promotion_checks", "promotion_bake", "gate", "bake")
_STEP_BY_STEP = ("steps", "background")
_OUT = ("drain", "maint")
"""The states of servers that were taken out."""
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
        if params["strategy"] != ToggleRamp.name and not params["release"]:
            raise InvalidOption("release: command begin needs it")
        steps = _foreseen(params)
        _check_lease(params["lease"], bake_slice(_watched(steps)), _watched(steps))
        _check_length(steps)


def _foreseen(params: Params) -> t.Tuple[Step, ...]:
    """The steps that the strategy comes to, whichever of the pools serves; none for pools that it cannot use, which cannot begin."""
    chosen = strategy(params)
    if isinstance(chosen, ToggleRamp):
        return chosen.plan(Pools(USERS, USERS, "before"), Options())
    hosts = fleet(params["fleet"])
    try:
        check_fleet(hosts, chosen)
    except InvalidOption:
        return ()
    old, new = ([pool for pool in hosts if pool != chosen.baseline] * 2)[:2]
    return chosen.plan(Pools(old, new, "before", {pool: tuple(names) for pool, names in hosts.items()}), Options())


def check_lease(lease: float, rollout: Rollout) -> None:
    """Refuse a lease that ends while the release is watched, as *rollout* was begun with a longer one."""
    ahead = _watched(rollout.steps[rollout.position :])
    if rollout.status is Status.RUNNING and ahead:
        _check_lease(lease, rollout.options.bake_slice, ahead)


def _check_lease(lease: float, slice_: float, watched: float) -> None:
    if slice_ > MIN_BAKE_SLICE and lease < 2 * slice_:
        raise InvalidOption(
            "lease: a bake of {0:g} s is watched {1:.0f} s at a time, so {2:g} s are too short; make it at least {3} s".format(
                watched, slice_, lease, math.ceil(2 * slice_)
            )
        )


def _check_length(steps: t.Sequence[Step]) -> None:
    """Refuse a plan whose actions between two gates, at each of which a run ends, are too many for a run."""
    actions, most = 0, 0
    slice_ = bake_slice(_watched(steps))
    for step in steps:
        # A shift asks first whether the pool is healthy, and may be tried again; a batch also asks whether the others are.
        others = 3 if step.kind is Kind.DEPLOY and step.hosts else 2
        taken = math.ceil(step.seconds / slice_) if step.seconds else others
        actions = 0 if step.kind is Kind.GATE else actions + taken
        most = max(most, actions)
    if most > MAX_ACTIONS:
        raise InvalidOption(
            "steps: they take some {0} actions in one run, which has room for {1}; take fewer steps or larger batches, "
            "or put a pause until_promoted among them".format(most, MAX_ACTIONS)
        )


def bake_slice(baked: float) -> float:
    """Seconds that one action of a bake takes: short, so that requests are heeded, but not so short that it takes too many.

    :param baked: seconds of all bakes of the plan
    """
    return max(MIN_BAKE_SLICE, baked / MAX_BAKE_ACTIONS)


def delivery(params: Params, rollout_id: str) -> Delivery:
    """What the operator asks for, to be called *rollout_id*."""
    # Whatever stands in the inventory for the next delivery, one under way can be promoted, resumed and taken back.
    begins = params["command"] == "begin"
    chosen = strategy(params) if begins else BlueGreen()
    watched = _watched(_foreseen(params)) if begins else 0.0
    return Delivery(
        rollout_id,
        params["app"],
        chosen.goal if isinstance(chosen, ToggleRamp) else params["release"] or "",
        chosen,
        Options(
            progress_deadline=params["progress_deadline"],
            error_limit=params["error_limit"],
            rollback_window=params["rollback_window"],
            warm=params["warm"],
            stop_on_abort=params["stop_on_abort"],
            bake_slice=bake_slice(watched),
        ),
        params["irreversible"],
        params["backup"],
    )


def strategy(params: Params) -> Strategy:
    """What the operator chose of the strategy."""
    name = params["strategy"]
    if name == ToggleRamp.name:
        return _ramp(params)
    _refuse(params, ("toggle",), name, "; say it with a step")
    if name != Canary.name:
        _refuse(params, ("baseline_pool",), name)
        if params["promotion"] != "swap":
            raise InvalidOption("promotion: strategy {0} has no other than swap".format(name))
    if name == BlueGreen.name:
        _refuse(params, _STEP_BY_STEP, name)
        return BlueGreen(**{choice: params[choice] for choice in _BLUE_GREEN_CHOICES})
    _refuse(params, ("promotion_checks", "promotion_bake", "gate"), name, "; say it with a step: a pause, an analysis")
    stages = tuple(_stage(number, step) for number, step in enumerate(params["steps"], 1))
    batching = Batching(params["floor"], params["batch"])
    if name == Rolling.name:
        _refuse(params, ("preview",), name)
        return Rolling(stages, params["bake"], params["background"], batching)
    return Canary(
        stages,
        params["preview"],
        params["bake"],
        params["background"],
        params["baseline_pool"],
        batching if params["promotion"] == "batches" else None,
    )


def _ramp(params: Params) -> ToggleRamp:
    if params["toggle"] is None:
        raise InvalidOption("toggle: strategy {0} needs it".format(ToggleRamp.name))
    none = ("release", "supersede", "baseline_pool", "preview", "promotion_checks", "promotion_bake", "gate", "backup")
    _refuse(params, none, ToggleRamp.name)
    stages = tuple(_stage(number, step) for number, step in enumerate(params["steps"], 1))
    return ToggleRamp(params["toggle"], stages, params["bake"], params["background"])


def _refuse(params: Params, choices: t.Sequence[str], name: str, instead: str = "") -> None:
    """Refuse what the strategy would not look at."""
    ignored = [choice for choice in choices if params[choice]]
    if ignored:
        raise InvalidOption("{0}: strategy {1} takes none{2}".format(ignored[0], name, instead))


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
    mirror, percent = step["mirror"], step["percent"]
    numbers = {"share": share, "mirror": mirror, "percent": percent, "pause": seconds, "seconds": step["seconds"]}
    for name, value in numbers.items():
        if value is not None and not (math.isfinite(value) and value >= 0):
            raise InvalidOption("steps: the {0} of step {1} is {2:g}".format(name, number, value))
    return Stage(
        share=None if share is None else _parts(number, "share", share),
        mirror=None if mirror is None else _parts(number, "mirror", mirror),
        hosts=step["hosts"] or "",
        percent=None if percent is None else _parts(number, "percent", percent),
        learn=step["learn"] or "",
        pause=seconds,
        gate=pause == _UNTIL_PROMOTED,
        analysis=step["analysis"] or "",
        health=step["health"] or "",
        tasks=step["task_file"] or "",
        toggle=step["toggle"],
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


def _watched(steps: t.Sequence[Step]) -> float:
    """Seconds of all *steps* that take their time."""
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


def users(data: t.Mapping[str, t.Any]) -> t.Dict[str, Users]:
    """By host, who has the variant of the toggle that a ramp is about."""
    return users_in(data.get(USERS) or {})


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
    out = {
        name: frozenset(endpoint["name"] for endpoint in pool["endpoints"] if endpoint["state"] in _OUT)
        for name, pool in (split.get("pools") or {}).items()
    }
    return Observed(shares, header["pool"] if isinstance(header, dict) else header, mirrors, out)
