# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which snapshots are kept, and why; the others go.

PRIVATE to the collection. Pure. The periods mean what they mean to restic and
borg: of each of the newest *n* hours (days, …) in which there are snapshots,
the newest snapshot is kept. Periods are those of UTC.
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
_WITHIN = re.compile(r"(\d+)([ymwdh])")


@dataclass(frozen=True)
class Keep:
    """How much is to be kept; where nothing at all is said, everything is.

    :param last: how many, whatever their age
    :param within: seconds before the newest snapshot, so that a wrong clock removes nothing
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


def reasons_to_keep(
    snapshots: t.Sequence[Snapshot], keep: Keep, protect: t.Collection[str] = ()
) -> t.Dict[str, t.List[str]]:
    """Of each snapshot, by its identifier, why it stays; one without a reason is to go.

    Whatever *keep* says, the newest that was proven stays, and the newest that was so by a restore, and those in *protect*,
    which a rollout under way may need.
    """
    newest_first = sorted(snapshots, key=lambda snapshot: (snapshot.taken, snapshot.identifier), reverse=True)
    reasons: t.Dict[str, t.List[str]] = {snapshot.identifier: [] for snapshot in newest_first}
    for reason, kept in _rules(newest_first, keep, protect):
        for snapshot in kept:
            reasons[snapshot.identifier].append(reason)
    return reasons


def _rules(
    newest_first: t.Sequence[Snapshot], keep: Keep, protect: t.Collection[str]
) -> t.Iterator[t.Tuple[str, t.Sequence[Snapshot]]]:
    if keep.everything:
        yield "no keep option is set", newest_first
    yield "a rollout under way names it", [each for each in newest_first if each.identifier in protect]
    yield "the newest that was proven", [each for each in newest_first if each.proof is not None][:1]
    restored = [each for each in newest_first if each.proof is not None and each.proof.how == "restore"]
    yield "the newest that was proven by a restore", restored[:1]
    yield "last", newest_first[: keep.last]
    for period, form in _PERIODS.items():
        yield period, _newest_of_periods(newest_first, form, t.cast(int, getattr(keep, period)))
    if keep.within:
        yield "within", [each for each in newest_first if each.taken >= newest_first[0].taken - keep.within]


def _newest_of_periods(newest_first: t.Sequence[Snapshot], form: str, count: int) -> t.List[Snapshot]:
    newest: t.Dict[str, Snapshot] = {}
    for snapshot in newest_first:
        moment = datetime.datetime.fromtimestamp(snapshot.taken, datetime.timezone.utc)
        newest.setdefault(moment.strftime(form), snapshot)
    return list(newest.values())[:count]
