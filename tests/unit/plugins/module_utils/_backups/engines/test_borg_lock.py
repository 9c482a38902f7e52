# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The locks of borg."""

from __future__ import annotations

import os

from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines import borg_lock


def test_the_locks_of_a_folder_of_borg_name_their_owners(tmp_path):
    assert borg_lock.owners(str(tmp_path)) == []
    lock, roster = tmp_path / "lock.exclusive", tmp_path / "lock.roster"
    lock.mkdir()
    (lock / "elsewhere@3281355014145.3402-1f").touch()
    (lock / "something-else").touch()
    roster.write_text(f'{{"shared": [["{borg_lock.this_host()}", 17, 0]]}}')
    for path in (lock, roster):
        os.utime(path, (100, 100))

    found = {owner.pid: owner for owner in borg_lock.owners(str(tmp_path))}

    assert {pid: (owner.since, owner.local) for pid, owner in found.items()} == {3402: (100, False), 17: (100, True)}
    assert found[3402].host == "elsewhere@3281355014145"
    roster.write_text("")
    assert [owner.pid for owner in borg_lock.owners(str(tmp_path))] == [3402]
