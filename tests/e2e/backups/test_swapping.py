# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A restore killed before or after any of its system calls, and real mounts."""

from __future__ import annotations

import collections.abc
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
import types
import typing as t

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._backups import exchange, swapping

CHANGES = {
    "mkdir",
    "rename",
    "unlink",
    "rmdir",
    "fsync",
    "open",
    "utime",
    "chmod",
    "chown",
    "fchmod",
    "replace",
    "remove",
}
OLD = {"a": "old", "b": "old", "c": "old"}
NEW = {"a": "new", "b/c": "new", "d": "new"}
Files = t.Union[None, str, t.Dict[str, str]]


@pytest.fixture
def folder() -> collections.abc.Iterator[pathlib.Path]:
    """In memory where that is to be had: what a kill leaves does not depend on a disk."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as name:
        yield pathlib.Path(name)


def write(path: pathlib.Path, files: Files) -> None:
    if isinstance(files, str):
        path.write_text(files)
    elif files is not None:
        path.mkdir()
        for name, text in files.items():
            (path / name).parent.mkdir(exist_ok=True)
            (path / name).write_text(text)


def read(path: pathlib.Path) -> Files:
    """What is at *path*, less the hidden folder of a restore."""
    if not path.is_dir():
        return path.read_text() if path.exists() else None
    found = {str(file.relative_to(path)): file.read_text() for file in path.rglob("*") if file.is_file()}
    return {name: text for name, text in found.items() if not name.startswith(swapping.HIDDEN)}


def restore(target: pathlib.Path, files: Files, excludes: t.Sequence[str] | None = None) -> None:
    with swapping.prepared(str(target)) as place:
        write(pathlib.Path(place.folder) / "data", files)
        swapping.put(place, place.folder + "/data", excludes)


def recover(target: pathlib.Path) -> None:
    """What the next restore does first."""
    with swapping.prepared(str(target)):
        pass


def killed_at(point: int, work: collections.abc.Callable[..., object], *arguments: t.Any) -> bool:
    """Whether a process that calls *work* reached its *point*-th place, and died there. A place is before or after a call."""
    pid = os.fork()
    if pid == 0:
        reached = 0

        def profile(frame: types.FrameType, event: str, called: t.Any) -> None:
            nonlocal reached
            change = event.startswith("c_") and called.__name__ in CHANGES
            if change or frame.f_code is exchange._rename.__code__:
                reached += 1
                if reached == point:
                    os.kill(os.getpid(), signal.SIGKILL)

        try:
            sys.setprofile(profile)
            work(*arguments)
            sys.setprofile(None)
            os._exit(0)
        finally:
            traceback.print_exc()
            os._exit(1)
    _pid, status = os.waitpid(pid, 0)
    assert status in (0, signal.SIGKILL), "it failed, and was not killed"
    return status == signal.SIGKILL


CASES: dict[str, tuple[Files, Files]] = {
    "folders": (OLD, NEW),
    "files": ("old", "new"),
    "a-file-for-a-folder": (OLD, "new"),
    "nothing-there": (None, NEW),
}


@pytest.mark.parametrize("way", ["exchanged", "renamed"])
@pytest.mark.parametrize("case", CASES)
def test_killed_anywhere_the_live_path_is_old_or_new_and_the_next_call_finishes(
    folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch, case: str, way: str
) -> None:
    old, new = CASES[case]
    whole = [old, new]
    if way == "renamed":
        monkeypatch.setattr(swapping, "exchange", lambda _one, _other: False)
        whole.append(None)  # Between the two renames; afterwards never.
    seen = []
    point = 1
    while True:
        top = folder / str(point)
        top.mkdir()
        target = top / "data"
        write(target, old)
        died = killed_at(point, restore, target, new)
        after_kill = read(target)
        assert after_kill in whole, point
        # Recovering may be killed too.
        recorded = bool(list(top.glob("*/record.json")))
        killed_at(point % 6 + 1, recover, target)
        recover(target)
        recovered = read(target)
        assert recovered in (old, new), point
        assert recovered == new or not (recorded or after_kill == new), point
        assert {path.name for path in top.iterdir()} <= {"data"}, point
        if not died:
            break
        # What was killed can be done again, whether or not somebody recovered it before.
        killed_at(point, restore, target, new)
        restore(target, new)
        assert read(target) == new, point
        assert {path.name for path in top.iterdir()} <= {"data"}, point
        seen.append((after_kill == new, recorded))
        point += 1
        shutil.rmtree(top)

    assert recovered == new
    assert {(False, False), (True, True)} <= set(seen), "no kill before, or none after the record was written"


@pytest.mark.parametrize("way", ["exchanged", "renamed"])
def test_killed_anywhere_each_entry_of_a_mount_point_is_old_or_new_and_the_next_call_finishes(
    folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr(swapping, "is_mount_point", lambda path: path.endswith("/data"))
    if way == "renamed":
        monkeypatch.setattr(swapping, "exchange", lambda _one, _other: False)
    mixed = 0
    point = 1
    while True:
        target = folder / str(point) / "data"
        target.parent.mkdir()
        write(target, OLD)
        died = killed_at(point, restore, target, NEW)
        files = t.cast("dict[str, str]", read(target))
        assert all(text == {**OLD, **NEW}[name] or text == OLD[name] for name, text in files.items()), point
        between = files not in (OLD, NEW)
        mixed += between
        with swapping.prepared(str(target)) as place:
            assert read(target) == (NEW if between or files == NEW else read(target)), point
            assert read(target) in (OLD, NEW), point
            assert os.listdir(place.hidden) == ["extracted"], point
        assert os.listdir(target.parent) == ["data"], point
        if not died:
            break
        point += 1

    assert files == NEW
    assert mixed > len(OLD)


@pytest.mark.parametrize("mounted", [False, True])
def test_killed_anywhere_what_the_excludes_name_is_there_after_the_next_call(
    folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch, mounted: bool
) -> None:
    monkeypatch.setattr(swapping, "is_mount_point", lambda path: mounted and path.endswith("/data"))
    old, new = {"cache/x": "old", "a/y": "old", "a/cache": "old"}, {"a/y": "new"}
    finished: list[Files] = []
    point = 1
    while True:
        target = folder / str(point) / "data"
        target.parent.mkdir()
        write(target, old)
        died = killed_at(point, restore, target, new, ["cache"])
        recover(target)
        finished.append(read(target))
        assert finished[-1] in (old, {**old, **new}), point
        restore(target, new, ["cache"])
        assert read(target) == {**old, **new}, point
        assert os.listdir(target.parent) == ["data"], point
        if not died:
            break
        point += 1

    assert finished[0] == old, "no kill before the record was written"
    assert finished[-2] != old, "no kill after the record was written"


INSIDE = """
import os, pathlib, sys
from ansible_collections.progressive.delivery.plugins.module_utils._backups import swapping
from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import RestoreFailed

