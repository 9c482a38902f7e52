# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""StatsD, and what takes its protocol: Telegraf, statsd_exporter, Datadog's agent.

PRIVATE to the collection. Nobody answers over UDP: what is lost on its way is lost.
"""

from __future__ import annotations

import re
import typing as t

try:
    import statsd
except ImportError:
    statsd = None

from ansible_collections.progressive.delivery.plugins.module_utils._metrics.errors import StoreUnreachable
from ansible_collections.progressive.delivery.plugins.module_utils._metrics.model import Point, Sums
from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import MissingLibrary

_PLAIN = re.compile(r"[^A-Za-z0-9_-]+")


class Statsd:
    """The server at *host* and *port*, over UDP; satisfies ``Store``.

    :raises MissingLibrary: statsd is not installed
    """

    def __init__(self, host: str, port: int) -> None:
        if statsd is None:
            raise MissingLibrary("statsd")
        self._host = host
        self._port = port
        self._client: t.Any = None

    def put(self, sums: Sums, points: t.Sequence[Point]) -> None:  # noqa: ARG002 (a server of StatsD adds up by itself)
        """Send each point in turn."""
        try:
            # A name is looked up when the client is made.
            self._client = self._client or statsd.StatsClient(
                self._host, self._port, maxudpsize=1432, ipv6=":" in self._host
            )
        except OSError as error:
            raise StoreUnreachable("StatsD: {0}: {1}".format(self._host, error.strerror)) from error
        with self._client.pipeline() as together:
            for point in points:
                name = name_of(point)
                if point.metric.kind == "gauge":
                    together.gauge(name, point.value)
                elif point.metric.kind == "counter":
                    together.incr(name, point.value)
                else:
                    together.timing(name, point.value * 1000)


def name_of(point: Point) -> str:
    """The metric's name, and behind it the values of its labels in order of their names: StatsD knows no labels."""
    return ".".join([point.metric.name, *(_PLAIN.sub("_", value) for _name, value in point.labels)])
