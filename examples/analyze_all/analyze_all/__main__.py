# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs one instance: ``python -m analyze_all --manifest release.json --host 127.0.0.1 --port 8001 --instance blue-1``.

Ends with 0 after a stop by SIGTERM or SIGINT, 1 when the port cannot be had,
2 when the command line or the manifest is wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import pathlib
import re
import sys
import typing as t

from analyze_all import manifest, serving
from analyze_all.health import Limits
from analyze_all.server import Service

if t.TYPE_CHECKING:
    from analyze_all import flags

_INSTANCE = re.compile(r"[0-9A-Za-z][0-9A-Za-z.:_-]{0,63}")


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.INFO)
    # uvicorn tells of every start and stop at this level, in words of its own.
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    try:
        release = manifest.read(options.manifest)
    except manifest.ManifestError as error:
        print(f"analyze_all: {error}", file=sys.stderr)
        return 2
    try:
        bound = serving.listen(options.host, options.port)
    except OSError as error:
        print(f"analyze_all: cannot listen on {options.host} port {options.port}: {error.strerror}", file=sys.stderr)
        return 1
    instance = options.instance or f"{options.host}:{bound.getsockname()[1]}"
    logging.getLogger("analyze_all").info("%s %s as %s", release.app, release.version, instance)
    limits = Limits(memory_bytes=options.memory_limit * 1024 * 1024)
    service = Service(release, instance, limits, options.fault_seed, _flags(options, release, instance))
    times = serving.StopTimes(lame_duck=options.lame_duck, drain=options.drain)
    asyncio.run(serving.serve(service, release, instance, bound, times))
    return 0


def _flags(options: argparse.Namespace, release: manifest.Manifest, instance: str) -> flags.Flags | None:
    """The feature toggles, where there is a file of them."""
    if options.flags is None:
        return None
    # Hosts on which the service runs without toggles have no OpenFeature SDK, and would fail at the import.
    from analyze_all import exposures, flags  # noqa: PLC0415

    resource = {"service.name": release.app, "service.version": release.version, "service.instance.id": instance}
    told = [exposures.Exposures(options.exposures, resource)] if options.exposures else []
    return flags.Flags(options.flags, *told)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="analyze_all", description="Says how good a document is.", allow_abbrev=False)
    parser.add_argument("--manifest", type=pathlib.Path, required=True, help="the release's release.json")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=_port, default=0, help="port to listen on; 0 takes a free one (%(default)s)")
    parser.add_argument("--instance", type=_instance, help="this instance's name in X-Instance (HOST:PORT)")
    times = serving.StopTimes()
    parser.add_argument(
        "--lame-duck",
        type=_seconds,
        default=times.lame_duck,
        metavar="SECONDS",
        help="how long a stop keeps the port open after /readyz has turned to 503 (%(default)s)",
    )
    parser.add_argument(
        "--drain",
        type=_seconds,
        default=times.drain,
        metavar="SECONDS",
        help="how long a stop waits for requests in flight (%(default)s)",
    )
    parser.add_argument(
        "--memory-limit",
        type=int,
        default=Limits().memory_bytes // 1024 // 1024,
        metavar="MIB",
        help="resident memory above which the service calls itself degraded (%(default)s)",
    )
    parser.add_argument("--flags", type=pathlib.Path, metavar="FILE", help="feature toggles, in flagd's form")
    parser.add_argument(
        "--exposures",
        type=pathlib.Path,
        metavar="FILE",
        help="where it is appended which user saw which variant of them, as OTLP's JSON",
    )
    parser.add_argument("--fault-seed", type=int, help="makes the choice of failing requests repeatable")
    return parser


def _instance(value: str) -> str:
    if not _INSTANCE.fullmatch(value):
        raise argparse.ArgumentTypeError(f"{value!r} is not a name such as blue-1 ({_INSTANCE.pattern})")
    return value


def _port(value: str) -> int:
    port = int(value)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{value} is not from 0 to 65535")
    return port


def _seconds(value: str) -> float:
    seconds = float(value)
    if not 0 <= seconds <= 3600:
        raise argparse.ArgumentTypeError(f"{value} is not from 0 to 3600 seconds")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