def restore(target):
    with swapping.prepared(target) as place:
        os.mkdir(place.folder + "/new")
        pathlib.Path(place.folder + "/new/a").write_text("new")
        return swapping.put(place, place.folder + "/new")

mounted, bound, file, above = sys.argv[1:]
print(restore(mounted), sorted(os.listdir(mounted)), pathlib.Path(mounted + "/a").read_text())
print(restore(bound), sorted(os.listdir(bound)), pathlib.Path(bound + "/a").read_text())
for target in (file, above):
    try:
        restore(target)
    except RestoreFailed as error:
        print(error.message)
"""


def test_real_mounts_are_told_from_folders(tmp_path: pathlib.Path) -> None:
    """Of a file system, of a folder of the same one with a blank in its name, of a file; in a namespace of their own."""
    for name in ("mounted", "real", "bo und", "file", "realfile"):
        write(tmp_path / name, "old" if "file" in name else {"b": "old"})
    script = f"""
        mount -t tmpfs none '{tmp_path}/mounted' && echo old > '{tmp_path}/mounted/a' && mkdir '{tmp_path}/mounted/b'
        mount --bind '{tmp_path}/real' '{tmp_path}/bo und'
        mount --bind '{tmp_path}/realfile' '{tmp_path}/file'
        exec "$@"
    """
    mounted = [str(tmp_path / "mounted"), str(tmp_path / "bo und"), str(tmp_path / "file"), str(tmp_path)]
    command = [
        "unshare",
        "--mount",
        "--map-root-user",
        "sh",
        "-ec",
        script,
        "sh",
        sys.executable,
        "-c",
        INSIDE,
        *mounted,
    ]
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(filter(None, sys.path)))
    said = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()

    assert said[:2] == ["Swapped(in_parts=True, left=None, lost=()) ['a'] new"] * 2
    assert said[2] == f"{tmp_path}/file is a mounted file, which cannot be replaced; unmount it first"
    assert said[3].startswith(
        f"{tmp_path} has {tmp_path}/bo und mounted within it, which would go with the old content;"
    )
    assert read(tmp_path / "real") == {"a": "new"}
    assert read(tmp_path / "realfile") == "old"
