# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder of flags: every split comes back, and nothing else passes for one."""

from __future__ import annotations

import os
import pathlib
import tempfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._balancers.flag_folder import (
    BUCKETS,
    build_folder,
    halves,
    read_folder,
    share_of,
    threshold_of,
)
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.split import WHOLE
from ansible_collections.progressive.delivery.tests.unit.plugins.module_utils._balancers.given import (
    layout,
    split,
    splits,
)

LAYOUT = layout("nginx")


def built(wanted, folder):
    """A new folder of flags."""
    path = pathlib.Path(tempfile.mkdtemp(dir=folder))
    build_folder(str(path), wanted, LAYOUT)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("flags")


def test_every_share_has_a_threshold_of_its_own():
    thresholds = [threshold_of(share) for share in range(WHOLE + 1)]
    assert [share_of(threshold) for threshold in thresholds] == list(range(WHOLE + 1))
    assert thresholds == sorted(thresholds)
    assert (thresholds[0], thresholds[-1]) == (0, BUCKETS)


@pytest.mark.parametrize("share", range(0, WHOLE + 1, 97))
def test_a_threshold_is_within_a_thousandth_of_a_per_cent_of_its_share(share):
    assert abs(100 * threshold_of(share) / BUCKETS - share / 100) < 0.001


@settings(max_examples=25)
@given(wanted=splits())
def test_every_split_comes_back(folder, wanted):
    assert read_folder(str(built(wanted, folder)), LAYOUT) == wanted


@settings(max_examples=25)
@given(share=st.integers(0, WHOLE), bucket=st.integers(0, BUCKETS - 1))
def test_a_bucket_has_a_flag_when_it_is_below_the_threshold(folder, share, bucket):
    path = built(split(share), folder)
    assert (path.joinpath("split", *halves(bucket)).is_file()) == (bucket < threshold_of(share))


def test_flags_can_be_seen_by_every_user(folder):
    previous = os.umask(0o077)
    try:
        path = built(split(1234, header="green", sticky=True), folder)
    finally:
        os.umask(previous)
    folders = [path, *(entry for entry in path.rglob("*") if entry.is_dir() and not entry.is_symlink())]
    assert {entry.stat().st_mode & 0o777 for entry in folders} == {0o755}


def remove_low_flag(path):
    (path / "split" / "0c" / "00").unlink()


def add_low_flag(path):
    (path / "split" / "0c" / "zz").touch()


def remove_high_flag(path):
    (path / "split" / "03").unlink()


def add_high_flag(path):
    (path / "split" / "f0").symlink_to("../whole")


def point_elsewhere(path):
    (path / "split" / "03").unlink()
    (path / "split" / "03").symlink_to("0c")


def empty_whole(path):
    (path / "whole" / "07").unlink()


def open_a_pool_that_is_none(path):
    (path / "header" / "red").touch()


@pytest.mark.parametrize(
    "damage",
    [
        remove_low_flag,
        add_low_flag,
        remove_high_flag,
        add_high_flag,
        point_elsewhere,
        empty_whole,
        open_a_pool_that_is_none,
    ],
)
def test_a_damaged_folder_is_no_split(folder, damage):
    path = built(split(500), folder)
    damage(path)
    assert read_folder(str(path), LAYOUT) is None
