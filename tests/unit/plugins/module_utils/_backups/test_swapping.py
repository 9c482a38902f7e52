# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is put in place of what, what is refused, and that a refusal leaves all as it was."""

from __future__ import annotations

import errno
import os
import pathlib
import struct
import tempfile
import typing as t
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._backups import swapping
from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import RestoreFailed
from ansible_collections.progressive.delivery.tests.random_examples import examples

Tree = t.Union[None, bytes, t.Dict[str, "Tree"]]  # type: ignore[misc]


def write(path: pathlib.Path, tree: Tree) -> None:
    """Nothing, a file or a folder at *path*."""
    if isinstance(tree, bytes):
        path.write_bytes(tree)
    elif tree is not None:
        path.mkdir()
        for name, below in tree.items():
            write(path / name, below)


def read(path: pathlib.Path) -> Tree:
    if path.is_dir():
        return {below.name: read(below) for below in path.iterdir()}
    return path.read_bytes() if os.path.lexists(path) else None


def replace(target: pathlib.Path, tree: Tree, **options: t.Any) -> swapping.Swapped:
    with swapping.prepared(str(target), **options) as place:
        write(pathlib.Path(place.folder) / "new", tree)
        return swapping.put(place, os.path.join(place.folder, "new"))


TREES: st.SearchStrategy[t.Any] = st.recursive(
    st.binary(max_size=3), lambda below: st.dictionaries(st.sampled_from("abcd"), below, max_size=3), max_leaves=6
)
FOLDERS = st.dictionaries(st.sampled_from("abcd"), TREES, max_size=4)
# What a law says of what is where does not depend on how long it lasts.
VOLATILE = mock.patch.object(swapping, "sync_file_system")
WITHOUT = mock.patch.object(swapping, "exchange", return_value=False)


@settings(max_examples=examples(60))
@given(old=st.none() | TREES, new=TREES, exchanged=st.booleans())
def test_the_target_is_the_new_and_nothing_is_beside_it(old: Tree, new: Tree, exchanged: bool) -> None:
    with VOLATILE, mock.MagicMock() if exchanged else WITHOUT, tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write(folder / "data", old)
        with swapping.prepared(str(folder / "data")) as place:
            write(pathlib.Path(place.folder) / "data", new)
            assert read(folder / "data") == old
            swapped = swapping.put(place, place.folder + "/data")

        assert swapped == swapping.Swapped(in_parts=False)
        assert read(folder / "data") == new
        assert set(os.listdir(folder)) <= {"data"}


@settings(max_examples=examples(60))
@given(old=FOLDERS, new=FOLDERS, exchanged=st.booleans())
def test_a_mount_point_gets_the_new_entries_and_keeps_its_own_folder(
    old: t.Dict[str, Tree], new: t.Dict[str, Tree], exchanged: bool
) -> None:
    is_mounted = mock.patch.object(swapping, "is_mount_point", lambda path: path == name + "/data")
    with VOLATILE, mock.MagicMock() if exchanged else WITHOUT, is_mounted, tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write(folder / "data", {**old, "lost+found": {}})
        mounted = (folder / "data").stat().st_ino
        with swapping.prepared(str(folder / "data")) as place:
            extracted = pathlib.Path(place.folder) / "data"
            write(extracted, new)
            extracted.chmod(0o750)
            os.utime(extracted, (1, 2))
            swapped = swapping.put(place, str(extracted))

        assert swapped == swapping.Swapped(in_parts=True)
        assert read(folder / "data") == {**new, "lost+found": {}}
        known = (folder / "data").stat()
        assert (known.st_ino, known.st_mode & 0o7777, known.st_mtime) == (mounted, 0o750, 2)


def test_parents_that_are_missing_are_made(tmp_path: pathlib.Path) -> None:
    replace(tmp_path / "a" / "b" / "data", b"new")

    assert read(tmp_path) == {"a": {"b": {"data": b"new"}}}


