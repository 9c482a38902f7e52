# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was saved comes back, all of it, whatever it is called and however it is kept."""

from __future__ import annotations

import os
import pathlib
import socket
import stat
import subprocess
import tempfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive import reading
from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.archive import ArchiveEngine
from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import (
    SourceUnusable,
    UnknownSnapshot,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import Content
from ansible_collections.progressive.delivery.tests.random_examples import examples
from ansible_collections.progressive.delivery.tests.unit.plugins.module_utils._backups.archive.entry_strategies import (
    names,
)
from ansible_collections.progressive.delivery.tests.unit.plugins.module_utils._backups.archive.trees import (
    SHOP,
    Saved,
    picture,
)

AS_ROOT = os.geteuid() == 0
OWNER = (4711, 4712) if AS_ROOT else (os.getuid(), os.getgid())
HOLE = 1 << 20

contents = st.binary(max_size=2000) | st.sampled_from([b"", b"x" * 512, b"y" * 300_000])
# Each writes itself at a path, given all that is there already.
things = st.one_of(
    st.tuples(st.just("file"), contents),
    st.tuples(st.just("holes"), st.lists(st.tuples(st.integers(0, 3 * HOLE), st.binary(max_size=5000)), max_size=3)),
    st.tuples(st.just("folder"), st.none()),
    st.tuples(st.just("symlink"), names),
    st.tuples(st.just("hard link"), st.integers(0, 100)),
    st.tuples(st.just("fifo"), st.none()),
)
facts = st.tuples(
    st.sampled_from([0o700, 0o644 | 0o100, 0o777, 0o1777]),
    st.integers(0, 2**33 * 10**9),
    st.dictionaries(st.sampled_from(["user.a", "user.b"]), st.binary(max_size=300), max_size=1),
)
trees = st.lists(st.tuples(st.integers(0, 100), names, things, facts), max_size=12)


def write_with_holes(path, parts):
    with open(path, "wb") as stream:
        for offset, content in parts:
            stream.seek(offset)
            stream.write(content)
        stream.truncate(4 * HOLE)


def make_thing(path, kind, how, files):
    """Make one; *files* are those that are there."""
    if kind in ("file", "holes"):
        write_with_holes(path, how) if kind == "holes" else pathlib.Path(os.fsdecode(path)).write_bytes(how)
        files.append(path)
    elif kind == "folder":
        os.mkdir(path)
    elif kind == "symlink":
        os.symlink(how, path)
    elif kind == "hard link":
        os.link(files[how % len(files)], path)
    else:
        os.mkfifo(path)


def make(root, tree):
    """Make what can be made of it: where a name is taken, nothing."""
    folders, files, made = [os.fsencode(root)], [], []
    for where, name, (kind, how), known in tree:
        path = os.path.join(folders[where % len(folders)], name)
        if os.path.lexists(path) or (kind == "hard link" and not files):
            continue
        make_thing(path, kind, how, files)
        if kind == "folder":
            folders.append(path)
        made.append((path, kind, known))
    for path, kind, (mode, mtime, xattrs) in reversed(made):
        if kind in ("file", "holes", "folder"):
            for key, value in xattrs.items():
                os.setxattr(path, key, value)
            os.chmod(path, mode)
        os.utime(path, ns=(mtime, mtime), follow_symlinks=False)


@settings(max_examples=examples(40))
@given(trees, st.sampled_from(["none", "gzip"]))
def test_every_tree_comes_back(tree, compression):
    with tempfile.TemporaryDirectory() as folder:
        saved = Saved(folder, None, compression)
        make(saved.data, tree)
        before = picture(saved.data)

        snapshot = saved.take()
        saved.engine.read_through(snapshot)

        assert picture(saved.extract(snapshot)) == before
        assert picture(saved.data) == before


@pytest.mark.parametrize("compression", ["auto", "zstd", "gzip", "none"])
def test_gnu_tar_lists_and_extracts_what_was_written(compression, tmp_path):
    saved = Saved(tmp_path, None, compression)
    saved.write("plain", b"content" * 100_000)
    saved.write("n" * 120 + "/ü\n", b"deep")
    saved.write(os.fsdecode(b"\xff\xfe"), b"no utf-8")
    os.setxattr(saved.write("attributed", b""), "user.a=b", b"\0\n\xff")
    os.link(saved.write("one", b"shared"), os.path.join(saved.data, "two"))
    os.symlink("/nowhere/" + "l" * 120, os.path.join(saved.data, "link"))
    with open(saved.write("holes", b""), "r+b") as stream:
        for offset in (HOLE, 3 * HOLE):
            stream.seek(offset)
            stream.write(b"data")
        stream.truncate(5 * HOLE)
    with open(saved.write("nothing but a hole", b""), "r+b") as stream:
        stream.truncate(HOLE)
    if AS_ROOT:
        os.chown(saved.write("owned", b""), *OWNER)
    before = picture(saved.data)
    snapshot = saved.take()
    (archive,) = [entry.path for entry in os.scandir(saved.folder_of(snapshot)) if entry.name.startswith("content.tar")]
    out = tmp_path / "by tar"
    out.mkdir()

    listed = subprocess.run(["tar", "-tf", archive], capture_output=True, check=True)
    extracted = subprocess.run(
        ["tar", "-x", "-p", "--xattrs", "--xattrs-include=*", "-f", archive, "-C", out], capture_output=True, check=True
    )

    assert len(listed.stdout.splitlines()) == len(before) + 2
    assert (listed.stderr, extracted.stderr) == (b"", b"")
    assert picture(str(out) + saved.data) == before
    assert os.stat(str(out) + saved.data + "/holes").st_blocks * 512 < HOLE


def test_holes_take_no_room_in_the_archive_and_are_holes_again(tmp_path):
    saved = Saved(tmp_path, None)
    with open(saved.write("holes", b""), "r+b") as stream:
        stream.seek(30 * HOLE)
        stream.write(b"data")
        stream.truncate(100 * HOLE)

    taken = saved.engine.take(saved.content(), SHOP)

    assert taken.bytes == 100 * HOLE + 2
    assert taken.added < HOLE
    assert os.stat(saved.extract(taken.snapshot) + "/holes").st_blocks * 512 < HOLE


def test_only_what_is_asked_for_comes_with_the_folders_that_it_lies_in(tmp_path):
    saved = Saved(tmp_path)
    for path in ("a/wanted/one", "a/wanted/two", "a/other", "b"):
        saved.write(path, path.encode())
    os.chmod(os.path.join(saved.data, "a"), 0o750)
    before = picture(saved.data)

    restored = picture(saved.extract(saved.take(), saved.data + "/a/wanted", saved.data + "/b"))

    assert restored == {path: known for path, known in before.items() if path != b"a/other"}


def test_a_link_comes_with_its_file_although_only_the_link_is_asked_for(tmp_path):
    saved = Saved(tmp_path)
    saved.write("a/file", b"shared")
    os.mkdir(os.path.join(saved.data, "b"))
    for link in ("b/one", "b/two"):
        os.link(os.path.join(saved.data, "a/file"), os.path.join(saved.data, link))

    restored = saved.extract(saved.take(), saved.data + "/b")

    assert sorted(os.listdir(restored)) == ["b"]
    assert os.stat(restored + "/b/one").st_nlink == 2
    assert os.path.samefile(restored + "/b/one", restored + "/b/two")
    with open(restored + "/b/one", "rb") as stream:
        assert stream.read() == b"shared"
    assert [name for name in os.listdir(tmp_path / "restored-1") if name.startswith(".")] == []


@pytest.mark.parametrize("asked", ["/srv/other", "srv", "/", "{data}/missing", "{data}/a/below a file"])
def test_what_a_snapshot_does_not_hold_is_not_restored(asked, tmp_path):
    saved = Saved(tmp_path)
    saved.write("a", b"")

    with pytest.raises(UnknownSnapshot, match="does not hold"):
        saved.extract(saved.take(), saved.data, asked.format(data=saved.data))

    assert os.listdir(tmp_path / "restored-1") == []


def test_special_modes_and_owners_come_back_for_root_and_never_the_rights_of_whoever_restores(tmp_path):
    saved = Saved(tmp_path)
    path = saved.write("setuid", b"#!/bin/sh\n")
    os.chown(path, *OWNER)
    os.chmod(path, 0o6755)
    folder = os.path.join(saved.data, "closed")
    os.mkdir(folder)
    os.link(path, os.path.join(folder, "link"))
    os.chmod(folder, 0o2500)

    restored = saved.extract(saved.take())

    known = os.lstat(restored + "/setuid")
    assert (known.st_uid, known.st_gid) == OWNER
    assert stat.S_IMODE(known.st_mode) == (0o6755 if AS_ROOT else 0o755)
    assert stat.S_IMODE(os.lstat(restored + "/closed").st_mode) == (0o2500 if AS_ROOT else 0o500)


def test_sockets_are_left_out_and_so_is_what_is_excluded_but_never_a_dump(tmp_path):
    saved = Saved(tmp_path)
    with socket.socket(socket.AF_UNIX) as listening:
        # The name of a socket may not be long.
        folder = os.open(saved.data, os.O_RDONLY)
        listening.bind("/proc/self/fd/{0}/socket".format(folder))
        os.close(folder)
        saved.write("kept", b"")
        saved.write("cache/large", b"")
        saved.write("deep/a.json", b"")

        snapshot = saved.take("*.json", "cache")

    assert sorted(picture(saved.extract(snapshot, *snapshot.paths))) == [b"", b"deep", b"kept"]
    assert os.path.exists(tmp_path / "restored-1" / saved.dumps[1:] / "backup.json")


def test_a_path_that_is_a_file_or_a_link_is_saved_as_that(tmp_path):
    saved = Saved(tmp_path)
    file = saved.write("../file", b"content")
    link = os.path.join(os.path.dirname(file), "link")
    os.symlink("file", link)
    snapshot = saved.engine.take(Content((file, link), saved.dumps), SHOP).snapshot

    saved.extract(snapshot, file, link)

    assert (tmp_path / "restored-1" / file[1:]).read_bytes() == b"content"
    assert os.readlink(tmp_path / "restored-1" / link[1:]) == "file"


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("{data}/missing", "is not there"),
        ("{data}/sub", "lies within"),
        ("{data}", "named twice"),
        ("/", "plain absolute path"),
        ("srv", "plain absolute path"),
        ("/srv/../etc", "plain absolute path"),
    ],
)
def test_a_path_that_cannot_be_saved_is_told_before_anything_is_written(path, why, tmp_path):
    saved = Saved(tmp_path)
    saved.write("sub/file", b"")

    with pytest.raises(SourceUnusable, match=why):
        saved.engine.take(Content((saved.data, path.format(data=saved.data)), saved.dumps), SHOP)

    assert not os.path.exists(saved.repository)


