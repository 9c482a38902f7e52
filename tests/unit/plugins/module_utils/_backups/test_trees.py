# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever differs between what was restored and what is live is named, unless it changed since."""

from __future__ import annotations

import collections.abc
import dataclasses
import os
import pathlib
import shutil
import socket

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._backups import trees
from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import NotProven

Change = collections.abc.Callable[[pathlib.Path], object]
LATER = 4e9
"""A moment after all changes."""


@pytest.fixture
def live(tmp_path: pathlib.Path) -> pathlib.Path:
    root = tmp_path / "live"
    (root / "folder" / "deep").mkdir(parents=True)
    (root / "file").write_bytes(b"content")
    (root / "folder" / "deep" / "large").write_bytes(bytes(3_000_000))
    (root / "link").symlink_to("file")
    os.mkfifo(root / "pipe")
    os.setxattr(root / "file", "user.colour", b"blue")
    (root / "file").chmod(0o1640)
    return root


@pytest.fixture
def restored(live: pathlib.Path) -> pathlib.Path:
    folder = live.with_name("restored")
    folder.mkdir()
    copied(live, folder / "live")
    return folder / "live"


def copied(one: pathlib.Path, other: pathlib.Path) -> None:
    """As cp -a does."""
    if one.is_symlink():
        other.symlink_to(one.readlink())
    elif one.is_dir():
        other.mkdir()
        for name in os.listdir(one):
            copied(one / name, other / name)
    elif one.is_fifo():
        os.mkfifo(other)
    else:
        shutil.copyfile(one, other)
    shutil.copystat(one, other, follow_symlinks=False)


def keeping_time(path: pathlib.Path, change: Change) -> None:
    known = path.lstat()
    change(path)
    if path.lstat().st_mtime_ns:
        os.utime(path, ns=(known.st_atime_ns, known.st_mtime_ns), follow_symlinks=False)


def rewritten(path: pathlib.Path, content: bytes) -> None:
    with path.open("r+b") as handle:
        handle.seek(-len(content), os.SEEK_END)
        handle.write(content)


CHANGES: dict[str, tuple[str, Change, str]] = {
    "a byte": ("file", lambda path: rewritten(path, b"!"), "has another byte than the live one at 6"),
    "the last byte of a large one": (
        "folder/deep/large",
        lambda path: rewritten(path, b"!"),
        "has another byte than the live one at 2999999",
    ),
    "the size": ("file", lambda path: path.write_bytes(b"contents"), "has size [78], and the live one size [78]"),
    "the mode": ("file", lambda path: path.chmod(0o644), "has mode [01]6.., and the live one mode [01]6.."),
    "the mode of a folder": ("folder", lambda path: path.chmod(0o700), "mode 0700"),
    "the time": ("file", lambda path: os.utime(path, (0, 0)), "time 0.000000000"),
    "an attribute": (
        "file",
        lambda path: os.setxattr(path, "user.colour", b"green"),
        "has attributes user.colour, and the live one attributes user.colour",
    ),
    "one attribute more": ("folder", lambda path: os.setxattr(path, "user.x", b"1"), "attributes user.x"),
    "where a link leads": ("link", lambda path: (path.unlink(), path.symlink_to("else")), "target '(file|else)'"),
    "a file for a folder": (
        "folder",
        lambda path: (shutil.rmtree(path), path.touch()),
        "is a f.*, and the live one a f",
    ),
    "a file for a pipe": ("pipe", lambda path: (path.unlink(), path.touch()), "is a .*, and the live one a "),
}


def test_a_faithful_copy_is_the_same(live: pathlib.Path, restored: pathlib.Path) -> None:
    assert trees.compare(str(restored), str(live), since=LATER) == trees.Compared(7, 2, 3_000_007, 0)
    assert trees.compare(str(restored / "file"), str(live / "file"), since=LATER) == trees.Compared(1, 1, 7, 0)


@pytest.mark.parametrize("side", ["live", "restored"])
@pytest.mark.parametrize("change", CHANGES)
def test_each_difference_is_named(live: pathlib.Path, restored: pathlib.Path, side: str, change: str) -> None:
    name, alter, words = CHANGES[change]
    keeping_time((live if side == "live" else restored) / name, alter)
    for path in (live, restored):
        os.utime(path, (1, 1))

    with pytest.raises(NotProven, match=f"is not what was saved: {live}/{name} .*{words}") as caught:
        trees.compare(str(restored), str(live), since=LATER)
    assert caught.value.details["count"] == 1


