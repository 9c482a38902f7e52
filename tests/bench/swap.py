# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Traffic moved from pool to pool under load: what failed, and how soon the new pool answers.

A control run of the same load without any swap comes with each, so that a
failure which has nothing to do with swaps is seen for what it is.
"""

from __future__ import annotations

import dataclasses
import pathlib
import statistics
import time
import typing as t

from load import records, report

from ansible_collections.progressive.delivery.tests.bench import traffic
from ansible_collections.progressive.delivery.tests.e2e.balancers import laid_down

SWAPS = 40
"""Of each kind of load: 80 of each balancer."""

MODULE_RUNS = 10

WINDOW = 100
"""Of so many requests in a row, 99 % must have been answered by the new pool."""


@dataclasses.dataclass(frozen=True)
class Swapped:
    """A swap.

    :param begun: seconds since the epoch
    :param returned: when the balancer had accepted it; seconds since the epoch
    :param pool: which pool takes all traffic since then
    """

    begun: float
    returned: float
    pool: str


@dataclasses.dataclass(frozen=True)
class Row:
    """One balancer under one kind of load. Times in milliseconds; pairs are the median and the longest.

    :param control_failed: of as many requests without a swap
    :param settled: from the end of the command until 99 % of the answers, and all later ones, were the new pool's;
        None when no swap could tell
    :param told: swaps after which enough requests came before the next one to tell
    :param unsettled: those of them after which it did not come about
    :param command: what the balancer took over the change
    :param module: what the module took, from the start of its process to its result, health checks included
    :param latency: half and 99 % of the requests within this
    :param control_latency: the same without a swap
    """

    balancer: str
    load: str
    swaps: int
    requests: int
    failed: int
    errors: dict[str, int]
    control_requests: int
    control_failed: int
    settled: tuple[float, float] | None
    told: int
    unsettled: int
    command: tuple[float, float]
    module: tuple[float, float]
    latency: tuple[float, float]
    control_latency: tuple[float, float]


def measure(scale: float, balancers: t.Sequence[str], folder: pathlib.Path) -> t.Iterator[Row]:
    """A row for each balancer and each kind of load."""
    for kind in balancers:
        with traffic.running(kind, folder) as balancer:
            module = _module_times(balancer, max(2, round(MODULE_RUNS * scale)))
            for load in traffic.LOADS:
                yield _measure_one(balancer, load, scale, module, folder)


def broken(rows: t.Sequence[Row]) -> list[str]:
    """The rows with failed requests, in words."""
    return [
        f"{row.balancer}, {row.load}: {row.failed} of {row.requests} requests failed over {row.swaps} swaps "
        f"({row.errors}); {row.control_failed} of {row.control_requests} without a swap"
        for row in rows
        if row.failed
    ]


def _measure_one(
    balancer: laid_down.LaidDown, load: traffic.Load, scale: float, module: list[float], folder: pathlib.Path
) -> Row:
    requests = round(load.requests * scale)
    record = folder / "records"
    with traffic.sending(balancer, load, requests, record):
        pass
    control = report.totals(records.read(record))
    record.unlink()
    with traffic.sending(balancer, load, requests, record):
        swaps = _swap(balancer, max(2, round(SWAPS * scale)), requests / load.rate)
    kept = records.read(record)
    record.unlink()
    totals = report.totals(kept)
    settled = _settled(kept, swaps)
    return Row(
        balancer=balancer.kind,
        load=load.name,
        swaps=len(swaps),
        requests=totals.requests,
        failed=totals.failed,
        errors={str(kind): count for kind, count in totals.errors.items()},
        control_requests=control.requests,
        control_failed=control.failed,
        settled=_median_and_longest([seconds for seconds in settled if seconds is not None]),
        told=len(settled),
        unsettled=settled.count(None),
        command=_median_and_longest([swap.returned - swap.begun for swap in swaps]),
        module=_median_and_longest(module),
        latency=_milliseconds(totals.latency[:2]),
        control_latency=_milliseconds(control.latency[:2]),
    )


def _swap(balancer: laid_down.LaidDown, count: int, seconds: float) -> list[Swapped]:
    """Swap *count* times, evenly over *seconds*, by way of the driver in this process."""
    driver, layout = traffic.driver(balancer)
    first, swaps = time.monotonic(), []
    for number in range(count):
        time.sleep(max(0.0, first + (number + 0.5) * seconds / (count + 0.5) - time.monotonic()))
        pool = layout.base if number % 2 else layout.other
        commands = driver.plan(driver.read(), traffic.split(layout, 0 if number % 2 else 10000))
        begun = time.time()
        driver.apply(commands)
        swaps.append(Swapped(begun, time.time(), pool))
    return swaps


def _settled(kept: report.Records, swaps: t.Sequence[Swapped]) -> list[float | None]:
    ends = [swap.begun for swap in swaps[1:]] + [float("inf")]
    parts = [_only_after(kept, swap, end) for swap, end in zip(swaps, ends, strict=True)]
    return [
        report.settled_after(part, swap.pool, swap.returned, window=WINDOW)
        for part, swap in zip(parts, swaps, strict=True)
        if len(part) >= WINDOW
    ]


def _only_after(kept: report.Records, swap: Swapped, end: float) -> report.Records:
    """The requests sent after *swap* and answered before the next: those under way then, either pool may answer."""
    return [record for record in report.between(kept, swap.returned, end) if record.ended < end]


def _module_times(balancer: laid_down.LaidDown, count: int) -> list[float]:
    times = []
    for number in range(count):
        green = 0 if number % 2 else 100
        begun = time.perf_counter()
        balancer.traffic_in_process(split={"blue": 100 - green, "green": green})
        times.append(time.perf_counter() - begun)
    balancer.split(0)
    return times


def _median_and_longest(seconds: t.Sequence[float]) -> tuple[float, float] | None:
    return _milliseconds([statistics.median(seconds), max(seconds)]) if seconds else None


def _milliseconds(seconds: t.Sequence[float]) -> tuple[float, float]:
    one, other = (round(value * 1000, 2) for value in seconds)
    return one, other