def test_the_repository_is_not_saved_into_itself(tmp_path):
    saved = Saved(tmp_path)
    outer = Content((os.path.join(saved.folder, "srv"), saved.repository), saved.dumps)
    os.mkdir(saved.repository)

    with pytest.raises(SourceUnusable, match="is in what is to be saved"):
        saved.engine.take(outer, SHOP)
    assert saved.engine.snapshots("shop") == []

    os.rename(saved.repository, os.path.join(saved.data, "repository"))
    inside = ArchiveEngine(os.path.join(saved.data, "repository"), saved.password, "none")
    with pytest.raises(SourceUnusable, match="is in what is to be saved"):
        inside.take(saved.content(), SHOP)
    inside.read_through(inside.take(saved.content("repository"), SHOP).snapshot)


@pytest.mark.parametrize("size", [0, 10, 299_999, 300_001, 900_000])
def test_a_file_that_changes_its_size_while_it_is_read_is_saved_as_what_was_read(size, tmp_path):
    saved = Saved(tmp_path)
    path = saved.write("busy", b"b" * 300_000)
    saved.write("next", b"next")
    found = saved.engine._found

    def meddled(*arguments):
        for entry, opened in found(*arguments):
            if entry.path == path:
                os.truncate(path, size)
            yield entry, opened

    saved.engine._found = meddled
    snapshot = saved.take()
    saved.engine.read_through(snapshot)

    restored = saved.extract(snapshot)
    with open(restored + "/busy", "rb") as stream:
        assert stream.read() == (b"b" * min(size, 300_000)).ljust(300_000, b"\0")
    with open(restored + "/next", "rb") as stream:
        assert stream.read() == b"next"


