# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures as tables in Markdown, so that what is printed can be put into a document."""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.tests.bench import backups as saving
from ansible_collections.progressive.delivery.tests.bench import callback, markdown, monitoring, rival
from ansible_collections.progressive.delivery.tests.bench import kill_switch as switching
from ansible_collections.progressive.delivery.tests.bench import kills as killing
from ansible_collections.progressive.delivery.tests.bench import precision as dividing
from ansible_collections.progressive.delivery.tests.bench import swap as swapping


def machine(facts: dict[str, t.Any]) -> str:
    """Where and with what, in one paragraph."""
    return ", ".join(f"{name} {value}" for name, value in facts.items())


def swaps(rows: t.Sequence[swapping.Row]) -> str:
    """Failures and times of swaps."""
    heads = ["balancer", "load", "requests", "swaps", "failed (0)", "failed without swaps"]
    heads += [
        "99 % new after, ms (50)",
        "command, ms",
        "whole module, ms",
        "latency 50 / 99 %, ms",
        "without swaps, ms",
    ]
    return markdown.table(
        heads,
        [
            [
                row.balancer,
                row.load,
                f"{row.requests:,}",
                str(row.swaps),
                str(row.failed),
                str(row.control_failed),
                _pair(row.settled) + _untold(row),
                _pair(row.command),
                _pair(row.module, 0),
                _pair(row.latency),
                _pair(row.control_latency),
            ]
            for row in rows
        ],
    )


def precision(rows: t.Sequence[dividing.Row]) -> str:
    """Shares that were given and that were got."""
    return markdown.table(
        ["balancer", "load", "requests", "given, %", "got, %", "off, points", "4 sigma"],
        [
            [
                row.balancer,
                row.load,
                f"{row.requests:,}",
                f"{row.wanted:g}",
                f"{row.got:.2f}",
                f"{row.off:+.2f}",
                f"±{row.tolerance:.2f}",
            ]
            for row in rows
        ],
    )


def rivals(rows: t.Sequence[rival.Row]) -> str:
    """How we compare; says when the rival did less than we did."""
    return markdown.table(
        ["what", "ours", "rival", "measured", "ratio", "to hold"],
        [
            [
                f"{row.items:,} {row.what}",
                f"{row.seconds:.2f} s",
                f"{row.rival} in a loop: {row.rival_seconds_for_all:.1f} s",
                f"{row.rival_seconds:.1f} s for {row.rival_items:,}" + _scaled(row),
                f"{row.ratio:.0f} ×",
                f"{row.hold} ×",
            ]
            for row in rows
        ],
    )


def callbacks(rows: t.Sequence[callback.Row]) -> str:
    """What callbacks cost."""
    return markdown.table(
        ["callback", "results", "time", "of that without", "to hold", "processor", "of that without", "memory at most"],
        [
            [
                row.who,
                f"{row.results:,}",
                f"{row.cost.seconds:.1f} s",
                f"{row.ratio:.3f} ×",
                f"{row.hold:.2f} ×" if row.hold else "",
                f"{row.cost.cpu:.1f} s",
                f"{row.cpu_ratio:.3f} ×",
                f"{row.cost.megabytes:.0f} MB",
            ]
            for row in rows
        ],
    )


def sightings(rows: t.Sequence[monitoring.Row]) -> str:
    """How soon what happens is seen and told."""
    return markdown.table(
        ["what", "times", "50 %", "95 %", "99 %", "longest", "to hold"],
        [
            [
                row.what,
                str(row.count),
                *(f"{1000 * value:.1f} ms" for value in (row.median, row.p95, row.p99, row.longest)),
                ", ".join(f"{name} {1000 * value:g} ms" for name, value in row.hold.items()),
            ]
            for row in rows
        ],
    )


def kill_switch(rows: t.Sequence[switching.Row]) -> str:
    """How soon apps hear of a kill switch."""
    return markdown.table(
        ["what", "hosts", "task", "until the last app heard", "of that after its file changed", "rival", "ratio"],
        [
            [
                row.what,
                str(row.hosts),
                f"{row.task:.2f} s",
                f"{row.last_seen:.2f} s",
                f"{row.after_write:.2f} s at most",
                f"{row.rival}: {row.rival_last_seen:.2f} s",
                f"{row.ratio:.2f} ×",
            ]
            for row in rows
        ],
    )


def backups(rows: t.Sequence[saving.Row]) -> str:
    """How our backups compare with those of the bare tools."""
    hold = f"({saving.HOLD:.2f})"
    return markdown.table(
        ["engine", "what", "tree", "ours", "bare tool", f"time {hold}", "repository", "bare tool's", f"size {hold}"],
        [
            [
                row.engine,
                row.what,
                f"{row.tree / 1e6:,.0f} MB",
                f"{row.seconds:.1f} s",
                f"{row.rival}: {row.rival_seconds:.1f} s",
                f"{row.time_ratio:.2f} ×",
                f"{row.size / 1e6:,.0f} MB",
                f"{row.rival_size / 1e6:,.0f} MB",
                f"{row.size_ratio:.3f} ×",
            ]
            for row in rows
        ],
    )


def kills(rows: t.Sequence[killing.Row]) -> str:
    """What was killed and got over."""
    return markdown.table(
        ["killed", "places or rounds", "tests", "not got over (0)", "seconds"],
        [[row.killed, str(row.places), str(row.kills), str(len(row.failed)), f"{row.seconds:.0f}"] for row in rows],
    )


def _untold(row: swapping.Row) -> str:
    never = f", {row.unsettled} never" if row.unsettled else ""
    return never + (f" (told of {row.told})" if row.told < row.swaps else "")


def _scaled(row: rival.Row) -> str:
    return "" if row.rival_items == row.items else f", scaled to {row.items:,}"


def _pair(pair: tuple[float, float] | None, digits: int = 1) -> str:
    if pair is None:
        return "-"
    return f"{pair[0]:.{digits}f} / {pair[1]:.{digits}f}"
