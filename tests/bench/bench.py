# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``make bench``: what is promised in figures, measured, beside a rival wherever there is one.

Prints tables and writes JSON. Ends with 1 when a request failed while traffic
was moved, when a split is further off than chance explains, when a file came
back from a backup otherwise than it was, or when a killed rollout or backup was
not got over. No time and no ratio makes it fail: they
are printed beside what is to hold, and a busy machine is no defect.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import pathlib
import shlex
import signal
import sys
import tempfile
import typing as t

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "examples"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / ".cache" / "collections"))

from ansible_collections.progressive.delivery.tests.bench import (
    backups,
    callback,
    health,
    kill_switch,
    kills,
    machine,
    monitoring,
    precision,
    servers,
    swap,
    table,
)
from ansible_collections.progressive.delivery.tests.e2e.balancers import laid_down


@dataclasses.dataclass(frozen=True)
class Part:
    """One table of the benchmark.

    :param measure: gives the rows, given a scale, the balancers (of ``backups`` the engines) and a folder to work in
    :param show: the table of such rows
    :param broken: in words, what of the rows breaks a promise
    """

    measure: t.Callable[[float, t.Sequence[str], pathlib.Path], t.Iterator[t.Any]]
    show: t.Callable[[t.Sequence[t.Any]], str]
    broken: t.Callable[[t.Sequence[t.Any]], list[str]]


PARTS = {
    "swap": Part(swap.measure, table.swaps, swap.broken),
    "precision": Part(precision.measure, table.precision, precision.broken),
    "servers": Part(servers.measure, table.rivals, lambda _rows: []),
    "health": Part(health.measure, table.rivals, lambda _rows: []),
    "callback": Part(callback.measure, table.callbacks, lambda _rows: []),
    "monitoring": Part(monitoring.measure, table.sightings, lambda _rows: []),
    "kill_switch": Part(kill_switch.measure, table.kill_switch, lambda _rows: []),
    "backups": Part(backups.measure, table.backups, backups.broken),
    "kills": Part(kills.measure, table.kills, kills.broken),
}


def main(arguments: list[str] | None = None) -> int:
    """Measure the chosen parts; the exit code."""
    options = _parser().parse_args(arguments)
    # Leaving in this way ends what was started.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))
    words = sys.argv[1:] if arguments is None else arguments
    document: dict[str, t.Any] = {"command": shlex.join(["bench.py", *words]), "scale": options.scale}
    document["before"] = machine.describe(options.balancers)
    print(table.machine(document["before"]), flush=True)
    found: list[str] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        for name in options.only:
            (work := pathlib.Path(folder) / name).mkdir()
            rows = []
            chosen = options.engines if name == "backups" else options.balancers
            for row in PARTS[name].measure(options.scale, chosen, work):
                print(f"{name}: {row}", file=sys.stderr, flush=True)
                rows.append(row)
                document[name] = [_plain(row) for row in rows]
                document["after"] = machine.load()
                # A run takes long: what has been measured outlives it when it is ended.
                options.output.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
            print(f"\n{PARTS[name].show(rows)}\n", flush=True)
            found += PARTS[name].broken(rows)
    for line in found:
        print(f"BROKEN  {line}")
    print(f"load average {document['after']} at the end; figures in {options.output}")
    return 1 if found else 0


def _plain(row: t.Any) -> dict[str, t.Any]:
    """A row's fields, and what it makes of them."""
    derived = [name for name, value in vars(type(row)).items() if isinstance(value, property)]
    return {**dataclasses.asdict(row), **{name: getattr(row, name) for name in derived}}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measures what is promised in figures.", allow_abbrev=False)
    option = parser.add_argument
    option("--output", type=pathlib.Path, default=pathlib.Path("bench.json"), metavar="FILE", help="(%(default)s)")
    option("--scale", type=_positive, default=1.0, help="of all counts; 0.05 is a quick run (%(default)s)")
    option("--only", type=_names(PARTS), default=list(PARTS), metavar="PART,...", help=", ".join(PARTS))
    option(
        "--balancers",
        type=_names(laid_down.KINDS),
        default=list(laid_down.KINDS),
        metavar="KIND,...",
        help=f"of swap and precision: {', '.join(laid_down.KINDS)}",
    )
    option(
        "--engines",
        type=_names(backups.TOOLS),
        default=list(backups.TOOLS),
        metavar="KIND,...",
        help=f"of backups: {', '.join(backups.TOOLS)}",
    )
    return parser


def _positive(value: str) -> float:
    number = float(value)
    if not 0 < number <= 1:
        raise argparse.ArgumentTypeError(f"{value} is not above 0 and at most 1")
    return number


def _names(known: t.Iterable[str]) -> t.Callable[[str], list[str]]:
    def parse(value: str) -> list[str]:
        names = value.split(",")
        unknown = [name for name in names if name not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)} is none of {', '.join(known)}")
        return names

    return parse


if __name__ == "__main__":
    sys.exit(main())
