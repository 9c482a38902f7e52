# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``make bench-judge``: how often judges call canaries worse that are not, and how soon those that are.

Prints tables and writes JSON. Ends with 1 when our judge calls more canaries
worse than alpha allows (by more than chance explains), or is slower to find
those that are than what is to hold. All times are those of the simulated rollouts.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import dataclasses
import json
import math
import pathlib
import sys
import typing as t
import zlib

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / ".cache" / "collections"))

from ansible_collections.progressive.delivery.tests.bench import markdown
from ansible_collections.progressive.delivery.tests.bench.judges import arms, judges

RUNS = 2000
RATES = (50, 5)
"""Requests a second on each side."""
SIGMAS = 3
OURS = "ours"


@dataclasses.dataclass(frozen=True)
class Metric:
    """Something that canaries are judged by.

    :param simulate: gives one rollout
    :param judges: by name; ours is called :data:`OURS`
    """

    cells: t.Sequence[arms.Cell]
    simulate: t.Callable[[arms.Cell, int, np.random.Generator], t.Any]
    judges: t.Mapping[str, judges.Judge]


METRICS = {
    "errors": Metric(
        arms.ERROR_CELLS,
        arms.errors,
        {
            "fixed, 99 % over 1 min": judges.flagger_on_errors(0.01),
            "fixed, 98 % over 1 min": judges.flagger_on_errors(0.02),
            "Kayenta, every look": judges.kayenta_on_errors(judges.KAYENTA),
            "Kayenta as it searches": judges.kayenta_on_errors(judges.KAYENTA_AS_IT_SEARCHES),
            OURS: judges.ours_on_errors,
        },
    ),
    "latency": Metric(
        arms.LATENCY_CELLS,
        arms.latencies,
        {
            "fixed, p50 of 110 ms over 1 min": judges.flagger_on_latency(110.0),
            "Kayenta, every look": judges.kayenta_on_latency(judges.KAYENTA),
            "Kayenta as it searches": judges.kayenta_on_latency(judges.KAYENTA_AS_IT_SEARCHES),
            OURS: judges.ours_on_latency,
        },
    ),
}


@dataclasses.dataclass(frozen=True)
class Hold:
    """What ours is to hold in one cell: a part that is found, and a median by when."""

    found: float
    median: float = math.inf


HOLDS = {
    ("errors", 50, "1 % → 3 %"): Hold(0.5, 40),
    ("errors", 5, "1 % → 3 %"): Hold(0.8),
    ("latency", 50, "p50 + 20 %"): Hold(0.5, 25),
}


@dataclasses.dataclass(frozen=True)
class Row:
    """What one judge said of the canaries of one cell.

    :param called: how many of them it called worse
    :param median: seconds until it did, over all runs; infinite when it found fewer than half of them
    :param ninth: the same for nine runs of ten
    """

    metric: str
    rate: int
    cell: str
    worse: bool
    judge: str
    runs: int
    called: int
    median: float
    ninth: float

    @property
    def part(self) -> float:
        """How many of the runs it called worse, from 0 to 1."""
        return self.called / self.runs


def measure(metric: str, rate: int, cell: arms.Cell, runs: int, chosen: t.Container[str]) -> list[Row]:
    """The *chosen* judges of *metric* on the same rollouts, which are the same whoever judges them."""
    chance = np.random.default_rng(zlib.crc32(f"{metric} {rate} {cell.name}".encode()))
    known = METRICS[metric]
    judging = {name: fails for name, fails in known.judges.items() if name in chosen}
    ends: dict[str, list[float]] = {name: [] for name in judging}
    for _run in range(runs):
        rollout = known.simulate(cell, rate, chance)
        for name, fails in judging.items():
            looks = fails(rollout)
            ends[name].append(math.inf if looks is None else looks * arms.LOOK_SECONDS)
    return [
        Row(
            metric,
            rate,
            cell.name,
            cell.worse,
            name,
            runs,
            sum(math.isfinite(end) for end in times),
            sorted(times)[(runs - 1) // 2],
            sorted(times)[math.ceil(0.9 * runs) - 1],
        )
        for name, times in ends.items()
    ]


def broken(rows: t.Sequence[Row]) -> list[str]:
    """What ours does not hold, in words."""
    found = []
    for row in rows:
        if row.judge != OURS:
            continue
        what = f"{row.metric} at {row.rate}/s, {row.cell}"
        most = judges.ALPHA + SIGMAS * math.sqrt(judges.ALPHA * (1 - judges.ALPHA) / row.runs)
        if not row.worse and row.part > most:
            found.append(f"{what}: {row.part:.1%} called worse, at most {most:.1%} may be")
        hold = HOLDS.get((row.metric, row.rate, row.cell))
        if hold and row.part < hold.found:
            found.append(f"{what}: {row.part:.1%} found, {hold.found:.0%} are to be")
        if hold and row.median > hold.median:
            found.append(f"{what}: half of them found after {row.median:g} s, {hold.median:g} s are to hold")
    return found


def show(rows: t.Sequence[Row], metric: str, rate: int) -> str:
    """The table of one metric at one rate."""
    chosen = [row for row in rows if (row.metric, row.rate) == (metric, rate)]
    cells = list(dict.fromkeys(row.cell for row in chosen))
    lines = []
    for name in METRICS[metric].judges:
        by_cell = {row.cell: row for row in chosen if row.judge == name}
        if by_cell:
            lines.append([name, *(_entry(by_cell[cell]) for cell in cells)])
    return markdown.table([f"{metric}, {rate}/s a side", *cells], lines)


def _entry(row: Row) -> str:
    part = f"{100 * row.part:.1f}"
    return f"{part} ({_seconds(row.median)}/{_seconds(row.ninth)})" if row.worse else part


def _seconds(seconds: float) -> str:
    return "–" if math.isinf(seconds) else f"{seconds:g} s"


def main() -> int:
    """Measure all cells; the exit code."""
    parser = argparse.ArgumentParser(description="Simulates judges of canaries.", allow_abbrev=False)
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("bench-judge.json"), metavar="FILE")
    parser.add_argument("--runs", type=int, default=RUNS, help="of each cell (%(default)s)")
    names = list(dict.fromkeys(name for known in METRICS.values() for name in known.judges))
    parser.add_argument("--judge", action="append", choices=names, help="only this one; may be said again (all)")
    options = parser.parse_args()
    rows: list[Row] = []
    with concurrent.futures.ProcessPoolExecutor() as pool:
        jobs = [
            pool.submit(measure, metric, rate, cell, options.runs, options.judge or names)
            for metric, known in METRICS.items()
            for rate in RATES
            for cell in known.cells
        ]
        for job in jobs:
            rows += job.result()
            print(f"{rows[-1].metric}, {rows[-1].rate}/s, {rows[-1].cell}", file=sys.stderr, flush=True)
    for metric in METRICS:
        for rate in RATES:
            print(f"\n{show(rows, metric, rate)}\n", flush=True)
    document = {"runs": options.runs, "rows": [dataclasses.asdict(row) for row in rows]}
    options.output.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    found = broken(rows)
    for line in found:
        print(f"BROKEN  {line}")
    print(
        f"Called worse, of {options.runs} runs a cell, in %; in brackets the seconds until half and nine tenths were. "
        f"Figures in {options.output}"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
