# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Flags on an Unleash server: what becomes of one is decided, carried out, and seen to be there.

PRIVATE to the collection. The Admin API has no transaction over more than one
request and no version of a flag. A strategy is changed by a JSON patch that
first tests that it is what was read (https://www.rfc-editor.org/rfc/rfc6902,
section 4.6); what came in between all the same is found in the server's log
and made part of the change, which is decided again then.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import (
    MissingLibrary,
    OptionalLibrary,
)
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.errors import (
    NoCounterpart,
    ToggleChangedMeanwhile,
    ToggleReadBackMismatch,
    ToggleServerRefused,
    UnknownToggle,
)
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.interface import Decision, Definition
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.unleash.environment import (
    Anew,
    Environment,
)
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.unleash.log import (
    ADDED,
    REMOVED,
    UPDATED,
    Sent,
    written_over,
)
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.unleash.mapping import (
    FIELDS,
    Flag,
    Strategy,
    is_reference,
    normal,
    strategies_of,
)

# Imported when it is used: flags in a file do without.
tenacity = OptionalLibrary("tenacity")

BeforeAndAfter = t.Tuple[t.Optional[Definition], t.Optional[Definition]]

_ROUNDS = 20
"""How often a change is begun because of others."""
_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 2.0


class UnleashServer:
    """The flags in an environment.

    :raises MissingLibrary: tenacity is not installed
    """

    def __init__(self, environment: Environment) -> None:
        if not tenacity:
            raise MissingLibrary("tenacity")
        self._environment = environment

    def read(self, name: t.Optional[str] = None) -> t.Dict[str, Definition]:
        """Every flag that something has been said of in the environment, or the one only.

        :raises DeliveryError: the server cannot be asked, or refuses
        """
        flags = [self._environment.flag(each) for each in (self._environment.names() if name is None else [name])]
        found = {flag.name: flag.definition() for flag in flags if flag}
        return {each: definition for each, definition in found.items() if definition is not None}

    def change(self, name: str, decide: Decision, dry: bool = False) -> BeforeAndAfter:
        """Let *decide* say what becomes of a flag, and make it that; with *dry* all but that.

        :returns: the flag before and after
        :raises NoCounterpart: nothing was changed then
        :raises DeliveryError: what was carried out until then stays
        """
        change = _Change(self._environment, name, decide)
        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(_ROUNDS),
            wait=tenacity.wait_random_exponential(multiplier=_FIRST_PAUSE, max=_LONGEST_PAUSE),
            retry=tenacity.retry_if_exception_type(Anew),
            reraise=True,
        )
        try:
            return t.cast(BeforeAndAfter, retrying(change.foresee if dry else change.make))
        except Anew:
            said = "others changed the flag '{0}' again and again while this task did"
            raise ToggleChangedMeanwhile(said.format(name)) from None


