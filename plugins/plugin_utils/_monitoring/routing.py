# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is told of which alert and when, as a configuration of Alertmanager.

PRIVATE to the collection. Pure. See
https://prometheus.io/docs/alerting/latest/configuration/.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._alerts.model import SEVERITIES, Matcher
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._moment import moment
from ansible_collections.progressive.delivery.plugins.plugin_utils._monitoring.given import name_of, need_known
from ansible_collections.progressive.delivery.plugins.plugin_utils._monitoring.hours import time_interval
from ansible_collections.progressive.delivery.plugins.plugin_utils._monitoring.inhibition import CAUSES

NOBODY = "nobody"
"""The receiver that tells no one."""
WATCHDOG = "Watchdog"
MOST_WINDOWS = 4
"""Of maintenance, that come back each week: each that is added doubles the routes, as an alert may fall into several."""

_DURATION = re.compile(r"(0|[1-9][0-9]*)(ms|s|m|h|d)\Z")


@dataclasses.dataclass(frozen=True)
class Telling:
    """That a receiver is told.

    :param within: the name of the hours in which it is; empty for always
    :param outside: the name of the hours in which it is not; empty for none
    """

    to: str
    within: str = ""
    outside: str = ""


Ladder = t.Mapping[str, tuple[Telling, ...]]
"""By severity, who is told."""


@dataclasses.dataclass(frozen=True)
class Window:
    """Hours in which certain alerts are expected, week after week."""

    hours: str
    matchers: tuple[Matcher, ...]


@dataclasses.dataclass(frozen=True)
class Routing:
    """What a team has decided about its alerts.

    :param receivers: as Alertmanager has them, each with its name
    :param otherwise: who is told of what no team has, or has said nothing about
    :param teams: by the value of the label ``team``
    :param hours: by name, such as ``Mon-Fri 08:00-18:00 Europe/Berlin``
    :param windows: of maintenance
    :param watchdog: the receiver that misses it when alerts stop coming through; empty for none
    :param rollback: the receiver that starts a rollback; empty for none
    :param rollback_on: the alerts that do
    :param wait: for how long what is not critical is gathered before it is told
    :param again: when what lasts is told again
    :param inhibit: further rules of Alertmanager
    """

    receivers: tuple[t.Mapping[str, t.Any], ...]
    otherwise: Ladder
    teams: t.Mapping[str, Ladder]
    hours: t.Mapping[str, str]
    windows: tuple[Window, ...]
    watchdog: str = ""
    rollback: str = ""
    rollback_on: tuple[Matcher, ...] = ()
    wait: str = "5s"
    again: str = "4h"
    inhibit: tuple[t.Mapping[str, t.Any], ...] = ()


def configuration(routing: Routing) -> dict[str, t.Any]:
    """What Alertmanager's file holds."""
    routes = []
    if routing.watchdog:
        matchers = ['alertname="{0}"'.format(WATCHDOG)]
        routes.append({"receiver": routing.watchdog, "matchers": matchers, "repeat_interval": "1m"})
    # No person is called by it, whoever is told otherwise.
    routes.append({"receiver": NOBODY, "matchers": ['severity="none"']})
    routes += _within(routing, routing.windows, ())
    return {
        "route": {
            "receiver": NOBODY,
            "group_by": ["alertname", "app", "rollout"],
            "group_wait": routing.wait,
            "group_interval": routing.wait,
            "repeat_interval": routing.again,
            "routes": routes,
        },
        "receivers": [{"name": NOBODY}, *({**each} for each in routing.receivers)],
        "inhibit_rules": [*(cause.rule() for cause in CAUSES), *({**each} for each in routing.inhibit)],
        "time_intervals": [time_interval(name, text) for name, text in routing.hours.items()],
    }


def _within(routing: Routing, windows: tuple[Window, ...], muted: tuple[str, ...]) -> list[dict[str, t.Any]]:
    """The routes of all teams, where *windows* are still to be asked and the hours *muted* are those of windows that an alert is in."""
    if not windows:
        return _to_teams(routing, muted)
    first, *rest = windows
    inside = {
        "matchers": [str(each) for each in first.matchers],
        "routes": _within(routing, tuple(rest), (*muted, first.hours)),
    }
    return [inside, *_within(routing, tuple(rest), muted)]