def test_what_goes_away_while_a_folder_is_read_is_as_if_it_had_never_been_there(tmp_path):
    saved = Saved(tmp_path)
    gone = [saved.write("b", b""), saved.write("c/d", b""), saved.write("e", b"")]
    saved.write("a", b"")
    found = saved.engine._found

    def meddled(*arguments):
        for entry, opened in found(*arguments):
            yield entry, opened
            if entry.path == os.path.join(saved.data, "a"):
                os.unlink(gone[0])
                os.unlink(gone[1])
                os.rmdir(os.path.dirname(gone[1]))
                os.unlink(gone[2])
                os.symlink("a", gone[2])

    saved.engine._found = meddled

    restored = saved.extract(saved.take())

    assert sorted(os.listdir(restored)) == ["a", "e"]
    assert os.path.islink(restored + "/e")


def test_a_path_that_goes_away_meanwhile_is_no_snapshot(tmp_path):
    saved = Saved(tmp_path)
    other = saved.write("../other", b"")
    found = saved.engine._found

    def meddled(*arguments):
        os.unlink(other)
        yield from found(*arguments)

    saved.engine._found = meddled
    with pytest.raises(SourceUnusable, match="is not there"):
        saved.engine.take(Content((saved.data, other), saved.dumps), SHOP)

    assert os.listdir(os.path.join(saved.repository, "shop")) == []


