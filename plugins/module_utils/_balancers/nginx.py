# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""nginx: the split is a folder of empty flag files, and the link ``current`` to it.

PRIVATE to the collection. nginx asks the file system for each request, so a
new split is a new folder (see ``flag_folder.py``) and one rename of the link.
What is live is asked from nginx itself, over its listener: a worker that may
not read the folder would otherwise send everything to the base pool and look
well.
"""

from __future__ import annotations

import http.client
import os
import shutil
import tempfile
import typing as t
import urllib.parse

from ansible_collections.progressive.delivery.plugins.module_utils._balancers import tcp_connections
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.errors import (
    BalancerUnreachable,
    LayoutMismatch,
    PermissionMissing,
    Unsupported,
)
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.flag_folder import (
    BUCKETS,
    build_folder,
    halves,
    read_folder,
    share_of,
)
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.interface import (
    Command,
    Connection,
    Endpoint,
    Reading,
)
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.layout import Layout
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.split import WHOLE, HeaderRoute, Split
from ansible_collections.progressive.delivery.plugins.module_utils._files.atomic import point_link, sync_folder

ANSWER_TIMEOUT = 10.0
"""Seconds that nginx may take over an answer."""


class Nginx:
    """The driver for one app on one nginx; satisfies ``Balancer``."""

    def __init__(self, layout: Layout, connection: Connection) -> None:
        self._layout = layout
        self._decisions = Decisions(layout, connection.probe)
        self._link = layout.path("current")
        self._folders = layout.path("splits")

    def read(self) -> Reading:
        return Reading(live=self._decisions.split(), stored=self._stored())

    def plan(self, current: Reading, wanted: Split) -> t.List[Command]:
        if current.live == wanted and current.consistent:
            return []
        return [Command("point", self._link, to_words(wanted, self._layout))]

    def apply(self, commands: t.Sequence[Command]) -> None:
        for command in commands:
            try:
                self._point(from_words(command.content, self._layout))
            except PermissionError as error:
                raise PermissionMissing("cannot write below {0}: {1}".format(self._layout.directory, error)) from error

    def endpoints(self, pool: str) -> t.List[Endpoint]:
        servers = self._layout.servers(pool)
        in_flight = tcp_connections.count_to([server.address for server in servers], self._master())
        return [Endpoint(server.name, server.address, "unknown", in_flight[server.address]) for server in servers]

    def set_servers(self, pool: str, names: t.Sequence[str], state: str) -> None:
        del pool, names, state
        raise Unsupported(
            "nginx cannot change a server of a pool without a reload, which resets idle connections of clients; "
            "move the pool's share instead"
        )

    def _master(self) -> t.Optional[int]:
        """The process whose children serve, also those that finish requests after a reload."""
        try:
            with open(self._layout.path("nginx.pid"), encoding="ascii") as handle:
                return int(handle.read())
        except (FileNotFoundError, PermissionError, ValueError):
            return None

    def _stored(self) -> t.Optional[Split]:
        try:
            return read_folder(self._link, self._layout)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except PermissionError as error:
            raise PermissionMissing("cannot read {0}: {1}".format(self._link, error.strerror)) from error

    def _point(self, split: Split) -> None:
        os.makedirs(self._folders, mode=0o755, exist_ok=True)
        folder = tempfile.mkdtemp(dir=self._folders, prefix="")
        build_folder(folder, split, self._layout)
        sync_folder(self._folders)
        # A request that is being decided may still look into the folder that is current now, so that one stays.
        kept = {os.path.basename(folder), os.path.basename(os.path.realpath(self._link))}
        point_link(self._link, os.path.relpath(folder, os.path.dirname(self._link)))
        for name in sorted(set(os.listdir(self._folders)) - kept):
            shutil.rmtree(os.path.join(self._folders, name))


class Decisions:
    """Asks a running nginx which pool takes which bucket.

    :param probe: URL of the listener, or empty for where the layout says
    """

    def __init__(self, layout: Layout, probe: str = "") -> None:
        self._layout = layout
        url = urllib.parse.urlsplit(probe)
        self._host, self._port = (url.hostname or "", url.port or 80) if probe else layout.listener

    def split(self) -> Split:
        """The split that requests meet now.

        :raises BalancerUnreachable: nobody listens
        :raises LayoutMismatch: who listens is not an nginx that was laid down for this app
        """
        channel = http.client.HTTPConnection(self._host, self._port, timeout=ANSWER_TIMEOUT)
        try:
            return self._split_over(channel)
        except (OSError, http.client.HTTPException) as error:
            raise BalancerUnreachable(
                "nginx does not answer at {0}:{1}: {2}".format(self._host, self._port, error)
            ) from error
        finally:
            channel.close()

    def _split_over(self, channel: http.client.HTTPConnection) -> Split:
        def taken(bucket: int) -> bool:
            return self._ask(channel, bucket)[0] == self._layout.other

        share = share_of(threshold_by(taken))
        opened = [pool for pool in self._layout.pools if self._ask(channel, 0, pool)[1] == pool]
        return Split(
            shares={self._layout.base: WHOLE - share, self._layout.other: share},
            header=HeaderRoute(self._layout.header, opened[0]) if opened else None,
            sticky=self._ask(channel, 0)[2] == "on",
        )

    def _ask(self, channel: http.client.HTTPConnection, bucket: int, header: str = "none") -> t.List[str]:
        """The pool of *bucket*, the open header route for *header*, and ``on`` or ``off`` for stickiness."""
        high, low = halves(bucket)
        name = "{0}.split.invalid".format(self._layout.app)
        channel.request(
            "GET", "/?bucket={0}/{1}".format(high, low), headers={"Host": name, self._layout.header: header}
        )
        answer = channel.getresponse()
        words = answer.read(256).decode("utf-8", "replace").split()
        if answer.status != 200 or len(words) != 3 or words[0] not in self._layout.pools:
            raise LayoutMismatch(
                "what listens at {0}:{1} is not the nginx of app '{2}': asked for its split, it answered {3} {4!r}".format(
                    self._host, self._port, self._layout.app, answer.status, " ".join(words)
                )
            )
        return words


def threshold_by(taken: t.Callable[[int], bool]) -> int:
    """The first bucket for which *taken* is false, found in 17 questions; those below are true."""
    low, high = 0, BUCKETS
    while low < high:
        middle = (low + high) // 2
        if taken(middle):
            low = middle + 1
        else:
            high = middle
    return low


def to_words(split: Split, layout: Layout) -> str:
    """*split* in one line, as a plan shows it."""
    header = split.header.pool if split.header else "closed"
    return "share {0}, header {1}, sticky {2}".format(split.shares[layout.other], header, int(split.sticky))


def from_words(text: str, layout: Layout) -> Split:
    """The inverse of :func:`to_words`."""
    words = dict(pair.split(" ") for pair in text.split(", "))
    share = int(words["share"])
    return Split(
        shares={layout.base: WHOLE - share, layout.other: share},
        header=HeaderRoute(layout.header, words["header"]) if words["header"] in layout.pools else None,
        sticky=words["sticky"] == "1",
    )