def _to_teams(routing: Routing, muted: tuple[str, ...]) -> list[dict[str, t.Any]]:
    routes = [_back(routing, muted)] if routing.rollback else []
    routes += [
        {
            "matchers": [str(Matcher("team", team))],
            "routes": _by_severity({**routing.otherwise, **ladder}, muted),
        }
        for team, ladder in routing.teams.items()
    ]
    return [*routes, *_by_severity(routing.otherwise, muted)]


def _back(routing: Routing, muted: tuple[str, ...]) -> dict[str, t.Any]:
    return {
        "receiver": routing.rollback,
        "matchers": [str(each) for each in routing.rollback_on],
        "continue": True,
        # Each alert by itself and at once, with all of its labels.
        "group_by": ["..."],
        "group_wait": "0s",
        **({"mute_time_intervals": list(muted)} if muted else {}),
    }


def _by_severity(ladder: Ladder, muted: tuple[str, ...]) -> list[dict[str, t.Any]]:
    """A route for each that is told of a severity; what has another one, or none, is told as the highest of them is."""
    steps = [(severity, ladder.get(severity, ())) for severity in reversed(SEVERITIES)]
    highest = next((tellings for _severity, tellings in steps if tellings), ())
    others = Matcher("severity", "|".join(SEVERITIES), is_regex=True, is_equal=False)
    routes = [(Matcher("severity", severity), tellings) for severity, tellings in steps]
    return [
        _told(telling, matcher, muted, is_last=telling is tellings[-1])
        for matcher, tellings in [*routes, (others, highest)]
        for telling in tellings
    ]


def _told(telling: Telling, severity: Matcher, muted: tuple[str, ...], is_last: bool) -> dict[str, t.Any]:
    quiet = [*muted, *([telling.outside] if telling.outside else [])]
    return {
        "receiver": telling.to,
        "matchers": [str(severity)],
        **({"continue": True} if not is_last else {}),
        **({"group_wait": "0s", "group_interval": "1s"} if severity.value == SEVERITIES[-1] else {}),
        **({"active_time_intervals": [telling.within]} if telling.within else {}),
        **({"mute_time_intervals": quiet} if quiet else {}),
    }


def routing_of(teams: t.Any, **settings: t.Any) -> Routing:
    """What a team has decided, of what it writes.

    :raises InvalidOption: some of it cannot be meant
    """
    need_known(
        settings,
        {"receivers", "otherwise", "hours", "maintenance", "watchdog", "rollback", "wait", "again", "inhibit"},
        "settings",
    )
    receivers = tuple(_receivers(settings.get("receivers") or []))
    hours = settings.get("hours") or {}
    names = {each["name"] for each in receivers} | {NOBODY}
    rollback = settings.get("rollback") or {}
    need_known(rollback, {"to", "matchers"}, "rollback")
    if rollback:
        name_of(rollback.get("to"), "rollback: to")
    routing = Routing(
        receivers=receivers,
        otherwise=_ladder(settings.get("otherwise") or {}, "otherwise", hours),
        teams={
            name_of(name, "teams"): _ladder(ladder, "teams: " + name, hours) for name, ladder in (teams or {}).items()
        },
        hours=hours,
        windows=tuple(_windows(settings.get("maintenance") or [], hours)),
        watchdog=settings.get("watchdog") or "",
        rollback=rollback.get("to") or "",
        rollback_on=_matchers(rollback.get("matchers") or [], "rollback") if rollback else (),
        wait=_duration(settings.get("wait") or "5s", "wait"),
        again=_duration(settings.get("again") or "4h", "again"),
        inhibit=tuple(settings.get("inhibit") or ()),
    )
    for name, text in hours.items():
        time_interval(name, text)
    _need_receivers(routing, names)
    return routing


def _receivers(given: t.Any) -> t.Iterator[dict[str, t.Any]]:
    seen = {NOBODY}
    for each in given:
        name = name_of(each.get("name") if isinstance(each, dict) else None, "receivers")
        if name in seen:
            raise InvalidOption("receivers: {0} is there twice, or is the one that tells nobody".format(name))
        seen.add(name)
        yield each


