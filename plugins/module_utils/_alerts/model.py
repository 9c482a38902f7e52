# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Alerts and silences as plain data, and what is to be done about them.

PRIVATE to the collection. Pure. Times are seconds since the epoch.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption

SEVERITIES = ("info", "warning", "critical")
"""From what can be read in the morning to what wakes people."""

_ACCURACY = 1.0
"""Seconds by which two moments may differ that are meant to be the same."""
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*\Z")


@dataclasses.dataclass(frozen=True)
class Alert:
    """Something that people are to know as long as it lasts.

    :param labels: what it is: the same labels are the same alert
    :param annotations: what there is to say of it
    :param starts: when it began
    :param ends: when it is over if nobody says it again
    """

    labels: t.Mapping[str, str]
    annotations: t.Mapping[str, str]
    starts: float
    ends: float


@dataclasses.dataclass(frozen=True, order=True)
class Matcher:
    """Which value of a label is meant.

    :param is_regex: whether the value is an expression that the whole of it fits
    :param is_equal: False for all others
    """

    name: str
    value: str
    is_regex: bool = False
    is_equal: bool = True

    def __str__(self) -> str:
        sign = ("=~" if self.is_equal else "!~") if self.is_regex else ("=" if self.is_equal else "!=")
        escaped = self.value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return '{0}{1}"{2}"'.format(self.name, sign, escaped)


@dataclasses.dataclass(frozen=True)
class Silence:
    """Alerts of which nobody is told for a while.

    :param identifier: Alertmanager's; empty for one that is to be made
    """

    matchers: t.FrozenSet[Matcher]
    starts: float
    ends: float
    author: str
    comment: str
    identifier: str = ""


def need_labels(labels: t.Mapping[str, str], option: str) -> None:
    """Refuse what Alertmanager would; raises InvalidOption."""
    for name in labels:
        if not _LABEL.match(name):
            raise InvalidOption(
                "{0}: {1!r} is no name of a label: letters, digits and _, and no digit first".format(option, name)
            )


def ended(alert: Alert, at: float) -> Alert:
    """The same, over at that moment; by a clock that is behind the one that raised it, as soon as it may be."""
    return dataclasses.replace(alert, ends=max(at, alert.starts + 0.001))


def to_raise(found: t.Optional[Alert], wanted: Alert, now: float) -> bool:
    """Whether *wanted* is to be told: it is not known, says something else, or less than half of its time is left."""
    if found is None or dict(found.annotations) != dict(wanted.annotations):
        return True
    return found.ends - now < (wanted.ends - now) / 2


def to_silence(found: t.Sequence[Silence], wanted: Silence, now: float, is_dated: bool = False) -> t.Optional[Silence]:
    """What is to be written so that it is silent long enough; None where it is.

    A silence of the same author for the same alerts is prolonged once less than half of its time is left. One that
    *is_dated* is to have just the times that were wanted, and is not made once they are over.
    """
    if wanted.ends <= now:
        return None
    same = [each for each in found if each.matchers == wanted.matchers and each.author == wanted.author]
    if not same:
        return wanted
    last = max(same, key=lambda each: each.ends)
    if is_dated:
        is_then = last.starts <= now if wanted.starts <= now else abs(last.starts - wanted.starts) <= _ACCURACY
        if is_then and abs(last.ends - wanted.ends) <= _ACCURACY:
            return None
        return dataclasses.replace(wanted, identifier=last.identifier)
    if last.ends - now < (wanted.ends - now) / 2:
        return dataclasses.replace(last, ends=wanted.ends, comment=wanted.comment)
    return None


def to_end(found: t.Sequence[Silence], matchers: t.AbstractSet[Matcher], author: str) -> t.List[Silence]:
    """Those that are to end: of this author, for just these alerts; for all, where no *matchers* are given."""
    return [each for each in found if each.author == author and (not matchers or each.matchers == matchers)]