def test_a_link_is_refused_with_where_it_leads_and_replaced_where_that_is_allowed(tmp_path: pathlib.Path) -> None:
    write(tmp_path / "real", b"old")
    (tmp_path / "link").symlink_to("real")

    with pytest.raises(RestoreFailed, match=f"symbolic link to {tmp_path}/real; restore that path, or allow"):
        replace(tmp_path / "link", b"new")
    replace(tmp_path / "link", b"new", replace_link=True)

    assert read(tmp_path) == {"real": b"old", "link": b"new"}
    assert not (tmp_path / "link").is_symlink()


def test_links_on_the_way_to_the_target_are_followed(tmp_path: pathlib.Path) -> None:
    write(tmp_path / "real", {"data": b"old"})
    (tmp_path / "link").symlink_to("real")

    replace(tmp_path / "link" / "data", b"new")

    assert read(tmp_path / "real") == {"data": b"new"}


@pytest.mark.parametrize("target", ["data", "/", ""])
def test_only_the_whole_path_of_something_is_a_target(target: str) -> None:
    with pytest.raises(RestoreFailed, match="the whole path of a file or folder can"):
        replace(t.cast("pathlib.Path", target), b"new")


def test_a_file_as_a_parent_is_refused(tmp_path: pathlib.Path) -> None:
    write(tmp_path / "file", b"")

    with pytest.raises(RestoreFailed, match=f"{tmp_path}/file: it is no folder; it is as it was"):
        replace(tmp_path / "file" / "data", b"new")


def test_what_was_not_restored_does_not_take_the_place_of_anything(tmp_path: pathlib.Path) -> None:
    write(tmp_path / "data", b"old")

    with pytest.raises(RestoreFailed, match="was not restored"):
        replace(tmp_path / "data", None)

    assert read(tmp_path) == {"data": b"old"}


def test_a_file_does_not_take_the_place_of_a_mount_point(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "data", {"a": b"old"})
    monkeypatch.setattr(swapping, "is_mount_point", lambda path: path == f"{tmp_path}/data")

    with pytest.raises(RestoreFailed, match="which only a folder can take the place of"):
        replace(tmp_path / "data", b"new")

    assert read(tmp_path) == {"data": {"a": b"old"}}


def test_a_mounted_file_and_mounts_within_are_refused(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "data", b"old")
    monkeypatch.setattr(swapping, "is_mount_point", lambda _path: True)
    with pytest.raises(RestoreFailed, match="is a mounted file"):
        replace(tmp_path / "data", b"new")

    monkeypatch.setattr(swapping, "mounts_below", lambda path: [path + "/uploads"])
    with pytest.raises(RestoreFailed, match=f"has {tmp_path}/data/uploads mounted within it"):
        replace(tmp_path / "data", b"new")

    assert read(tmp_path) == {"data": b"old"}


def test_two_runs_do_not_restore_the_same_at_once(tmp_path: pathlib.Path) -> None:
    with (
        swapping.prepared(str(tmp_path / "data")),
        pytest.raises(RestoreFailed, match="another run restores"),
        swapping.prepared(str(tmp_path / "data")),
    ):
        raise AssertionError("both got in")

    assert read(tmp_path) == {}


def test_a_folder_of_that_name_that_others_may_enter_is_not_trusted(tmp_path: pathlib.Path) -> None:
    with swapping.prepared(str(tmp_path / "data")) as place:
        hidden = pathlib.Path(place.hidden)
    hidden.mkdir(0o755)

    with pytest.raises(RestoreFailed, match="is in the way, and no folder of ours"):
        replace(tmp_path / "data", b"new")

    assert hidden.is_dir()


