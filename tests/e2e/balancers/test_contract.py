# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every kind of balancer."""

from __future__ import annotations


def test_all_traffic_goes_where_it_is_sent(balancer):
    assert set(balancer.pools_of(20)) == {"blue"}
    result = balancer.split(100)
    assert result["changed"]
    assert result["split"] == {"blue": 0, "green": 100}
    assert set(balancer.pools_of(20)) == {"green"}
    assert balancer.info()["split"] == {"blue": 0, "green": 100}
