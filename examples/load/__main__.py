# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sends steady load: ``python -m load --url http://127.0.0.1:8080/analyze --rate 150 --connections 16 --record FILE``.

Runs until ``--duration`` or ``--requests`` is over, or until SIGTERM or SIGINT;
requests under way may finish. Ends with 0 whatever became of the requests
(the records tell), 1 when the file cannot be written, 2 when the command line
is wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import pathlib
import signal
import sys

from load import records, summary, target
from load.generator import Generator, Plan

LETTER = pathlib.Path(__file__).with_name("letter.json")
"""What is sent for analysis when nothing else is given."""


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        plan = _plan(options)
        file = records.RecordFile(
            options.record, {"url": options.url, "rate": options.rate, "keep_alive": options.keep_alive}
        )
    except target.InvalidTarget as error:
        print(f"load: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"load: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    with contextlib.closing(file):
        asyncio.run(_run(plan, file))
    print(summary.render(records.read(options.record)))
    return 0


async def _run(plan: Plan, file: records.RecordFile) -> None:
    generator = Generator(plan, file.add)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, generator.stop)
    async with asyncio.TaskGroup() as tasks:
        flushing = tasks.create_task(_flush_regularly(file))
        await generator.run()
        flushing.cancel()


async def _flush_regularly(file: records.RecordFile) -> None:
    while True:
        await asyncio.sleep(records.BATCH_SECONDS)
        file.flush()


def _plan(options: argparse.Namespace) -> Plan:
    where = target.resolve(options.url)
    body = options.body.read_bytes() if options.method == "POST" else None
    users = [{"X-User": f"user-{number}"} for number in range(options.users)] or [{}]
    limits = [options.requests, options.duration and round(options.duration * options.rate)]
    return Plan(
        address=where.address,
        requests=tuple(
            target.request_bytes(where, options.method, body, {**dict(options.header), **user}, options.keep_alive)
            for user in users
        ),
        rate=options.rate,
        connections=options.connections,
        keep_alive=options.keep_alive,
        timeout=options.timeout,
        limit=min((limit for limit in limits if limit is not None), default=None),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="load", description="Sends requests at a constant rate, retries none, records each.", allow_abbrev=False
    )
    option = parser.add_argument
    option("--url", required=True, help="such as http://127.0.0.1:8080/analyze")
    option("--record", type=pathlib.Path, required=True, metavar="FILE", help="where the records go; replaced")
    option("--rate", type=_positive, default=150.0, help="requests a second (%(default)s)")
    option("--connections", type=_count, default=16, help="how many at once (%(default)s)")
    reuse = parser.add_mutually_exclusive_group()
    reuse.add_argument("--keep-alive", action="store_true", default=True, help="use connections again (the default)")
    reuse.add_argument(
        "--new-connections", dest="keep_alive", action="store_false", help="a new connection for each request"
    )
    option("--duration", type=_positive, metavar="SECONDS", help="stop sending after this long")
    option("--requests", type=_count, metavar="N", help="stop sending after so many")
    option("--timeout", type=_positive, default=10.0, metavar="SECONDS", help="for each request (%(default)s)")
    option("--method", choices=("POST", "GET"), default="POST", help="(%(default)s)")
    option("--body", type=pathlib.Path, default=LETTER, metavar="FILE", help="JSON to post (a letter to analyse)")
    option("--users", type=_count, default=0, metavar="N", help="so many take turns, each named in X-User")
    option("--header", type=_header, action="append", default=[], metavar="NAME:VALUE", help="may be repeated")
    return parser


def _positive(value: str) -> float:
    number = float(value)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{value} is not above 0")
    return number


def _count(value: str) -> int:
    number = int(value)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{value} is not 1 or more")
    return number


def _header(value: str) -> tuple[str, str]:
    name, colon, content = value.partition(":")
    if not colon or not name.strip() or not value.isprintable():
        raise argparse.ArgumentTypeError(f"{value!r} is not like X-Preview:green")
    return name.strip(), content.strip()


if __name__ == "__main__":
    sys.exit(main())