def test_a_device_is_named_and_not_passed_over(tmp_path):
    saved = Saved(tmp_path)
    content = Content((saved.data, "/dev/null"), saved.dumps)

    with pytest.raises(SourceUnusable, match="'/dev/null' is a device"):
        saved.engine.take(content, SHOP)


@pytest.mark.parametrize("linked", [False, True])
def test_several_folders_are_filled_by_one_reading_but_where_a_file_belongs_into_two(linked, tmp_path, monkeypatch):
    saved = Saved(tmp_path)
    content = os.urandom(3 << 20)
    first = saved.write("a/first", content)
    for number in range(40):
        saved.write("b/{0}".format(number), content[number : number * 1000])
    if linked:
        os.link(first, os.path.join(saved.data, "b", "first"))
    snapshot = saved.take()
    folders = {name: tmp_path / "restored" / name for name in "ab"}
    for folder in folders.values():
        folder.mkdir(parents=True)
    readings = []
    real = reading.decompressor
    monkeypatch.setattr(reading, "decompressor", lambda *arguments: readings.append(1) or real(*arguments))

    saved.engine.extract_each(
        snapshot, [(str(folder), [os.path.join(saved.data, name)]) for name, folder in folders.items()]
    )

    for name, folder in folders.items():
        live, restored = picture(os.path.join(saved.data, name)), picture(f"{folder}{saved.data}/{name}")
        assert {path: facts["content"] for path, facts in restored.items()} == {
            path: facts["content"] for path, facts in live.items()
        }
        assert os.listdir(f"{folder}{saved.data}") == [name]
    assert len(readings) == (2 if linked else 1)