@pytest.mark.parametrize("exchanged", [True, False])
@pytest.mark.parametrize("failing", [0, 1, 2, 3, 4, 5])
def test_an_entry_that_cannot_be_moved_puts_all_back(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, failing: int, exchanged: bool
) -> None:
    old: Tree = {"a": b"old", "b": {"c": b"old"}, "c": b"old"}
    write(tmp_path / "data", old)
    monkeypatch.setattr(swapping, "is_mount_point", lambda path: path == f"{tmp_path}/data")
    if not exchanged:
        monkeypatch.setattr(swapping, "exchange", lambda _one, _other: False)
    moves = []
    move = swapping.move

    def moving(path: str, to: str) -> None:
        moves.append(path)
        if len(moves) == failing + 1:
            raise OSError(errno.EPERM, "not permitted", path)
        move(path, to)

    monkeypatch.setattr(swapping, "move", moving)
    wanted = 4 if exchanged else 6  # moves that a and b, replaced, c, removed, and d, new, take
    if failing < wanted:
        with pytest.raises(RestoreFailed, match="not permitted"):
            replace(tmp_path / "data", {"a": b"new", "b": b"new", "d": b"new"})
        assert read(tmp_path / "data") == old
    else:
        replace(tmp_path / "data", {"a": b"new", "b": b"new", "d": b"new"})
        assert read(tmp_path / "data") == {"a": b"new", "b": b"new", "d": b"new"}


def test_nothing_is_left_by_a_restore_that_is_given_up(tmp_path: pathlib.Path) -> None:
    with swapping.prepared(str(tmp_path / "data")) as place:
        write(pathlib.Path(place.folder) / "new", b"new")

    assert read(tmp_path) == {}


KILLED = 9


def kill_at(name: str, call: int, *, after: bool, work: t.Callable[[], t.Any]) -> None:
    """*work* in a process that ends at the *call*-th call of that function, before it or after."""
    real = getattr(swapping, name)
    calls = []

    def killing(*arguments: t.Any, **options: t.Any) -> t.Any:
        calls.append(arguments)
        if len(calls) == call and not after:
            os._exit(KILLED)
        returned = real(*arguments, **options)
        if len(calls) == call:
            os._exit(KILLED)
        return returned

    pid = os.fork()
    if pid == 0:
        try:
            setattr(swapping, name, killing)
            work()
        finally:
            os._exit(1)
    assert os.WEXITSTATUS(os.waitpid(pid, 0)[1]) == KILLED


def recover(target: pathlib.Path) -> None:
    """What the next restore does first."""
    with swapping.prepared(str(target)):
        pass


@pytest.mark.parametrize(("name", "after"), [("exchange", True), ("move", False), ("move", True), ("_conclude", False)])
@pytest.mark.parametrize("since", [b"written since", None])
def test_what_became_of_the_live_path_after_it_was_replaced_stays_whoever_finishes(
    tmp_path: pathlib.Path, name: str, after: bool, since: Tree
) -> None:
    target = tmp_path / "data"
    write(target, b"old")
    kill_at(name, 1, after=after, work=lambda: replace(target, b"new"))
    assert read(target) == b"new"
    if since is None:
        target.unlink()
    else:
        write(tmp_path / "other", since)
        (tmp_path / "other").rename(target)

    recover(target)

    assert read(target) == since
    assert os.listdir(tmp_path) == (["data"] if since else [])
    replace(target, b"again")
    assert read(tmp_path) == {"data": b"again"}


