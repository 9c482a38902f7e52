# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How close the share that a pool gets comes to the share that it was given."""

from __future__ import annotations

import dataclasses
import math
import pathlib
import typing as t

from load import records, report

from ansible_collections.progressive.delivery.tests.bench import traffic
from ansible_collections.progressive.delivery.tests.e2e.balancers import laid_down

REQUESTS = 20_000
PER_CENT = (5, 25)
SIGMAS = 4
"""Chance goes further than this once in 16,000 measurements."""


@dataclasses.dataclass(frozen=True)
class Row:
    """One split of one balancer under one kind of load, in per cent.

    :param tolerance: four standard deviations of a share among so many requests
    """

    balancer: str
    load: str
    requests: int
    failed: int
    wanted: float
    got: float
    tolerance: float

    @property
    def off(self) -> float:
        """By how many points too many, or too few, went to the pool."""
        return self.got - self.wanted


def measure(scale: float, balancers: t.Sequence[str], folder: pathlib.Path) -> t.Iterator[Row]:
    """A row for each balancer, kind of load and split."""
    for kind in balancers:
        with traffic.running(kind, folder) as balancer:
            for load in traffic.LOADS:
                for per_cent in PER_CENT:
                    yield _measure_one(balancer, load, per_cent, max(500, round(REQUESTS * scale)), folder)


def broken(rows: t.Sequence[Row]) -> list[str]:
    """The rows that chance does not explain, in words."""
    return [
        f"{row.balancer}, {row.load}: {row.got:.2f} % for {row.wanted} %, {row.failed} failed"
        for row in rows
        if abs(row.off) > row.tolerance or row.failed
    ]


def _measure_one(
    balancer: laid_down.LaidDown, load: traffic.Load, per_cent: int, requests: int, folder: pathlib.Path
) -> Row:
    balancer.split(per_cent)
    record = folder / "records"
    with traffic.sending(balancer, load, requests, record):
        pass
    kept = records.read(record)
    record.unlink()
    green = report.by_release(kept).get("green", report.ReleaseTotals(0, 0))
    share = per_cent / 100
    return Row(
        balancer=balancer.kind,
        load=load.name,
        requests=len(kept),
        failed=report.totals(kept).failed,
        wanted=per_cent,
        got=100 * green.requests / len(kept),
        tolerance=100 * SIGMAS * math.sqrt(share * (1 - share) / len(kept)),
    )
