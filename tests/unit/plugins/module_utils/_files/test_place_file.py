# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file is placed whole, with exactly its permission bits, and nobody sees it with others."""

from __future__ import annotations

import errno
import os
import stat

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._files import atomic


@pytest.mark.parametrize("umask", [0o000, 0o077])
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755])
def test_the_bits_are_those_asked_for_whatever_the_umask_and_the_old_file(tmp_path, umask, mode):
    path = tmp_path / "app.env"
    path.write_bytes(b"old")
    path.chmod(0o666)
    before = os.umask(umask)
    try:
        atomic.place_file(str(path), b"new", mode)
    finally:
        os.umask(before)

    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"new", mode)


def test_until_it_has_its_owner_and_mode_only_who_writes_it_can_read_it(tmp_path, monkeypatch):
    path = tmp_path / "app.env"
    seen = []
    real = os.fchown

    def fchown(descriptor, *owner):
        seen.append((stat.S_IMODE(os.fstat(descriptor).st_mode), path.exists()))
        real(descriptor, *owner)

    monkeypatch.setattr(os, "fchown", fchown)
    atomic.place_file(str(path), b"secret", 0o644)

    assert seen == [(0o600, False)]


def test_a_link_is_replaced_and_what_a_killed_run_left_is_gone(tmp_path):
    path, elsewhere = tmp_path / "app.env", tmp_path / "elsewhere"
    elsewhere.write_bytes(b"precious")
    path.symlink_to(elsewhere)
    left = tmp_path / os.path.basename(atomic.name_while_placed(str(path)))
    left.symlink_to(elsewhere)
    atomic.place_file(str(path), b"new", 0o600)

    assert (path.read_bytes(), path.is_symlink(), elsewhere.read_bytes()) == (b"new", False, b"precious")
    assert sorted(os.listdir(tmp_path)) == ["app.env", "elsewhere"]


def test_a_disk_that_is_full_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "app.env"
    path.write_bytes(b"old")

    def full(_descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        atomic.place_file(str(path), b"new", 0o600)

    assert (path.read_bytes(), os.listdir(tmp_path)) == (b"old", ["app.env"])
