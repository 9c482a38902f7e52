# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of free room."""

from __future__ import annotations

import errno
import os

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._health.checks.disk import DiskProbe
from ansible_collections.progressive.delivery.plugins.module_utils._health.interface import failed, passed, unable


def test_a_real_file_system_is_measured(finding, tmp_path) -> None:
    assert finding("disk", path=str(tmp_path), min_free_percent=0.0).passed
    assert not finding("disk", path=str(tmp_path), min_free_bytes=2**80).passed


def test_a_path_that_is_not_there_is_bad(finding, tmp_path) -> None:
    missing = str(tmp_path / "missing")

    assert finding("disk", path=missing, min_free_bytes=1) == failed(f"{missing}: {os.strerror(2)}")


def test_a_path_that_may_not_be_looked_at_is_not_the_targets_fault(finding, monkeypatch) -> None:
    def forbid(_path: str) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "statvfs", forbid)

    assert finding("disk", path="/x", min_free_bytes=1) == unable("/x: Permission denied")


@pytest.mark.parametrize(
    ("percent", "size", "expected"),
    [
        (10.0, None, passed("/x has 10.0 % (100 bytes) free")),
        (10.1, None, failed("/x has 10.0 % (100 bytes) free, at least 10.1 % is wanted")),
        (None, 100, passed("/x has 10.0 % (100 bytes) free")),
        (10.0, 101, failed("/x has 10.0 % (100 bytes) free, at least 101 bytes are wanted")),
    ],
)
def test_each_limit_that_is_given_must_be_kept(percent, size, expected) -> None:
    assert DiskProbe("/x", percent, size).judge(free=100, usable=1000) == expected


def test_a_file_system_of_no_size_has_nothing_free() -> None:
    assert not DiskProbe("/x", 1.0, None).judge(free=0, usable=0).passed


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "The disk check 'it' needs min_free_percent, min_free_bytes or both"),
        ({"min_free_percent": 101.0}, "Option min_free_percent of check 'it' is 101.0; it must be a percentage"),
    ],
)
def test_improper_options_are_refused(prepared, options, message) -> None:
    with pytest.raises(InvalidOption, match=message):
        prepared("disk", **options)
