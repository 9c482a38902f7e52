# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real hosts for tests: ``python -m tests.hosts up blue=blue-1,blue-2 balancers=balancer``.

Needs root. Everything it makes is removed by ``down``, also when ``up`` itself
was killed.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from pathlib import Path

from tests.hosts.command import HostsError
from tests.hosts.network import Network

FOLDERS = Path("/run")
NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    options = _parser().parse_args(arguments)
    if os.geteuid() != 0:
        print("hosts: only root can boot hosts", file=sys.stderr)
        return 1
    network = Network(FOLDERS / f"progressive.delivery.hosts.{options.network}")
    try:
        match options.command:
            case "up":
                network.up(dict(options.groups))
                print(network.inventory)
            case "down":
                network.down()
            case "list":
                for host in network.hosts.values():
                    print(f"{host.name:12} {host.ip:15} {'running' if host.is_on else 'off'}")
            case "start":
                network.start(options.host)
            case action:
                getattr(network.host(options.host), action)()
    except HostsError as error:
        print(f"hosts: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.hosts", description=__doc__)
    parser.add_argument("--network", type=_name, default="default", help="which, when there are several (%(default)s)")
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="boot hosts, wait until they run, print the path of an inventory")
    up.add_argument("groups", nargs="+", type=_group, metavar="GROUP=HOST,…", help="a group and its hosts")
    commands.add_parser("down", help="stop all hosts and remove what was made")
    commands.add_parser("list", help="the hosts, their addresses and whether they run")
    for name, what in {
        "cut": "pull a host's network cable",
        "mend": "plug it in again",
        "kill": "take away a host's power",
        "start": "switch it on again, and wait until it runs",
    }.items():
        commands.add_parser(name, help=what).add_argument("host")
    return parser


def _group(value: str) -> tuple[str, list[str]]:
    group, _equals, members = value.partition("=")
    return _name(group), [_name(host) for host in members.split(",")]


def _name(value: str) -> str:
    if not NAME.fullmatch(value):
        raise argparse.ArgumentTypeError(f"{value!r} is not a name such as blue-1")
    return value


if __name__ == "__main__":
    sys.exit(main())
