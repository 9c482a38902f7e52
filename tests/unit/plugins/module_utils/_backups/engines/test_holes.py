# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Holes in files."""

from __future__ import annotations

import os
import pathlib

from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines import holes

HOLE = 1024 * 1024


def used(path: pathlib.Path) -> int:
    return path.stat().st_blocks * 512


def test_zeros_become_holes_and_nothing_else_changes(tmp_path):
    begins_with_zeros = (bytes(65000) + b"x" * 536) * (HOLE // 65536)
    content = b"begin" + bytes(HOLE) + os.urandom(HOLE) + bytes(HOLE) + b"end"
    file, dense = tmp_path / "sub" / "file", tmp_path / "dense"
    file.parent.mkdir()
    file.write_bytes(content)
    dense.write_bytes(b"x" * HOLE + begins_with_zeros)
    (tmp_path / "link").symlink_to(file)
    for path in (file, dense):
        os.utime(path, ns=(1_000_000_001, 2_000_000_002))
        with path.open("rb") as opened:
            os.fsync(opened.fileno())
    before = used(file), used(dense)

    holes.dig(str(tmp_path))

    assert file.read_bytes() == content
    assert used(file) < before[0] - 1.8 * HOLE
    assert used(dense) == before[1]
    assert dense.read_bytes() == b"x" * HOLE + begins_with_zeros
    assert file.stat().st_mtime_ns == 2_000_000_002
