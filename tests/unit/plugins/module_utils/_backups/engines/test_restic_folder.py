# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What restic's dead leave in a folder."""

from __future__ import annotations

import os

from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.restic_folder import Folder


def test_locks_and_parts_in_a_folder_of_restic(tmp_path):
    for name in ("locks/1a2b", "locks/3c-tmp-4", "data/1a/1a2b", "data/1a/1a-tmp-9", "data/1a/new-tmp-9"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (100, 200 if "new" in name else 100))
    folder = Folder(str(tmp_path))

    assert folder.locks() == ["1a2b"]
    folder.remove_lock("1a2b")
    folder.remove_lock("1a2b")
    folder.remove_parts(before=200)

    assert folder.locks() == []
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == ["1a2b", "new-tmp-9"]
    assert Folder(str(tmp_path / "absent")).locks() == []


def test_a_snapshot_is_known_by_the_beginning_of_its_name_when_no_other_begins_so(tmp_path):
    folder = Folder(str(tmp_path))
    assert folder.snapshot("1a2b") is None
    (tmp_path / "snapshots").mkdir()
    for name in ("1a2b3c", "1a2b3c-tmp-4", "1a9f"):
        (tmp_path / "snapshots" / name).touch()

    assert folder.snapshot("1a2b") == folder.snapshot("1a2b3c") == "1a2b3c"
    assert folder.snapshot("1a") is None
    assert folder.snapshot("2b") is None
