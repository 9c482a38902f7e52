# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for requests to end."""

from __future__ import annotations

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._balancers.drain import wait_until_drained
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.errors import DrainTimeout
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.interface import Endpoint


def counts(*numbers):
    """A balancer that finds these numbers of requests, one after the other, and then the last again and again."""
    remaining = list(numbers)

    def endpoints():
        number = remaining.pop(0) if len(remaining) > 1 else remaining[0]
        return [Endpoint("a", "127.0.0.1:1", "ready", number), Endpoint("b", "127.0.0.1:2", "ready", 0)]

    endpoints.remaining = remaining
    return endpoints


def test_one_empty_count_is_not_believed():
    found = counts(3, 0, 1, 0, 0, 9)
    wait_until_drained("pool 'blue'", found, 60)
    assert found.remaining == [9]


def test_requests_that_do_not_end_are_reported():
    with pytest.raises(DrainTimeout, match="2 requests to pool 'blue' were still in flight after 0 s") as failed:
        wait_until_drained("pool 'blue'", counts(2), 0)
    assert failed.value.details == {"in_flight": {"a": 2}}
