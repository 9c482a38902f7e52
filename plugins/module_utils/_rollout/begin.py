# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a rollout is begun: from what serves now to a plan, or to nothing to do.

PRIVATE to the collection. Pure. What serves is taken from the balancers and
from the hosts, never from the journal.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._release_name import RULE, is_release_name
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.batches import (
    back_again,
    in_batches,
    rest_of,
    undo,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.errors import (
    IrreversibleDelivered,
    MixedFleet,
    NothingToRollBackTo,
    ToggleOff,
    TrafficUnclear,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import (
    Kind,
    Options,
    Rollout,
    Status,
    Step,
    World,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.interface import (
    Pools,
    Strategy,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.steps import (
    ROLLBACK,
    close_preview,
    rollback,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.toggle_ramp import (
    USERS,
    ToggleRamp,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.toggles import OTHERS, to_put_back
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.users import Users

APP_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")

Fleet = t.Mapping[str, t.Mapping[str, t.Optional[str]]]
"""By pool, by host: the release that the host has as its current one, or None."""


@dataclasses.dataclass(frozen=True)
class Delivery:
    """What an operator asks for.

    :param id: a name for the rollout that sorts by time
    :param backup: save the app's data before anything is changed
    """

    id: str
    app: str
    release: str
    strategy: Strategy
    options: Options
    irreversible: bool = False
    backup: bool = False


@dataclasses.dataclass(frozen=True)
class Unchanged:
    """Nothing is to be done, and why."""

    reason: str


def check_names(app: str, release: t.Optional[str]) -> None:
    """Refuse names that could reach outside their folder or break a balancer's file.

    :raises InvalidOption: naming the option and what a name may hold
    """
    if not APP_NAME.fullmatch(app):
        raise InvalidOption("app: '{0}' is not lower-case letters, digits and dashes".format(app))
    if release is not None and not is_release_name(release):
        raise InvalidOption("release: '{0}' is not a plain name: {1}".format(release, RULE))


def begin_delivery(wanted: Delivery, fleet: Fleet, world: World) -> t.Union[Rollout, Unchanged]:
    """A new rollout of *wanted* onto the idle pool, or host by host; Unchanged when that release serves already.

    :raises InvalidOption: a bad name, a pool without hosts, or choices that do not fit the pools
    :raises TrafficUnclear: balancers that are unreadable, disagree or divide the traffic
    :raises MixedFleet: a serving pool whose hosts have different releases
    """
    check_names(wanted.app, wanted.release)
    check_fleet(fleet, wanted.strategy)
    if wanted.strategy.in_one_pool:
        return _begin_in_one_pool(wanted, fleet, world)
    serving = serving_pool(world, sorted(set(fleet) - {wanted.strategy.baseline}))
    idle = next(pool for pool in fleet if pool not in (serving, wanted.strategy.baseline))
    release = release_of(serving, fleet)
    if release == wanted.release:
        return Unchanged("release {0} serves already, from pool {1}".format(release, serving))
    steps = _planned(wanted, _pools(serving, idle, release, fleet))
    if any(split.header is not None or idle in split.touches for split in world.readable):
        steps = close_preview(serving, idle) + steps
    return _open(wanted, serving, idle, release, steps, world)


def _begin_in_one_pool(wanted: Delivery, fleet: Fleet, world: World) -> t.Union[Rollout, Unchanged]:
    (pool,) = fleet
    if world.splits:
        serving_pool(world, [pool])
    release = _release_to_replace(pool, fleet, wanted.release)
    if release == wanted.release:
        return Unchanged("all hosts of pool {0} have release {1} already".format(pool, release))
    return _open(wanted, pool, pool, release, _planned(wanted, _pools(pool, pool, release, fleet)), world)


def begin_ramp(
    wanted: Delivery, ramp: ToggleRamp, seen: t.Mapping[str, Users], world: World
) -> t.Union[Rollout, Unchanged]:
    """A new rollout of a toggle's variant to the users; Unchanged when as many have it already.

    :param seen: who has it now, by host or by the server that keeps the toggle
    :raises ToggleOff: it was killed or disabled, so nobody would get anything
    :raises InvalidOption: nobody said how it is now, users have another variant, or more of them have this one than the first step gives it to
    """
    check_names(wanted.app, None)
    if not seen:
        raise InvalidOption("fleet: it says of no host how the toggle is; it has {0}, by host".format(USERS))
    name = ramp.toggle["name"]
    killed = [host for host, users in sorted(seen.items()) if users.killed]
    disabled = [host for host, users in sorted(seen.items()) if users.exists and not users.enabled]
    if killed or (disabled and ramp.toggle.get("state") != "enabled"):
        raise ToggleOff(
            "toggle {0} is {1} on {2}".format(name, "killed" if killed else "disabled", ", ".join(killed or disabled))
        )
    if all(ramp.is_reached(users) for users in seen.values()):
        return Unchanged("toggle {0} is {1} already".format(name, ramp.goal))
    before = {users.describe() for users in seen.values()}
    others = {str(users.audience.get("variant")) for users in seen.values() if users.has} - {ramp.toggle["variant"]}
    if others:
        raise InvalidOption(
            "toggle: users have its variant {0}, which a ramp of {1} would take from them; give {0} to 0 % of them first".format(
                ", ".join(sorted(others)), ramp.toggle["variant"]
            )
        )
    ahead = max(users.has for users in seen.values())
    if ahead > ramp.first_share:
        raise InvalidOption(
            "steps: the first gives {0:g} % of the users the variant, but {1:g} % have it already; begin with no less".format(
                ramp.first_share / 100, ahead / 100
            )
        )
    release = before.pop() if len(before) == 1 else "different from host to host"
    steps = ramp.plan(Pools(USERS, USERS, release), wanted.options)
    opened = dataclasses.replace(_open(wanted, USERS, USERS, release, steps, world), ramps=name)
    return opened.giving({str(ramp.toggle["variant"]): ahead, OTHERS: 10000 - ahead}, world.now)


def begin_in_place_of(current: Rollout, wanted: Delivery, fleet: Fleet, world: World) -> Rollout:
    """A new rollout of *wanted* that takes the place of *current*, which has not ended, from share 0.

    The traffic goes back to the release before *current* first.

    :raises InvalidOption, MixedFleet: see :func:`begin_delivery`
    :raises TrafficUnclear: balancers that are unreadable, as their traffic could not go back
    """
    check_names(wanted.app, wanted.release)
    check_fleet(fleet, wanted.strategy)
    if world.unreadable:
        raise TrafficUnclear("balancer {0} cannot be read".format(", ".join(world.unreadable)))
    old, new = current.old_pool, current.new_pool
    release = release_before(current, fleet)
    first = () if current.in_one_pool else close_preview(old, new, rest_of(current, old))
    plan = _planned(wanted, _pools(old, new, release, fleet))
    opened = _open(wanted, old, new, release, (*first, *_untoggle(current), *undo(current), *plan), world)
    return dataclasses.replace(opened, supersedes=current.id).noting(world.now, "supersede", current.id)


def begin_rollback(last: t.Optional[Rollout], wanted: Delivery, world: World) -> t.Union[Rollout, Unchanged]:
    """A rollout back to the release before *last*, or Unchanged when that one serves already.

    When *last* is such a return itself and did not get there, it is tried
    again. Needs the journal and the balancers only; ``wanted.release`` is not
    used.

    :raises NothingToRollBackTo: the last delivery was the first, or there was none
    :raises IrreversibleDelivered: the last release was declared irreversible
    :raises TrafficUnclear: see :func:`serving_pool`
    """
    if last is None:
        raise NothingToRollBackTo("app {0} has no rollout in its journal".format(wanted.app))
    if last.in_one_pool or in_batches(last):
        return _begin_return_in_batches(last, wanted, world)
    again = last.strategy == ROLLBACK
    pool, release = (last.new_pool, last.to_release) if again else (last.old_pool, last.from_release)
    serving = serving_pool(world, [last.old_pool, last.new_pool])
    if serving == pool:
        said = "{0} serves, from pool {1}: rollout {2} is {3}"
        return Unchanged(said.format(release or "nothing", pool, last.id, last.status.value))
    release = _release_to_return_to(last, release)
    instant = not again and _served_lately(last, wanted.options.rollback_window, world)
    back = dataclasses.replace(wanted, release=release, irreversible=False)
    steps = (*rollback(serving, pool, instant, wanted.options), *_untoggle(last))
    opened = _open(back, serving, pool, last.from_release if again else last.to_release, steps, world)
    # Having served within the window speaks for the pool; the shift itself still asks each endpoint before it moves anything.
    return dataclasses.replace(opened, strategy=ROLLBACK, vouched=(pool,) if instant else ())


def _begin_return_in_batches(last: Rollout, wanted: Delivery, world: World) -> t.Union[Rollout, Unchanged]:
    """Back on the hosts that *last* gave its release in batches, as many at a time as there."""
    again = last.strategy == ROLLBACK
    pool = last.lands_on
    release = last.to_release if again else last.from_release
    if last.status is (Status.SUCCEEDED if again else Status.ROLLED_BACK):
        what = (
            "toggle {0} is {1}".format(last.ramps, release)
            if last.ramps
            else "{0} serves, from pool {1}".format(release or "nothing", pool)
        )
        return Unchanged("{0}: rollout {1} is {2}".format(what, last.id, last.status.value))
    release = _release_to_return_to(last, release)
    if world.splits and not last.ramps and serving_pool(world, list(last.pools)) != pool:
        raise TrafficUnclear("pool {0}, whose hosts are to get {1} again, does not serve".format(pool, release))
    back = dataclasses.replace(wanted, release=release, irreversible=False)
    before = last.from_release if again else last.to_release
    opened = _open(back, pool, pool, before, (*back_again(last, release), *_untoggle(last)), world)
    return dataclasses.replace(opened, strategy=ROLLBACK, ramps=last.ramps)


def _release_to_return_to(last: Rollout, release: t.Optional[str]) -> str:
    if release is None:
        raise NothingToRollBackTo("{0} was the first release of {1}".format(last.to_release, last.app))
    if last.irreversible:
        raise IrreversibleDelivered("release {0} of {1} was declared irreversible".format(last.to_release, last.app))
    return release


def _served_lately(delivered: Rollout, window: float, world: World) -> bool:
    """Whether the old pool of a finished delivery runs as it did when it served, not longer ago than *window* seconds."""
    retired = delivered.step is None and any(
        step.kind is Kind.RETIRE and step.pool == delivered.old_pool for step in delivered.steps
    )
    ended_at = world.now if delivered.ended_at is None else delivered.ended_at
    return delivered.status is Status.SUCCEEDED and world.now - ended_at <= window and not retired


def serving_pool(world: World, pools: t.Sequence[str]) -> str:
    """The pool that takes all traffic on every balancer.

    :raises TrafficUnclear: when there is none, or a balancer cannot be read
    """
    if not world.splits:
        raise InvalidOption("balancers: none is named, so nothing says what serves")
    if world.unreadable:
        raise TrafficUnclear("balancer {0} cannot be read".format(", ".join(world.unreadable)))
    for pool in pools:
        if all(split.share(pool) == 10000 for split in world.readable):
            return pool
    seen = {name: dict(split.shares) for name, split in world.splits.items() if split is not None}
    raise TrafficUnclear("no pool takes all traffic on every balancer: {0} (1/100 %)".format(seen))


def release_of(pool: str, fleet: Fleet) -> t.Optional[str]:
    """The release that all hosts of *pool* have; None when none of them has any.

    :raises MixedFleet: when they differ
    """
    releases = set(fleet[pool].values())
    if len(releases) > 1:
        raise MixedFleet("pool {0} has {1}".format(pool, dict(fleet[pool])))
    return releases.pop()


def _untoggle(rollout: Rollout) -> t.List[Step]:
    """The steps that put back the toggles that *rollout* has changed."""
    return [step for _name, step in to_put_back(rollout)]


def release_before(current: Rollout, fleet: Fleet) -> t.Optional[str]:
    """What served before *current*; while it gives its release to that pool in batches only the journal knows.

    :raises MixedFleet: see :func:`release_of`
    """
    return current.from_release if in_batches(current) else release_of(current.old_pool, fleet)


def _release_to_replace(pool: str, fleet: Fleet, wanted: str) -> t.Optional[str]:
    """The release of a pool, or of those of its hosts that do not have the wanted one yet, as somebody left off amid a delivery."""
    releases = set(fleet[pool].values())
    others = releases - {wanted}
    return others.pop() if len(others) == 1 and len(releases) == 2 and None not in releases else release_of(pool, fleet)


def _planned(wanted: Delivery, pools: Pools) -> t.Tuple[Step, ...]:
    """The strategy's steps, after the backup where there is to be one."""
    first = (Step(Kind.BACKUP, pools.new),) if wanted.backup else ()
    return (*first, *wanted.strategy.plan(pools, wanted.options))


def _pools(old: str, new: str, release: t.Optional[str], fleet: Fleet) -> Pools:
    return Pools(old, new, release, {pool: tuple(hosts) for pool, hosts in fleet.items()})


def check_fleet(fleet: Fleet, strategy: Strategy) -> None:
    """Refuse pools that *strategy* cannot use.

    :raises InvalidOption: saying which
    """
    number = 1 if strategy.in_one_pool else 3 if strategy.baseline else 2
    if len(fleet) != number:
        raise InvalidOption(
            "pools: strategy {0} takes {1} of them, got {2}".format(
                strategy.name, number, ", ".join(sorted(fleet)) or "none"
            )
        )
    if strategy.baseline and strategy.baseline not in fleet:
        raise InvalidOption(
            "baseline_pool: {0} is none of the pools {1}".format(strategy.baseline, ", ".join(sorted(fleet)))
        )
    named = [host for hosts in fleet.values() for host in hosts]
    shared = sorted({host for host in named if named.count(host) > 1})
    if shared:
        raise InvalidOption("pools: {0} is in more than one; a host has one pool".format(", ".join(shared)))
    empty = [pool for pool, hosts in fleet.items() if not hosts]
    if empty:
        raise InvalidOption("pools: pool {0} has no hosts; give its inventory group some".format(", ".join(empty)))


def _open(
    wanted: Delivery, old: str, new: str, release: t.Optional[str], steps: t.Tuple[t.Any, ...], world: World
) -> Rollout:
    opened = Rollout(
        id=wanted.id,
        app=wanted.app,
        strategy=wanted.strategy.name,
        old_pool=old,
        new_pool=new,
        from_release=release,
        to_release=wanted.release,
        steps=steps,
        created_at=world.now,
        progress_at=world.now,
        irreversible=wanted.irreversible,
        options=wanted.options,
        baseline_pool=wanted.strategy.baseline,
    )
    return opened.noting(world.now, "begin", "{0} to {1} on pool {2}".format(release or "nothing", wanted.release, new))
