# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the module's targets and checks, and makes of them what is to be asked and how it counts.

All that can be seen to be wrong is refused here, before any request.

PRIVATE to the collection.
"""

from __future__ import annotations

import typing as t
from collections import Counter
from dataclasses import dataclass

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._health.assessment import Rule
from ansible_collections.progressive.delivery.plugins.module_utils._health.interface import Check, Severity, Target
from ansible_collections.progressive.delivery.plugins.module_utils._health.placeholders import RESERVED
from ansible_collections.progressive.delivery.plugins.module_utils._health.polling import Job
from ansible_collections.progressive.delivery.plugins.module_utils._health.registry import CHECK_TYPES
from ansible_collections.progressive.delivery.plugins.module_utils._health.validation import (
    of_check,
    require_host,
    require_port,
    require_seconds,
)
from ansible_collections.progressive.delivery.plugins.module_utils._health.verdict import Names
from ansible_collections.progressive.delivery.plugins.module_utils._quorum import needed

COMPOSITE = "composite"

_COMPOSITE_OPTIONS = ("of", "quorum")
_OPTIONS_OF_ALL = ("name", "type", "severity", "timeout", "max_latency")

Options = t.Mapping[str, t.Any]


@dataclass(frozen=True)
class Specification:
    """What to ask, how it counts and what it is called."""

    rules: t.Tuple[Rule, ...]
    jobs: t.Tuple[Job, ...]
    names: Names


def specify(targets: t.Sequence[Options], checks: t.Sequence[Options], timeout: float) -> Specification:
    """Read the options C(targets) and C(checks).

    :param timeout: seconds for a check that does not say
    :raises DeliveryError: for the first thing that cannot be meant
    """
    require_seconds(timeout, "timeout")
    _require_unique("targets", [options["name"] for options in targets])
    _require_unique("checks", [options["name"] for options in checks])
    for options in checks:
        _require_own_options(options)
    severities = [Severity(options["severity"]) for options in checks]
    names = Names([options["name"] for options in targets], [options["name"] for options in checks], severities)
    rules = _rules(checks, severities)
    known = [_target(options) for options in targets]
    jobs = [
        job
        for index, options in enumerate(checks)
        if options["type"] != COMPOSITE
        for job in _jobs(index, _check(options, timeout), known)
    ]
    return Specification(tuple(rules), tuple(jobs), names)


def _require_unique(option: str, names: t.Sequence[str]) -> None:
    if not names:
        raise InvalidOption("{0} is empty; there must be at least one.".format(option))
    repeated = sorted(name for name, times in Counter(names).items() if times > 1)
    if repeated:
        raise InvalidOption("{0} has the name {1!r} more than once; results go by name.".format(option, repeated[0]))


def _require_own_options(options: Options) -> None:
    """Refuse options that belong to another type, and the lack of those that a type needs."""
    kind = options["type"]
    own = _COMPOSITE_OPTIONS if kind == COMPOSITE else CHECK_TYPES[kind].defaults
    required = ("of",) if kind == COMPOSITE else CHECK_TYPES[kind].required
    allowed = {*own, *_OPTIONS_OF_ALL} - ({"timeout", "max_latency"} if kind == COMPOSITE else set())
    foreign = sorted(option for option, value in options.items() if value is not None and option not in allowed)
    if foreign:
        raise InvalidOption(
            "{0} does not go with type {1}, which takes {2}.".format(
                of_check(foreign[0], options["name"]), kind, ", ".join(sorted(own))
            )
        )
    for option in required:
        if options.get(option) is None:
            raise InvalidOption("{0} is missing; type {1} needs it.".format(of_check(option, options["name"]), kind))


def _rules(checks: t.Sequence[Options], severities: t.Sequence[Severity]) -> t.List[Rule]:
    members: t.List[t.Tuple[int, ...]] = []
    for index, options in enumerate(checks):
        members.append(_members(options, checks[:index]) if options["type"] == COMPOSITE else ())
    inside = {member for places in members for member in places}
    return [
        Rule(
            critical=severities[index] is Severity.CRITICAL,
            counted=index not in inside,
            members=places,
            needed=needed(options.get("quorum") or "all", len(places), of_check("quorum", options["name"]))
            if places
            else 0,
        )
        for index, (options, places) in enumerate(zip(checks, members))
    ]


def _members(options: Options, earlier: t.Sequence[Options]) -> t.Tuple[int, ...]:
    places = {check["name"]: index for index, check in enumerate(earlier)}
    named = of_check("of", options["name"])
    _require_unique(named, options["of"])
    for name in options["of"]:
        if name not in places:
            raise InvalidOption(
                "{0} names {1!r}, which is no check before it; those are: {2}.".format(
                    named, name, ", ".join(places) or "none"
                )
            )
    return tuple(places[name] for name in options["of"])


def _target(options: Options) -> Target:
    name, port = options["name"], options.get("port")
    variables = options.get("variables") or {}
    option = "Option {0} of target {1!r}"
    if port is not None:
        require_port(port, option.format("port", name))
    for key, value in variables.items():
        if key in RESERVED:
            raise InvalidOption(
                "{0} has {1}, which the target's own option gives.".format(option.format("variables", name), key)
            )
        if isinstance(value, (dict, list)):
            raise InvalidOption("{0} has {1}, which is no single value.".format(option.format("variables", name), key))
    address = options.get("address") or name
    require_host(address, option.format("address", name))
    return Target(name, address, port, {key: str(value) for key, value in variables.items()})


def _check(options: Options, timeout: float) -> Check:
    name, kind, limit = options["name"], options["type"], options.get("max_latency")
    seconds = timeout if options.get("timeout") is None else options["timeout"]
    require_seconds(seconds, of_check("timeout", name))
    if limit is not None:
        require_seconds(limit, of_check("max_latency", name))
        if limit > seconds:
            raise InvalidOption(
                "{0} is {1:g} s, more than the timeout of {2:g} s, which always comes first.".format(
                    of_check("max_latency", name), limit, seconds
                )
            )
    defaults = CHECK_TYPES[kind].defaults
    own = {option: default if options.get(option) is None else options[option] for option, default in defaults.items()}
    if own.get("port") is not None:
        require_port(own["port"], of_check("port", name))
    return Check(name, kind, Severity(options["severity"]), seconds, limit, own)


def _jobs(rule: int, check: Check, targets: t.Sequence[Target]) -> t.Iterator[Job]:
    kind = CHECK_TYPES[check.type]
    if kind.local and len(targets) > 1:
        raise InvalidOption(
            "Check {0!r} of type {1} looks at the machine that the module runs on, but there are {2} targets; "
            "run the module on each machine, with one target.".format(check.name, check.type, len(targets))
        )
    for place, target in enumerate(targets):
        yield Job(place, rule, kind.prepare(check, target), check.timeout, check.max_latency)