@pytest.mark.parametrize("change", CHANGES)
def test_what_changed_in_the_live_tree_since_is_counted_and_not_held_against_it(
    live: pathlib.Path, restored: pathlib.Path, change: str
) -> None:
    name, alter, _words = CHANGES[change]
    since = (live / name).lstat().st_ctime_ns / 1e9
    keeping_time(live / name, alter)

    assert trees.compare(str(restored), str(live), since).changed in (1, 2)  # with the folder it is in


def test_what_appears_on_one_side_only_is_named(live: pathlib.Path, restored: pathlib.Path) -> None:
    (live / "folder" / "new").touch()
    (restored / "ghost").mkdir()
    for path in (live, restored, live / "folder", restored / "folder"):
        os.utime(path, (1, 1))

    with pytest.raises(NotProven) as caught:
        trees.compare(str(restored), str(live), since=LATER)

    assert caught.value.details["differences"] == [
        f"{live}/folder/new is live, and was not restored",
        f"{live}/ghost was restored, and is not live",
    ]


def test_what_was_made_or_removed_since_is_counted(live: pathlib.Path, restored: pathlib.Path) -> None:
    since = live.stat().st_ctime_ns / 1e9
    (live / "new").touch()
    (live / "pipe").unlink()

    assert trees.compare(str(restored), str(live), since) == trees.Compared(5, 2, 3_000_007, 3)


def test_a_live_tree_that_is_gone_is_counted_when_its_folder_changed_since(
    live: pathlib.Path, restored: pathlib.Path
) -> None:
    since = live.stat().st_ctime_ns / 1e9
    shutil.rmtree(live)

    assert trees.compare(str(restored), str(live), since).changed == 1
    with pytest.raises(NotProven, match="was restored, and is not live"):
        trees.compare(str(restored), str(live), since=LATER)


def test_excludes_are_neither_missed_nor_compared(live: pathlib.Path, restored: pathlib.Path) -> None:
    shutil.rmtree(restored / "folder" / "deep")
    (live / "folder" / "x.log").touch()
    for path in (live / "folder", restored / "folder"):
        os.utime(path, (1, 1))

    assert trees.compare(str(restored), str(live), LATER, [f"{live}/folder/deep", "*.log"]).entries == 5


def test_sockets_are_nobodys_concern(
    live: pathlib.Path, restored: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(live)  # a socket's address is short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        os.utime(live, (1, 1))
        os.utime(restored, (1, 1))

        assert trees.compare(str(restored), str(live), LATER).entries == 7


def test_ten_differences_are_named_and_the_others_counted(live: pathlib.Path, restored: pathlib.Path) -> None:
    for number in range(25):
        (restored / f"ghost{number:02}").touch()
    os.utime(live, (1, 1))
    os.utime(restored, (1, 1))

    with pytest.raises(NotProven, match="ghost09 was restored, and is not live; and 15 more") as caught:
        trees.compare(str(restored), str(live), LATER)

    assert len(caught.value.details["differences"]) == trees.NAMED
    assert caught.value.details["count"] == 25


def test_owners_differ_unless_they_could_not_be_restored(live: pathlib.Path) -> None:
    saved = trees.describe(str(live))
    other = dataclasses.replace(saved, uid=saved.uid + 1, gid=saved.gid + 2)

    assert trees.differences(saved, other) == [
        f"has uid {saved.uid}, and the live one uid {saved.uid + 1}",
        f"has gid {saved.gid}, and the live one gid {saved.gid + 2}",
    ]
    assert trees.differences(saved, other, owners=False) == []


def test_bits_that_run_as_the_owner_differ_unless_they_could_not_be_restored(live: pathlib.Path) -> None:
    saved = dataclasses.replace(trees.describe(str(live)), mode=0o775)
    shared = dataclasses.replace(saved, mode=0o2775)
    closed = dataclasses.replace(saved, mode=0o770)

    assert trees.differences(saved, shared) == ["has mode 0775, and the live one mode 2775"]
    assert trees.differences(saved, shared, owners=False) == []
    assert trees.differences(closed, shared, owners=False) == ["has mode 0770, and the live one mode 0775"]