class _Change:
    """One change of one flag, which may take more than one round.

    :ivar _over: strategies of others that the round before wrote over, by id
    :ivar _sent: the changes of strategies that the server carried out in this round
    :ivar _writes: how many changes it carried out in this round
    :ivar _was: the flag before the first of them
    """

    def __init__(self, environment: Environment, name: str, decide: Decision) -> None:
        self._environment = environment
        self._name = name
        self._decide = decide
        self._over: t.Dict[str, Strategy] = {}
        self._sent: t.List[Sent] = []
        self._writes = 0
        self._has_begun = False
        self._was: t.Optional[Definition] = None

    def foresee(self) -> BeforeAndAfter:
        flag = self._environment.flag(self._name)
        was = flag.definition() if flag else None
        now, _wanted = self._decided(flag)
        if now != was:
            self._environment.need_no_approval()
        return was, now

    def make(self) -> BeforeAndAfter:
        known = self._environment.events(self._name)
        flag = self._environment.flag(self._name)
        before = flag.definition() if flag else None
        now, wanted = self._decided(_with(flag, self._over))
        if not self._has_begun:
            self._was = before
        if now == before:
            return self._was, now
        self._environment.need_no_approval()
        self._sent, self._writes = [], 0
        try:
            self._carry_out(flag, now, wanted)
        except Anew:
            if self._over:
                raise ToggleChangedMeanwhile("others changed the flag while a change of theirs was restored") from None
            raise
        finally:
            self._has_begun = self._has_begun or self._writes > 0
        self._check(set(known), now)
        return self._was, now

    def _decided(self, flag: t.Optional[Flag]) -> t.Tuple[t.Optional[Definition], t.Optional[t.List[Strategy]]]:
        """What the flag becomes, and the strategies of that; None where they stay."""
        was = flag.definition() if flag else None
        try:
            now = self._decide(was)
        except UnknownToggle as error:
            if flag is None:
                raise
            said = "name: nothing has been said of the flag '{0}' in this environment"
            raise UnknownToggle(said.format(self._name)) from error
        if now is None:
            return None, []
        if not is_reference(now):
            return now, strategies_of(self._name, now)
        strategies_of(self._name, {**now, "targeting": {}})
        parts = ("variants", "defaultVariant", "targeting")
        if was is None or any(was.get(part) != now.get(part) for part in parts):
            raise NoCounterpart("definition.targeting: the strategies that it refers to are not there as they were")
        return now, None

    def _carry_out(
        self, flag: t.Optional[Flag], now: t.Optional[Definition], wanted: t.Optional[t.List[Strategy]]
    ) -> None:
        """What takes the feature from everyone comes first, what gives it comes last."""
        enabled = now is not None and now["state"] == "ENABLED"
        description = ((now or {}).get("metadata") or {}).get("description", "")
        if flag is None:
            flag = self._made(description)
        if flag.enabled and not enabled:
            self._environment.switch(self._name, False)
            self._done()
        if now is not None and description != flag.description:
            self._environment.describe(self._name, flag.description, description)
            self._done()
        if wanted is not None:
            self._set_strategies(flag.strategies, wanted)
        if now is None and not flag.elsewhere:
            self._environment.archive(self._name)
            self._done()
        if enabled and not flag.enabled:
            self._environment.switch(self._name, True)
            self._done()

    def _made(self, description: str) -> Flag:
        """A new flag, or one that was archived; nothing is said of it then in the environment."""
        if self._environment.create(self._name, description):
            self._done()
            return Flag(self._name, description)
        if self._environment.flag(self._name) is not None:
            raise Anew
        self._environment.revive(self._name)
        self._done()
        revived = self._environment.flag(self._name)
        if revived is None:
            raise ToggleServerRefused("name: '{0}' is a flag of another project".format(self._name))
        self._set_strategies(revived.strategies, [])
        return dataclasses.replace(revived, strategies=())

    def _set_strategies(self, current: t.Sequence[Strategy], wanted: t.Sequence[Strategy]) -> None:
        """Those that stay are changed in place, from the last, and keep what the server has counted of them."""
        ours = [one for one in current if one["name"] == "flexibleRollout" and not one.get("disabled")]
        pairs = list(zip(reversed([one for one in ours if not one.get("segments")]), reversed(wanted)))
        for strategy in wanted[: len(wanted) - len(pairs)]:
            added = self._environment.add(self._name, strategy)
            self._done(Sent(ADDED, added["id"], added))
        for was, strategy in pairs:
            patch = _patch(was, strategy)
            if patch:
                self._done(Sent(UPDATED, was["id"], self._environment.patch(self._name, was["id"], patch)))
        kept = {was["id"] for was, _strategy in pairs}
        for number in [was["id"] for was in current if was["id"] not in kept]:
            self._environment.remove(self._name, number)
            self._done(Sent(REMOVED, number))

    def _done(self, sent: t.Optional[Sent] = None) -> None:
        """Count what the server has carried out."""
        self._writes += 1
        if sent:
            self._sent.append(sent)

    def _check(self, known: t.Set[int], now: t.Optional[Definition]) -> None:
        """See that the flag is what it was to become, and that no change of others is lost."""
        flag = self._environment.flag(self._name)
        log = self._environment.events(self._name)
        happened = [event for number, event in log.items() if number not in known]
        events = [event for event in happened if event is not None]
        self._over = written_over(events, self._sent)
        found = flag.definition() if flag else None
        added = {one.strategy for one in self._sent if one.kind == ADDED}
        others = [event for event in events if event.kind == ADDED and event.strategy not in added]
        if added and others and found is not None and is_reference(found):
            # Two shares, say, are none of ours; whoever sees the other's takes back, and changes what is there then.
            for number in added:
                self._environment.remove(self._name, number)
            raise Anew
        if self._over:
            raise Anew
        if found != now and len(happened) <= self._writes:
            raise ToggleReadBackMismatch("Unleash does not hold what it has just taken of '{0}'".format(self._name))


def _patch(was: Strategy, wanted: Strategy) -> t.List[t.Dict[str, t.Any]]:
    """The JSON patch that makes of one strategy the other, where it is what it was; nothing where they are the same."""
    before, after = normal(was), normal(wanted)
    fields = [field for field in FIELDS if before[field] != after[field]]
    if wanted["variants"] and was.get("sortOrder") != wanted["sortOrder"]:
        fields.append("sortOrder")
    tests = [{"op": "test", "path": "/" + field, "value": was[field]} for field in FIELDS if fields]
    return tests + [{"op": "replace", "path": "/" + field, "value": wanted[field]} for field in fields]


def _with(flag: t.Optional[Flag], over: t.Mapping[str, Strategy]) -> t.Optional[Flag]:
    """The flag as it would be had we not written over the strategies of others."""
    if flag is None or not over:
        return flag
    there = {strategy["id"] for strategy in flag.strategies}
    strategies = [over.get(strategy["id"], strategy) for strategy in flag.strategies]
    strategies += [strategy for number, strategy in over.items() if number not in there]
    return dataclasses.replace(flag, strategies=tuple(sorted(strategies, key=lambda one: one.get("sortOrder") or 0)))
