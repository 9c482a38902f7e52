# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""nginx: the split is the name of the folder that the link ``current`` leads to.

PRIVATE to the collection. nginx resolves the link for each request and reads
the name, so one rename of the link is one change that no request sees half
done. What is live is asked from nginx itself, over its listener: a worker that
may not follow the link would otherwise send everything to the base pool and
look well.
"""

from __future__ import annotations

import errno
import os
import re
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._balancers import tcp_connections
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
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.split import WHOLE, Mirror, Split
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.writing import writing
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._files.atomic import point_link, sync_folder

FOLDER = "splits"


class Nginx:
    """The driver for one app on one nginx; satisfies ``Balancer``."""

    REACHED_BY: t.ClassVar[t.Tuple[str, ...]] = ("probe",)
    CANNOT_MIRROR: t.ClassVar[str] = ""
    CANNOT_TAKE_OUT: t.ClassVar[str] = (
        "nginx cannot change a server of a pool without a reload, which resets idle connections of clients"
    )

    def __init__(self, layout: Layout, connection: Connection) -> None:
        self._layout = layout
        self._link = layout.path("current")
        self._listener = ControlInterface("nginx", connection.probe or layout.listener)

    def read(self) -> Reading:
        return Reading(live=self._seen(), stored=self._stored())

    def generation(self) -> str:
        return self._listener.get("/", host="{0}.generation.invalid".format(self._layout.app))

    def plan(self, current: Reading, wanted: Split) -> t.List[Command]:
        if current.live == wanted and current.consistent:
            return []
        return [Command("point", self._link, os.path.join(FOLDER, name_for(wanted, self._layout)))]

    def apply(self, commands: t.Sequence[Command]) -> None:
        for command in commands:
            with writing(self._link):
                self._point(command.content)

    def endpoints(self, pool: str) -> t.List[Endpoint]:
        servers = self._layout.servers(pool)
        in_flight = tcp_connections.count_to([server.address for server in servers], self._master())
        return [Endpoint(server.name, server.address, "unknown", in_flight[server.address]) for server in servers]

    def set_servers(self, pool: str, names: t.Sequence[str], state: str) -> None:
        del pool, names, state
        raise Unsupported("{0}; move the pool's share instead".format(self.CANNOT_TAKE_OUT))

    def _seen(self) -> Split:
        """The split that nginx itself sees."""
        try:
            answer = self._listener.get("/", host="{0}.split.invalid".format(self._layout.app))
        except CommandRefused as error:
            raise LayoutMismatch(error.message) from error
        split = split_from(answer, self._layout)
        if split is None:
            raise LayoutMismatch(
                "what listens at {0} is not the nginx of app '{1}': asked for its split, it answered {2!r}".format(
                    self._listener.address, self._layout.app, answer[:200]
                )
            )
        return split

    def _stored(self) -> t.Optional[Split]:
        """The split that the link stands for; None when it leads nowhere, or to something else."""
        try:
            target = os.readlink(self._link)
        except FileNotFoundError:
            return None
        except PermissionError as error:
            raise PermissionMissing("cannot read {0}: {1}".format(self._link, error.strerror)) from error
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            # A file or folder is in its place.
            return None
        split = split_from(os.path.basename(target), self._layout)
        whole = split is not None and os.path.isdir(self._link) and os.path.dirname(target) == FOLDER
        return split if whole else None

    def _point(self, target: str) -> None:
        folder, name = os.path.split(self._layout.path(target))
        previous = os.path.basename(os.path.realpath(self._link))
        for path in (folder, os.path.join(folder, name)):
            _make_folder(path)
        sync_folder(folder)
        point_link(self._link, target)
        # A request that is being decided may still look for the folder before this one, so that one stays.
        for other in sorted(set(os.listdir(folder)) - {name, previous}):
            left = os.path.join(folder, other)
            if split_from(other, self._layout) is not None and not os.listdir(left):
                os.rmdir(left)

    def _master(self) -> t.Optional[int]:
        """The process whose children serve, also those that finish requests after a reload."""
        try:
            with open(self._layout.path("nginx.pid"), encoding="ascii") as handle:
                return int(handle.read())
        except (FileNotFoundError, PermissionError, ValueError):
            return None


def _make_folder(path: str) -> None:
    if not os.path.isdir(path):
        os.mkdir(path)
        os.chmod(path, 0o755)  # noqa: S103 (the workers of nginx are another user)


def name_for(split: Split, layout: Layout) -> str:
    """*split* as the name of a folder, and as nginx tells it."""
    header = split.header.pool if split.header else "none"
    sticky = "on" if split.sticky else "off"
    begin = WHOLE - split.shares.get(layout.third, 0)
    third = ",{0}={1:05d}-{2:05d}".format(layout.third, begin, WHOLE - 1) if begin < WHOLE else ""
    mirror = ",mirror={0.pool}:{0.share:05d}".format(split.mirror) if split.mirror else ""
    name = "{0}={1:05d},preview={2},sticky={3}{4}{5}"
    return name.format(layout.other, split.shares[layout.other], header, sticky, third, mirror)


def split_from(name: str, layout: Layout) -> t.Optional[Split]:
    """The split that *name* stands for; None when :func:`name_for` gives no such name."""
    form = r"{0}=([0-9]{{5}}),preview=([^,]+),sticky=(on|off)(?:,{1}=([0-9]{{5}})-[0-9]{{5}})?"
    form += r"(?:,mirror=([^:]+):([0-9]{{5}}))?"
    found = re.fullmatch(form.format(re.escape(layout.other), re.escape(layout.third)), name)
    if found is None or found.group(2) not in ("none", *layout.pools):
        return None
    share, pool, sticky, begin = int(found.group(1)), found.group(2), found.group(3), int(found.group(4) or WHOLE)
    try:
        split = Split(
            shares=layout.division(share, WHOLE - begin),
            header=layout.route_to(pool) if pool != "none" else None,
            sticky=sticky == "on",
            mirror=Mirror(found.group(5), int(found.group(6))) if found.group(5) else None,
        )
    except InvalidOption:
        return None
    return split if name_for(split, layout) == name else None
