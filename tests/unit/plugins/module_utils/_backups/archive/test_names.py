# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the patterns of the excludes leave out, and names that are no text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive.names import (
    Excludes,
    parts_of,
    raw,
    text,
)


@pytest.mark.parametrize(
    ("pattern", "path", "left_out"),
    [
        ("*.log", "/srv/data/a.log", True),
        ("*.log", "/srv/data/deep/a.log", True),
        ("*.log", "/srv/data/a.log.gz", False),
        ("cache", "/srv/data/cache", True),
        ("cache/", "/srv/data/cache", True),
        ("cache", "/srv/data/caches", False),
        ("[ab]?", "/srv/data/b1", True),
        ("[!ab]?", "/srv/data/b1", False),
        ("*.LOG", "/srv/data/a.log", False),
        ("/srv/data/tmp", "/srv/data/tmp", True),
        ("/srv/data/tmp", "/srv/data/deep/tmp", False),
        ("/srv/data/*.log", "/srv/data/a.log", True),
        ("/srv/data/*.log", "/srv/data/deep/a.log", False),
        ("/srv/data/**/*.log", "/srv/data/a.log", True),
        ("/srv/data/**/*.log", "/srv/data/one/two/a.log", True),
        ("/srv/*/cache", "/srv/data/cache", True),
        ("/srv/*/cache", "/srv/data/deep/cache", False),
        ("*", "/srv/data/line\nbreak", True),
    ],
)
def test_a_pattern_leaves_out_what_a_shell_would_name_with_it(pattern, path, left_out):
    assert Excludes([pattern]).leave_out(path) is left_out


@pytest.mark.parametrize("path", ["", "/", "relative", "/a/", "/a//b", "/a/./b", "/a/../b", "/..", "/a\0b"])
def test_a_path_that_is_not_plain_has_no_parts(path):
    with pytest.raises(ValueError, match="plain absolute path"):
        parts_of(path)


@given(st.binary())
def test_every_name_survives_as_text(name):
    assert raw(text(name)) == name
