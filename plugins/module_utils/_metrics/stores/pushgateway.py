# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prometheus' Pushgateway, which keeps what short-lived jobs measured until it is scraped.

PRIVATE to the collection. See https://github.com/prometheus/pushgateway#command-line.
"""

from __future__ import annotations

import base64
import typing as t
import urllib.parse

from ansible_collections.progressive.delivery.plugins.module_utils._http_api import Access
from ansible_collections.progressive.delivery.plugins.module_utils._metrics import exposition
from ansible_collections.progressive.delivery.plugins.module_utils._metrics.errors import StoreApi
from ansible_collections.progressive.delivery.plugins.module_utils._metrics.groups import JOB, grouped
from ansible_collections.progressive.delivery.plugins.module_utils._metrics.model import Labels, Point, Sums


class Pushgateway:
    """The Pushgateway at *access*; satisfies ``Store``.

    :param by: the labels by which groups are told apart
    """

    def __init__(self, access: Access, by: t.Collection[str]) -> None:
        self._api = StoreApi("Pushgateway", access)
        self._by = by

    def put(self, sums: Sums, points: t.Sequence[Point]) -> None:
        """Replace, group by group, the metrics of these names."""
        changed = {tuple(pair for pair in point.labels if pair[0] in self._by) for point in points}
        for group, members in grouped(sums, self._by).items():
            if group in changed:
                self._api.send(
                    "POST", path_of(group), exposition.text(members), {"Content-Type": "text/plain; version=0.0.4"}
                )


def path_of(group: Labels) -> str:
    """Where a group is kept, https://github.com/prometheus/pushgateway#url; a value with a slash goes as base64."""
    parts = ["/metrics"]
    for name, value in (("job", JOB), *group):
        if "/" in value:
            parts += [name + "@base64", base64.urlsafe_b64encode(value.encode()).decode()]
        else:
            parts += [name, urllib.parse.quote(value, safe="")]
    return "/".join(parts)
