# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of available memory."""

from __future__ import annotations

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._health.checks import memory
from ansible_collections.progressive.delivery.plugins.module_utils._health.errors import CannotCheckHere
from ansible_collections.progressive.delivery.plugins.module_utils._health.interface import failed, passed


@pytest.fixture
def meminfo(tmp_path, monkeypatch):
    path = tmp_path / "meminfo"
    monkeypatch.setattr(memory, "MEMINFO", str(path))
    return path


def test_what_the_kernel_says_is_available_counts(finding, meminfo) -> None:
    meminfo.write_text(
        "MemTotal:       1000 kB\nMemFree:          10 kB\nMemAvailable:    250 kB\nHugePages_Total:   0\n"
    )

    assert finding("memory", min_available_percent=25.0) == passed("25.0 % of the memory is available")
    assert finding("memory", min_available_percent=26.0) == failed(
        "25.0 % of the memory is available, at least 26 % is wanted"
    )


def test_a_machine_that_does_not_say_is_refused(prepared, meminfo) -> None:
    with pytest.raises(CannotCheckHere, match=r"The memory check 'it' reads .*meminfo, which this machine has not got"):
        prepared("memory", min_available_percent=5.0)


def test_what_is_no_percentage_is_refused(prepared) -> None:
    with pytest.raises(InvalidOption, match="Option min_available_percent of check 'it' is -1"):
        prepared("memory", min_available_percent=-1.0)
