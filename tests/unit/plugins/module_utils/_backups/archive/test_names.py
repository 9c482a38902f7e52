# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that are no text, and paths that are not plain."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive.names import (
    parts_of,
    raw,
    text,
)


@pytest.mark.parametrize("path", ["", "/", "relative", "/a/", "/a//b", "/a/./b", "/a/../b", "/..", "/a\0b"])
def test_a_path_that_is_not_plain_has_no_parts(path):
    with pytest.raises(ValueError, match="plain absolute path"):
        parts_of(path)


@given(st.binary())
def test_every_name_survives_as_text(name):
    assert raw(text(name)) == name
