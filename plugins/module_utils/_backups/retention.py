# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which snapshots are kept, and why; the others go.

PRIVATE to the collection. Pure. The periods mean what they mean to restic and
borg: of each of the newest *n* hours (days, …) in which there are snapshots,
the newest snapshot is kept, here the newest that was proven where one was.
Periods are those of UTC.
"""

from __future__ import annotations

import datetime
import re
import typing as t
from dataclasses import dataclass

from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import Snapshot
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption

_PERIODS = {"hourly": "%Y%m%d%H", "daily": "%Y%m%d", "weekly": "%G%V", "monthly": "%Y%m", "yearly": "%Y"}
_SPAN = {"y": 365 * 86400, "m": 30 * 86400, "w": 7 * 86400, "d": 86400, "h": 3600}
SHORTEST_BEGINNING = 8
"""Characters of an identifier by which it may be named."""
_WITHIN = re.compile(r"(\d+)([ymwdh])")


@dataclass(frozen=True)
class Keep:
    """How much is to be kept; where nothing at all is said, everything is.

    :param last: how many, whatever their age
    :param within: seconds before the newest snapshot that was there already, so that a wrong clock removes nothing
    """

    last: int = 0
    hourly: int = 0
    daily: int = 0
    weekly: int = 0
    monthly: int = 0
    yearly: int = 0
    within: float = 0.0

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value < 0:
                raise InvalidOption("keep.{0} is {1}; give 0 or more".format(name, value))

    @property
    def everything(self) -> bool:
        return not any(vars(self).values())


def seconds_within(text: str) -> float:
    """The length of a time such as ``1y6m``, ``14d`` or ``36h``; a month has 30 days, a year 365.

    :raises InvalidOption: anything else
    """
    parts = _WITHIN.findall(text)
    if not parts or "".join(count + unit for count, unit in parts) != text:
        raise InvalidOption(
            "keep.within is {0!r}; give numbers with y, m, w, d or h, for example 14d or 1y6m".format(text)
        )
    return float(sum(int(count) * _SPAN[unit] for count, unit in parts))


def protected(
    snapshots: t.Sequence[Snapshot], protect: t.Sequence[str], where_there: t.Sequence[str] = ()
) -> t.Set[str]:
    """The identifiers that *protect* and *where_there* name, each whole or by its beginning.

    :param where_there: those of them that name no snapshot are passed over; a rollout's may be in other repositories, or gone
    :raises InvalidOption: one of *protect* names none, so that what it was meant for would not be protected
    """
    found: t.Set[str] = set()
    for asked in [*protect, *where_there]:
        meant = {each.identifier for each in named(snapshots, asked)}
        if not meant and asked in protect:
            raise InvalidOption(
                "protect: {0!r} names no snapshot of the app; give an id as backup_info lists it, or at least {1} characters of its beginning".format(
                    asked, SHORTEST_BEGINNING
                )
            )
        found |= meant
    return found


def named(snapshots: t.Sequence[Snapshot], asked: str) -> t.List[Snapshot]:
    """Those whose identifier *asked* is, else those whose beginning it is."""
    return [each for each in snapshots if each.identifier == asked] or [
        each for each in snapshots if len(asked) >= SHORTEST_BEGINNING and each.identifier.startswith(asked)
    ]


def reasons_to_keep(
    snapshots: t.Sequence[Snapshot], keep: Keep, now: float, protect: t.Collection[str] = (), taken: str = ""
) -> t.Dict[str, t.List[str]]:
    """Of each snapshot, by its identifier, why it stays; one without a reason is to go.

    Each host's are counted for themselves, and what is to be of a time after *now* is not counted, as a clock was wrong.
    Whatever *keep* says, of each host the newest that was proven stays, and the newest that was so by a restore, and those in
    *protect*, which a rollout under way may need. One that was taken before a restore counts as neither of the first two.

    :param taken: which one was made just now, which stays even if the clock went back meanwhile
    """
    newest_first = sorted(snapshots, key=lambda snapshot: (snapshot.taken, snapshot.identifier), reverse=True)
    reasons: t.Dict[str, t.List[str]] = {snapshot.identifier: [] for snapshot in newest_first}
    rules: t.List[t.Tuple[str, t.Sequence[Snapshot]]] = [
        ("no keep option is set", newest_first if keep.everything else []),
        ("it is protected", [each for each in newest_first if each.identifier in protect]),
        ("it was taken just now", [each for each in newest_first if each.identifier == taken]),
        ("its time is still to come", [each for each in newest_first if each.taken > now]),
    ]
    for host in sorted({snapshot.host for snapshot in newest_first}):
        rules += _rules([each for each in newest_first if each.host == host and each.taken <= now], keep, taken)
    for reason, kept in rules:
        for snapshot in kept:
            reasons[snapshot.identifier].append(reason)
    return reasons


def _rules(
    newest_first: t.Sequence[Snapshot], keep: Keep, taken: str
) -> t.Iterator[t.Tuple[str, t.Sequence[Snapshot]]]:
    proven = [each for each in newest_first if _is_good(each)]
    yield "the newest that was proven", proven[:1]
    restored = [each for each in proven if each.proof is not None and each.proof.how == "restore"]
    yield "the newest that was proven by a restore", restored[:1]
    # One that was not proven may be no good, so that it takes no other's place.
    wanted = {each.identifier for each in [*newest_first[: keep.last], *proven[: keep.last]]}
    yield "last", [each for each in newest_first if each.identifier in wanted]
    for period, form in _PERIODS.items():
        yield period, _newest_of_periods(newest_first, form, t.cast(int, getattr(keep, period)))
    if keep.within and newest_first:
        # Taken while the clock is ahead, it would make all others old at once.
        before = [each for each in newest_first if each.identifier != taken] or newest_first
        yield "within", [each for each in newest_first if each.taken >= before[0].taken - keep.within]


def _is_good(snapshot: Snapshot) -> bool:
    """Whether it was proven, and is not of what a restore was to mend."""
    return snapshot.proof is not None and not snapshot.is_safety


def _newest_of_periods(newest_first: t.Sequence[Snapshot], form: str, count: int) -> t.List[Snapshot]:
    """Of each of the newest *count* periods the newest that was proven, but for those before a restore; where none was the newest."""
    newest: t.Dict[str, Snapshot] = {}
    for snapshot in newest_first:
        moment = datetime.datetime.fromtimestamp(snapshot.taken, datetime.timezone.utc).strftime(form)
        if not _is_good(newest.setdefault(moment, snapshot)) and _is_good(snapshot):
            newest[moment] = snapshot
    return list(newest.values())[:count]