def _need_receivers(routing: Routing, names: set[str]) -> None:
    """
    :raises InvalidOption: somebody is to be told who is no receiver
    """
    ladders = [("otherwise", routing.otherwise), *(("teams: " + name, each) for name, each in routing.teams.items())]
    told = [
        ("{0}: {1}".format(where, severity), telling.to)
        for where, ladder in ladders
        for severity, tellings in ladder.items()
        for telling in tellings
    ]
    told += [("watchdog", routing.watchdog or NOBODY), ("rollback: to", routing.rollback or NOBODY)]
    for where, name in told:
        if name not in names:
            raise InvalidOption(
                "{0}: there is no receiver {1!r}; there are {2}".format(where, name, ", ".join(sorted(names)))
            )


def _ladder(given: t.Any, where: str, hours: t.Mapping[str, str]) -> dict[str, tuple[Telling, ...]]:
    need_known(given, set(SEVERITIES), where)
    return {
        severity: tuple(_telling(each, "{0}: {1}".format(where, severity), hours) for each in _list(tellings))
        for severity, tellings in given.items()
    }


def _telling(given: t.Any, where: str, hours: t.Mapping[str, str]) -> Telling:
    if isinstance(given, str):
        return Telling(given)
    need_known(given, {"to", "within", "outside"}, where)
    for option in ("within", "outside"):
        if given.get(option) and given[option] not in hours:
            raise InvalidOption(
                "{0}: {1}: there are no hours {2!r}; there are {3}".format(
                    where, option, given[option], ", ".join(sorted(hours)) or "none"
                )
            )
    return Telling(name_of(given.get("to"), where), given.get("within") or "", given.get("outside") or "")


def _windows(given: t.Any, hours: t.Mapping[str, str]) -> t.Iterator[Window]:
    """Those that come back; those that have a date are silences, and are looked at alone."""
    weekly = 0
    for each in given:
        need_known(each, {"hours", "matchers", "name", "starts", "ends", "comment"}, "maintenance")
        where = "maintenance: {0}".format(each.get("hours") or each.get("name"))
        matchers = _matchers(each.get("matchers") or [], where)
        if each.get("ends"):
            _check_dated(each, where)
            continue
        weekly += 1
        if each.get("hours") not in hours:
            raise InvalidOption("{0}: it has no ends, and there are no hours {1!r}".format(where, each.get("hours")))
        yield Window(each["hours"], matchers)
    if weekly > MOST_WINDOWS:
        raise InvalidOption(
            "maintenance: there are {0} windows with hours, and {1} at most; put some together, with a matcher that is a "
            "regular expression".format(weekly, MOST_WINDOWS)
        )


def _check_dated(given: t.Mapping[str, t.Any], where: str) -> None:
    """
    :raises InvalidOption: a window with a date has no name, or moments that are none, or hours too
    """
    name_of(given.get("name"), where)
    if given.get("hours"):
        raise InvalidOption("{0}: it has hours and ends; one of them is meant".format(where))
    moments = [moment(str(given[option])) for option in ("starts", "ends") if given.get(option)]
    if None in moments:
        raise InvalidOption(
            "{0}: starts and ends are such as 2026-12-01T22:00:00+01:00, with a time zone".format(where)
        )
    if moments != sorted(moments, key=lambda each: each or 0.0):
        raise InvalidOption("{0}: it ends before it starts".format(where))


def _matchers(given: t.Any, where: str) -> tuple[Matcher, ...]:
    if not given:
        raise InvalidOption("{0}: matchers are needed, or all alerts would be meant".format(where))
    found = []
    for each in given:
        need_known(each, {"name", "value", "regex", "equal"}, where)
        if not each.get("name"):
            raise InvalidOption("{0}: a matcher has a name, the label's".format(where))
        if not str(each.get("value") or "") and each.get("equal", True):
            raise InvalidOption(
                "{0}: the matcher of {1} has no value, and would mean all alerts without that label".format(
                    where, each["name"]
                )
            )
        found.append(
            Matcher(each["name"], str(each.get("value", "")), bool(each.get("regex")), bool(each.get("equal", True)))
        )
    return tuple(found)


def _duration(given: t.Any, where: str) -> str:
    if not _DURATION.match(str(given)):
        raise InvalidOption("{0}: {1!r} is not such as 5s".format(where, given))
    return str(given)


def _list(given: t.Any) -> list[t.Any]:
    return given if isinstance(given, list) else [given]
