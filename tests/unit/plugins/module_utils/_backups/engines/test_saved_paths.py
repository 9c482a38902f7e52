# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be saved, and what is asked of a snapshot."""

from __future__ import annotations

import errno
import os
import types

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._backups import errors
from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines import saved_paths
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import Content, Labels, Snapshot


def test_what_is_not_there_and_what_is_only_a_link_is_not_saved(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to("there")
    there = str(tmp_path / "there")

    saved_paths.check_there(Content((there,), there))
    with pytest.raises(errors.SourceUnusable, match=r"link is a symbolic link.*/there"):
        saved_paths.check_there(Content((f"{tmp_path}/link",), there))
    with pytest.raises(errors.SourceUnusable, match=os.strerror(errno.ENOENT)):
        saved_paths.check_there(Content((there,), f"{tmp_path}/absent"))


def test_only_what_a_snapshot_holds_is_asked_of_it_and_only_into_an_empty_folder(tmp_path):
    snapshot = Snapshot("1a2b", 0.0, Labels("shop"), "", ("/srv/data", "/"))
    inner = Snapshot("1a2b", 0.0, Labels("shop"), "", ("/srv/data",))

    saved_paths.check_asked(snapshot, ["/srv/data", "/srv/data/a", "/etc"], str(tmp_path))
    for path in ("/srv/database", "/srv", "/etc"):
        with pytest.raises(errors.UnknownSnapshot, match=f"does not hold {path}"):
            saved_paths.check_asked(inner, [path], str(tmp_path))
    with pytest.raises(errors.UnknownSnapshot, match="does not hold /srv/data"):
        saved_paths.check_came(inner, ["/srv/data"], str(tmp_path))
    (tmp_path / "something").touch()
    with pytest.raises(ValueError, match="not empty"):
        saved_paths.check_asked(inner, ["/srv/data"], str(tmp_path))


@pytest.mark.parametrize(
    ("known", "refused"),
    [
        ((0, 0, 0o755), False),
        ((0, 0, 0o775), False),
        ((0, 0, 0o1777), False),
        ((0, 50, 0o755), False),
        ((0, 50, 0o2775), True),
        ((0, 0, 0o757), True),
        ((1234, 0, 0o700), True),
        ((1234, 0, 0o1755), True),
    ],
)
def test_root_restores_by_names_only_where_nobody_else_may_write_on_the_way(known, refused, monkeypatch):
    seen = {"/": (0, 0, 0o755), "/srv": known, "/srv/into": (0, 0, 0o700)}
    monkeypatch.setattr(
        saved_paths.os,
        "stat",
        lambda path: types.SimpleNamespace(**dict(zip(("st_uid", "st_gid", "st_mode"), seen[path]))),
    )
    monkeypatch.setattr(saved_paths.os, "geteuid", lambda: 0)
    if refused:
        with pytest.raises(errors.RestoreFailed, match="others than root may write in /srv, and"):
            saved_paths.check_apart("/srv/into")
    else:
        saved_paths.check_apart("/srv/into")

    monkeypatch.setattr(saved_paths.os, "geteuid", lambda: 1234)
    saved_paths.check_apart("/srv/into")
