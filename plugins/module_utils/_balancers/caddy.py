# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Caddy: the split is one line in a file that Caddy reads for each request.

PRIVATE to the collection. The line names the second pool, its share, the pool
whose header route is open and whether clients keep their bucket, and the third
pool and its share while it has one::

    green=500 preview=green sticky=off
    green=500 preview=- sticky=on baseline=500

One file, so one rename changes everything at once. What is live is asked from
Caddy itself, over its listener: a Caddy that cannot read the file, because it
is older than 2.8 and knows no ``{file.*}`` or because its user may not, sends
everything to the base pool and looks well.
"""

from __future__ import annotations

import json
import re
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._balancers.control_interface import ControlInterface
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.errors import (
    CommandRefused,
    LayoutMismatch,
    PermissionMissing,
    Unsupported,
)
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.interface import (
    Command,
    Connection,
    Endpoint,
    Reading,
)
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.layout import Layout
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.split import Split
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.stored_file import text_of
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.writing import writing
from ansible_collections.progressive.delivery.plugins.module_utils._files.atomic import write_file

FILE_NAME = "split"
CLOSED = "-"
"""Stands for no header route."""


class Caddy:
    """The driver for one app on one Caddy; satisfies ``Balancer``."""

    REACHED_BY: t.ClassVar[t.Tuple[str, ...]] = ("admin", "probe")
    CANNOT_MIRROR: t.ClassVar[str] = "Caddy has nothing that sends a request twice; nginx and Envoy can"
    CANNOT_TAKE_OUT: t.ClassVar[str] = (
        "Caddy cannot change a server of a pool without a reload, which resets idle connections of clients"
    )

    def __init__(self, layout: Layout, connection: Connection) -> None:
        self._layout = layout
        self._file = layout.path(FILE_NAME)
        self._admin = ControlInterface("Caddy's admin interface", connection.admin or layout.admin)
        self._listener = ControlInterface("Caddy", connection.probe or layout.listener)

    def read(self) -> Reading:
        on_disk = (text_of(self._file) or "").rstrip("\n")
        seen = self._seen()
        if on_disk and not seen:
            raise PermissionMissing(
                "Caddy cannot read {0}; the user that it runs as must be able to".format(self._file)
            )
        stored = split_from(on_disk, self._layout)
        live = split_from(seen, self._layout)
        if live is None:
            fault = "Caddy finds {0!r} in {1} and sends everything to '{2}'".format(seen, self._file, self._layout.base)
            return Reading(live=everything_to_base(self._layout), stored=stored, faults=(fault,))
        fault = "Caddy finds {0!r} in {1}, which gives away more than there is".format(seen, self._file)
        return Reading(live=live, stored=stored, faults=() if line_for(live, self._layout) == seen else (fault,))

    def generation(self) -> str:
        return self._listener.get("/", host="{0}.generation.invalid".format(self._layout.app))

    def plan(self, current: Reading, wanted: Split) -> t.List[Command]:
        if current.live == wanted and current.consistent:
            return []
        return [Command("write", self._file, line_for(wanted, self._layout))]

    def apply(self, commands: t.Sequence[Command]) -> None:
        for command in commands:
            with writing(command.target):
                write_file(command.target, command.content + "\n")

    def endpoints(self, pool: str) -> t.List[Endpoint]:
        servers = self._layout.servers(pool)
        in_flight = parse_in_flight(self._admin.get("/reverse_proxy/upstreams"))
        unknown = [server.address for server in servers if server.address not in in_flight]
        if unknown:
            raise LayoutMismatch(
                "the Caddy that runs has no upstream {0}: it runs another configuration".format(unknown)
            )
        # Caddy tells nobody which upstreams fail its checks; a metric does, up to ten seconds late.
        return [Endpoint(server.name, server.address, "unknown", in_flight[server.address]) for server in servers]

    def set_servers(self, pool: str, names: t.Sequence[str], state: str) -> None:
        del pool, names, state
        raise Unsupported("{0}; move the pool's share instead".format(self.CANNOT_TAKE_OUT))

    def _seen(self) -> str:
        """What Caddy finds in the file; empty where it finds nothing."""
        try:
            answer = self._listener.get("/", host="{0}.split.invalid".format(self._layout.app))
        except CommandRefused as error:
            raise LayoutMismatch(error.message) from error
        heading, _newline, seen = answer.partition("\n")
        if heading != identity(self._layout):
            raise LayoutMismatch(
                "what listens at {0} is not the Caddy of app '{1}' as it was laid down: it answered {2!r}, not {3!r}".format(
                    self._listener.address, self._layout.app, heading[:200], identity(self._layout)
                )
            )
        if seen.startswith("{file."):
            raise Unsupported(
                "this Caddy does not know the placeholder {{file.*}}, so that all traffic would stay in pool '{0}' "
                "whatever the split; Caddy 2.8 or newer is needed (Debian 12 packages 2.6.2)".format(self._layout.base)
            )
        # Caddy 2.8 passes the end of the line on, newer ones do not.
        return seen.rstrip("\n")


def identity(layout: Layout) -> str:
    """The first line of what Caddy answers when it is asked for the split."""
    names = [*layout.pools, layout.header, layout.preview_cookie, layout.cookie, layout.path(FILE_NAME)]
    return " ".join(name for name in names if name)


def line_for(split: Split, layout: Layout) -> str:
    """The line that stands for *split*."""
    third = split.shares.get(layout.third, 0)
    return "{0}={1} preview={2} sticky={3}{4}".format(
        layout.other,
        split.shares[layout.other],
        split.header.pool if split.header else CLOSED,
        "on" if split.sticky else "off",
        " {0}={1}".format(layout.third, third) if third else "",
    )


def split_from(line: str, layout: Layout) -> t.Optional[Split]:
    """The split that Caddy carries out under *line*, or None where it does not understand it."""
    form = r"{0}=(10000|[1-9][0-9]{{0,3}}|0) preview=({1}|-) sticky=(on|off)(?: {2}=(10000|[1-9][0-9]{{0,3}}))?"
    pools = "|".join(re.escape(pool) for pool in layout.pools)
    found = re.fullmatch(form.format(re.escape(layout.other), pools, re.escape(layout.third)), line)
    if not found or (found.group(4) and not layout.third):
        return None
    return Split(
        shares=layout.division(int(found.group(1)), int(found.group(4) or 0)),
        header=layout.route_to(found.group(2)) if found.group(2) != CLOSED else None,
        sticky=found.group(3) == "on",
    )


def everything_to_base(layout: Layout) -> Split:
    """What Caddy does when there is no line that it understands."""
    return Split(shares=layout.division(0))


def parse_in_flight(answer: str) -> t.Dict[str, int]:
    """Requests in flight by address, in the answer of ``/reverse_proxy/upstreams``."""
    try:
        upstreams = json.loads(answer)
        return {upstream["address"]: int(upstream["num_requests"]) for upstream in upstreams}
    except (ValueError, KeyError, TypeError) as error:
        raise CommandRefused("Caddy's list of upstreams cannot be understood: {0!r}".format(answer[:200])) from error
