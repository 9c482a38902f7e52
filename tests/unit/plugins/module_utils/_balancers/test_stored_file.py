# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that hold something, nothing, or are none."""

from __future__ import annotations

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._balancers.errors import PermissionMissing
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.stored_file import text_of


def test_a_file_has_its_text(tmp_path):
    (tmp_path / "file").write_bytes(b"caf\xc3\xa9 \xff")
    assert text_of(str(tmp_path / "file")) == "café \N{REPLACEMENT CHARACTER}"


def test_what_is_no_file_has_none(tmp_path):
    (tmp_path / "round").symlink_to("round")
    for path in (tmp_path, tmp_path / "absent", tmp_path / "round"):
        assert text_of(str(path)) is None


def test_a_file_that_may_not_be_read_is_named(tmp_path, monkeypatch):
    def forbid(path, **_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", forbid)
    with pytest.raises(PermissionMissing, match="cannot read /etc/shop/split: Permission denied"):
        text_of("/etc/shop/split")
