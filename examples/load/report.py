# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the records of a run say. Pure: records in, figures out.

Records are given in the order in which the requests were sent, as
``records.read`` returns them.
"""

from __future__ import annotations

import bisect
import collections
import collections.abc
import dataclasses
import math

from load.records import Record

Records = collections.abc.Sequence[Record]


@dataclasses.dataclass(frozen=True)
class Totals:
    """A run in one line.

    :param seconds: from the first request to the end of the last answer
    :param errors: how many requests ended with each kind of error, or with each status from 500 on
    :param latency: seconds within which half, 99 % and all of the requests ended; zeros without any request
    :param latest: seconds by which the generator itself was late at worst
    """

    requests: int
    failed: int
    seconds: float
    errors: dict[int | str, int]
    latency: tuple[float, float, float]
    latest: float


@dataclasses.dataclass(frozen=True)
class ReleaseTotals:
    """The answers of one release, or the requests that got none."""

    requests: int
    failed: int


@dataclasses.dataclass(frozen=True)
class Interval:
    """A piece of a run.

    :param begin: seconds after the first request
    :param shares: fraction of the requests by the release that answered, 0 to 1; None is no release
    """

    begin: float
    requests: int
    failed: int
    shares: dict[str | None, float]


@dataclasses.dataclass(frozen=True)
class Blame:
    """Whose failures they are.

    :param own: failed answers that a given release gave itself
    :param others: all other failures: of other releases, of the balancer, of the network
    """

    own: int
    others: int


def totals(records: Records) -> Totals:
    """The run as a whole."""
    latencies = sorted(record.latency for record in records)
    errors = collections.Counter(record.outcome for record in records if record.failed)
    return Totals(
        requests=len(records),
        failed=errors.total(),
        seconds=max(record.ended for record in records) - records[0].sent if records else 0.0,
        errors=dict(errors.most_common()),
        latency=(quantile(latencies, 0.5), quantile(latencies, 0.99), quantile(latencies, 1.0)),
        latest=max((record.late for record in records), default=0.0),
    )


def between(records: Records, begin: float, end: float) -> Records:
    """The requests sent from ``begin`` to just before ``end``, both in seconds since the epoch."""
    first = bisect.bisect_left(records, begin, key=lambda record: record.sent)
    return records[first : bisect.bisect_left(records, end, lo=first, key=lambda record: record.sent)]


def by_release(records: Records) -> dict[str | None, ReleaseTotals]:
    """Requests and failures by the release that answered; None is no release. In order of first appearance."""
    groups: dict[str | None, list[Record]] = {}
    for record in records:
        groups.setdefault(record.release, []).append(record)
    return {
        release: ReleaseTotals(requests=len(group), failed=sum(record.failed for record in group))
        for release, group in groups.items()
    }


def over_time(records: Records, seconds: float = 1.0) -> list[Interval]:
    """The run in intervals of ``seconds``; those in which nothing was sent are left out."""
    groups: dict[int, list[Record]] = {}
    for record in records:
        groups.setdefault(int((record.sent - records[0].sent) / seconds), []).append(record)
    return [
        Interval(
            begin=number * seconds,
            requests=len(group),
            failed=sum(record.failed for record in group),
            shares={release: part.requests / len(group) for release, part in by_release(group).items()},
        )
        for number, group in groups.items()
    ]


def blame(records: Records, release: str) -> Blame:
    """Which failures a release caused itself, by the X-Release of the answer, and which it did not."""
    own = sum(record.failed and record.release == release for record in records)
    return Blame(own=own, others=sum(record.failed for record in records) - own)


def settled_after(
    records: Records, release: str, instant: float, fraction: float = 0.99, window: int = 100
) -> float | None:
    """How long it took until a release answered, and went on answering, nearly everything.

    Only requests sent at ``instant`` or later count, by when they were sent. The
    first answer of a release proves little, so this is the time from ``instant``
    to the first request from which on every ``window`` requests in a row have
    at least ``fraction`` answers of that release. A failure is nobody's answer.

    :param instant: seconds since the epoch, such as when a command returned
    :returns: seconds, 0 when it held from the first request on; None when it never held, or when fewer than
        ``window`` requests are left to tell
    """
    later = between(records, instant, float("inf"))
    if len(later) < window:
        return None
    hits = [record.release == release and not record.failed for record in later]
    inside = sum(hits[:window])
    settled: int | None = 0 if inside >= fraction * window else None
    for first in range(1, len(hits) - window + 1):
        inside += hits[first + window - 1] - hits[first - 1]
        if inside < fraction * window:
            settled = None
        elif settled is None:
            settled = first
    if settled is None:
        return None
    return later[settled].sent - instant if settled else 0.0


def quantile(ordered: collections.abc.Sequence[float], fraction: float) -> float:
    """The smallest value that at least ``fraction`` of the values do not exceed; 0 without values."""
    if not ordered:
        return 0.0
    return ordered[max(0, math.ceil(fraction * len(ordered)) - 1)]
