# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moments are read exactly, and only where they can mean one thing."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._toggles import moments


@given(st.integers(1, 253402300799))
def test_a_moment_is_read_as_it_was_shown(moment):
    assert moments.read(moments.shown(moment), "from") == moment


@given(st.integers(1, 4_000_000_000), st.integers(-23, 23))
def test_it_is_one_moment_in_every_zone(moment, hours):
    zone = datetime.timezone(datetime.timedelta(hours=hours))

    assert moments.read(datetime.datetime.fromtimestamp(moment, zone).isoformat(), "from") == moment


@pytest.mark.parametrize("text", ["", "Z", "soon", "2027-01-31", "2027-01-31T08:00:00", "1970-01-01T00:00:00Z", "5"])
def test_what_is_no_moment_is_refused_by_its_option(text):
    with pytest.raises(InvalidOption, match=f"until: '{text}' is no date and time with a zone, as 2027"):
        moments.read(text, "until")
    assert moments.read_or_none(text) is None


def test_what_is_no_text_says_no_moment():
    assert moments.read_or_none(5) is None


def test_a_day_is_kept_as_it_is_written_and_another_thing_refused():
    assert moments.read_day("2028-02-29", "expires") == "2028-02-29"
    with pytest.raises(InvalidOption, match="expires: '2027-02-29' is no date, as 2027-01-31"):
        moments.read_day("2027-02-29", "expires")
