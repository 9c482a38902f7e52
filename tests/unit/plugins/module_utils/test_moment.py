# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._moment import moment

ZONES = st.integers(-23 * 60, 23 * 60).map(lambda minutes: datetime.timezone(datetime.timedelta(minutes=minutes)))


@given(st.floats(1e8, 4e9), ZONES)
def test_what_is_written_is_read(at, zone):
    assert moment(datetime.datetime.fromtimestamp(at, zone).isoformat()) == pytest.approx(at, abs=2e-6)


def test_what_others_write_is_read():
    assert moment("1970-01-01T00:00:01Z") == 1.0
    assert moment("1970-01-01t00:01z") == 60.0
    assert moment("1970-01-01 01:00:00.123456789+01:00") == 0.123456


@pytest.mark.parametrize(
    "text", ["", "now", "2026-12-01T22:00:00", "2026-13-01T22:00:00Z", "2026-12-01T25:00:00Z", "x2026-12-01T22:00:00Z"]
)
def test_what_is_no_moment_is_none(text):
    assert moment(text) is None
