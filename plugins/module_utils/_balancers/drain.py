# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting until no request is in flight to a pool, or to some of its servers.

PRIVATE to the collection.
"""

from __future__ import annotations

import time
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._balancers.errors import DrainTimeout
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.interface import Endpoint

PAUSE = 0.05
"""Seconds between two counts."""


def in_flight_by_name(endpoints: t.Sequence[Endpoint]) -> t.Dict[str, int]:
    """The requests in flight at each endpoint that has any."""
    return {endpoint.name: endpoint.in_flight for endpoint in endpoints if endpoint.in_flight}


def wait_until_drained(where: str, endpoints: t.Callable[[], t.Sequence[Endpoint]], timeout: float) -> None:
    """Return once two counts in a row found nothing: a request that was being assigned during the first is in the second.

    :param where: a pool, or servers, in words
    :param endpoints: asks the balancer for their endpoints
    :param timeout: seconds to wait; 0 counts without waiting for requests to end
    :raises DrainTimeout: requests were still in flight when the time was over
    """
    deadline = time.monotonic() + timeout
    empty_counts = 0
    while empty_counts < 2:
        busy = in_flight_by_name(endpoints())
        empty_counts = 0 if busy else empty_counts + 1
        if busy and time.monotonic() >= deadline:
            raise DrainTimeout(
                "drain: {0} requests to {1} were still in flight after {2:g} s".format(
                    sum(busy.values()), where, timeout
                ),
                in_flight=busy,
            )
        if empty_counts < 2:
            time.sleep(PAUSE)
