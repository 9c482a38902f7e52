# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Times that can be waited for, and others."""

from __future__ import annotations

import math

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._balancers.seconds import check_seconds
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption


@pytest.mark.parametrize("seconds", [0, 0.5, 86400])
def test_a_time_to_wait(seconds):
    check_seconds("drain.timeout", seconds)


@pytest.mark.parametrize("seconds", [-1.0, math.inf, -math.inf, math.nan])
def test_no_time_to_wait(seconds):
    with pytest.raises(InvalidOption, match=f"drain.timeout is {seconds:g}"):
        check_seconds("drain.timeout", seconds)