@pytest.mark.parametrize("call", [1, 2])
def test_an_entry_of_a_mount_point_that_was_made_anew_after_it_was_taken_away_stays(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    target = tmp_path / "data"
    write(target, {"a": b"old", "b": b"old"})
    monkeypatch.setattr(swapping, "is_mount_point", lambda path: path == str(target))
    kill_at("_carry_out", call, after=True, work=lambda: replace(target, {}))
    write(target / "a", b"since")

    recover(target)

    assert read(target) == {"a": b"since"}


def test_who_may_rename_the_hidden_folder_leads_nothing_elsewhere(tmp_path: pathlib.Path) -> None:
    write(tmp_path / "data", b"old")
    write(tmp_path / "elsewhere", {})

    with swapping.prepared(str(tmp_path / "data")) as place:
        os.rename(place.hidden, tmp_path / "renamed")
        os.mkdir(place.hidden)
        os.symlink(tmp_path / "elsewhere", os.path.join(place.hidden, "extracted"))
        write(pathlib.Path(place.folder) / "new", b"new")
        swapping.put(place, place.folder + "/new")

    assert read(tmp_path / "elsewhere") == {}
    assert read(tmp_path / "data") == b"new"
    assert read(tmp_path / "renamed") == {}


@pytest.mark.parametrize("planted", ["link", "file", "open to others"])
def test_what_is_no_folder_of_ours_is_not_restored_into(tmp_path: pathlib.Path, planted: str) -> None:
    with swapping.prepared(str(tmp_path / "data")) as place:
        hidden = pathlib.Path(place.hidden)
    if planted == "link":
        (tmp_path / "private").mkdir(0o700)
        hidden.symlink_to("private")
    elif planted == "file":
        hidden.write_bytes(b"")
    else:
        hidden.mkdir(0o755)

    with pytest.raises(RestoreFailed, match="is in the way, and no folder of ours"):
        replace(tmp_path / "data", b"new")

    assert os.path.lexists(hidden)
    assert not (tmp_path / "data").exists()


def test_where_descriptors_have_no_path_the_hidden_folder_is_found_by_its_name(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(swapping, "_path_of", lambda _descriptor, path: path)
    write(tmp_path / "data", b"old")

    replace(tmp_path / "data", b"new")

    assert read(tmp_path) == {"data": b"new"}


def test_a_path_of_descriptors_that_are_another_process_s_is_not_used(tmp_path: pathlib.Path) -> None:
    descriptor = os.open(tmp_path, os.O_RDONLY)
    try:
        with mock.patch.object(os, "fstat", return_value=os.stat("/")):
            assert swapping._path_of(descriptor, "its name") == "its name"
        assert os.path.samefile(swapping._path_of(descriptor, "its name"), tmp_path)
    finally:
        os.close(descriptor)


def test_what_the_parent_grants_by_default_is_not_granted_on_what_is_restored(tmp_path: pathlib.Path) -> None:
    everyone = 0xFFFFFFFF
    entries = ((1, 7, everyone), (2, 7, 1234), (4, 5, everyone), (0x10, 7, everyone), (0x20, 0, everyone))
    access = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
    os.setxattr(tmp_path, "system.posix_acl_default", access)

    with swapping.prepared(str(tmp_path / "data")) as place:
        new = pathlib.Path(place.folder) / "new"
        write(new, {"key": b"new"})
        (new / "key").chmod(0o640)
        swapping.put(place, str(new))

    assert "system.posix_acl_access" not in os.listxattr(tmp_path / "data" / "key")
    assert (tmp_path / "data" / "key").stat().st_mode & 0o777 == 0o640
    assert os.listxattr(tmp_path / "data") == []


def test_parents_that_were_missing_are_gone_again_when_nothing_is_put_there(tmp_path: pathlib.Path) -> None:
    with swapping.prepared(str(tmp_path / "a" / "b" / "data")):
        assert (tmp_path / "a" / "b").is_dir()

    assert read(tmp_path) == {}


@pytest.mark.parametrize("name", ["sync_file_system", "write_file", "exchange", "move", "_conclude", "_remove"])
@pytest.mark.parametrize("after", [False, True])
def test_killed_where_parents_were_missing_nothing_is_left_by_the_next_run(
    tmp_path: pathlib.Path, name: str, after: bool
) -> None:
    target = tmp_path / "a" / "b" / "data"
    if name == "exchange":
        target.parent.mkdir(parents=True)
        write(target, b"old")
    kill_at(name, 1, after=after, work=lambda: replace(target, b"new"))

    replace(target, b"again")

    assert read(tmp_path) == {"a": {"b": {"data": b"again"}}}
