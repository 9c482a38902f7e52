# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of a run, for a person: ``python -m load.summary FILE``."""

from __future__ import annotations

import argparse
import pathlib
import sys

from load import records, report

NOBODY = "no release"


def render(run: report.Records) -> str:
    """Totals, releases and the shares over time, as lines of text."""
    if not run:
        return "No request was sent."
    return "\n".join([*_totals(report.totals(run)), "", *_releases(run), "", *shares_over_time(run)])


def shares_over_time(run: report.Records, seconds: float = 1.0) -> list[str]:
    """A line for each interval in which the shares, to the per cent, were not those of the one before."""
    lines: list[str] = []
    shown = None
    for interval in report.over_time(run, seconds):
        shares = "  ".join(f"{release or NOBODY} {share:.0%}" for release, share in sorted_shares(interval))
        failed = f"  ({interval.failed} of {interval.requests} failed)" if interval.failed else ""
        if shares + failed != shown:
            lines.append(f"{interval.begin:6.0f} s  {shares}{failed}")
        shown = shares + failed
    return lines


def sorted_shares(interval: report.Interval) -> list[tuple[str | None, float]]:
    """An interval's shares by the name of the release, those without a release last."""
    return sorted(interval.shares.items(), key=lambda item: (item[0] is None, item[0] or ""))


def _totals(run: report.Totals) -> list[str]:
    median, most, longest = (f"{seconds * 1000:.1f} ms" for seconds in run.latency)
    errors = "".join(f", {count} × {kind}" for kind, count in run.errors.items())
    return [
        f"{run.requests:,} requests in {run.seconds:.1f} s, {run.failed:,} failed{errors}",
        f"latency: half within {median}, 99 % within {most}, all within {longest}",
        f"sent at most {run.latest * 1000:.1f} ms after they were due",
    ]


def _releases(run: report.Records) -> list[str]:
    rows = [f"{'release':<12} {'requests':>10} {'failed':>8}"]
    for release, part in report.by_release(run).items():
        rows.append(f"{release or NOBODY:<12} {part.requests:>10,} {part.failed:>8,}")
    return rows


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="load.summary", description="What became of a run, as far as it has got.")
    parser.add_argument("file", type=pathlib.Path, help="the records of a run, finished or not")
    path = parser.parse_args(arguments).file
    try:
        print(render(records.read(path)))
    except OSError as error:
        print(f"load.summary: {path}: {error.strerror}", file=sys.stderr)
        return 1
    except records.NotRecords as error:
        print(f"load.summary: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
