# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which versions, shared paths and checksums are taken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._releases.names import (
    check_shared,
    check_version,
    parse_checksum,
)


@pytest.mark.parametrize("version", ["1.1.0", "2026-11-23", "v1", "1.0.0-rc.1+build.5", "1.0~beta", "a" * 128])
def test_a_version_is_a_plain_name(version):
    assert check_version(version) == version


@pytest.mark.parametrize(
    "version",
    ["", ".", "..", "../1.0", "a/b", "/etc", ".staging-x", "1.0\n", "1 0", "-1", "a\0b", "1.0/", "ü1", "a" * 129],
)
def test_a_version_that_could_be_a_path_or_hidden_is_refused_by_name(version):
    with pytest.raises(InvalidOption) as refused:
        check_version(version)

    assert repr(version) in refused.value.message


@given(st.text())
def test_an_accepted_version_stays_one_visible_name_in_its_folder(text):
    try:
        check_version(text)
    except InvalidOption:
        return
    assert "/" not in text
    assert not text.startswith((".", "-"))
    assert text.isprintable()


def test_shared_paths_are_normalised():
    assert check_shared(["data/", "./config//local.ini"]) == ("data", "config/local.ini")


@pytest.mark.parametrize(
    "paths",
    [
        ["/etc"],
        ["../x"],
        ["a/../.."],
        [""],
        ["."],
        ["a", "a/"],
        ["a", "a/b"],
        ["a/b", "a"],
        [".release.json"],
        ["a\nb"],
    ],
)
def test_shared_paths_outside_the_release_or_within_each_other_are_refused(paths):
    with pytest.raises(InvalidOption):
        check_shared(paths)


@given(st.lists(st.text(alphabet="ab./", max_size=6), max_size=4))
def test_accepted_shared_paths_never_climb(paths):
    try:
        accepted = check_shared(paths)
    except InvalidOption:
        return
    assert all(part not in ("", ".", "..") for path in accepted for part in path.split("/"))


def test_a_checksum_is_read_in_either_case():
    assert str(parse_checksum("sha256:" + "AB" * 32)) == "sha256:" + "ab" * 32


@pytest.mark.parametrize(
    "text", ["", "sha256:", "sha256:xyz", "ab" * 32, "md5:" + "ab" * 16, "sha512:" + "ab" * 32, "sha256:" + "zz" * 32]
)
def test_anything_else_is_no_checksum(text):
    with pytest.raises(InvalidOption):
        parse_checksum(text)
