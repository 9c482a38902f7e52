# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file is replaced whole, by one writer at a time, and only when there is a change."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import shutil
import signal
import sys

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._toggles import flagd_file, revisions
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.errors import (
    ToggleChangeInProgress,
    ToggleFileUnreadable,
    ToggleFileUnwritable,
    ToggleReadBackMismatch,
)
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.flagd_file import FlagdFile

FLAG = {"state": "ENABLED", "variants": {"on": True}}
EVENTS = {"open", "os.rename", "os.remove", "os.mkdir", "os.listdir", "fcntl.flock"}
MOST_EVENTS = 1000


def set_to(definition):
    return lambda _was: definition


@pytest.fixture
def path(tmp_path):
    (tmp_path / "folder").mkdir()
    return tmp_path / "folder" / "flags.json"


def test_a_file_that_does_not_exist_has_no_flags_and_is_made(path):
    toggles = FlagdFile(str(path))

    assert toggles.read() == {}
    assert toggles.change("new", set_to(FLAG)) == (None, FLAG)
    assert json.loads(path.read_text()) == {"$schema": flagd_file.SCHEMA, "flags": {"new": FLAG}}
    assert path.stat().st_mode & 0o777 == 0o644


def test_what_else_the_file_says_stays_as_and_where_it_is(path):
    content = {"flags": {"b": FLAG, "ä": FLAG}, "metadata": {"flagSetId": "x"}, "$evaluators": {}, "more": 1.0}
    path.write_text(json.dumps(content))
    path.chmod(0o640)
    FlagdFile(str(path)).change("b", set_to({**FLAG, "state": "DISABLED"}))
    content["flags"]["b"] = {**FLAG, "state": "DISABLED"}

    assert path.read_text() == json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_flag_is_taken_out(path):
    path.write_text(json.dumps({"flags": {"new": FLAG}}))

    assert FlagdFile(str(path)).change("new", set_to(None)) == (FLAG, None)
    assert FlagdFile(str(path)).change("new", set_to(None)) == (None, None)
    assert FlagdFile(str(path)).read() == {}


def test_nothing_is_written_where_nothing_changes(path):
    path.write_text(json.dumps({"flags": {"new": FLAG}}))
    before = path.stat()
    FlagdFile(str(path)).change("new", set_to(dict(reversed(FLAG.items()))))

    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_link_stays_a_link_and_its_file_is_changed(path, tmp_path):
    link = tmp_path / "link.json"
    link.symlink_to(path)
    FlagdFile(str(link)).change("new", set_to(FLAG))

    assert link.is_symlink()
    assert json.loads(path.read_text())["flags"] == {"new": FLAG}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "cannot be read"),
        ('{"flags": {', "cannot be read"),
        ('{"flags": {"new": {}, "new": {}}}', "it says 'new' twice"),
        ('{"flags": {"new": {"variants": {"on": NaN}}}}', "NaN is no JSON"),
        ("[]", "is not a JSON object with an object of flags"),
        ("{}", "is not a JSON object with an object of flags"),
        ('{"flags": []}', "is not a JSON object with an object of flags"),
        ('{"flags": {"new": 1}}', "is not a JSON object with an object of flags"),
        (b"\xff", "cannot be read"),
    ],
)
def test_what_is_no_file_of_flags_is_refused_and_stays(path, content, message):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    before = path.read_bytes()

    with pytest.raises(ToggleFileUnreadable, match=message):
        FlagdFile(str(path)).change("new", set_to(FLAG))
    assert path.read_bytes() == before


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ToggleFileUnreadable, match="there is no folder for"):
        FlagdFile(str(tmp_path / "gone" / "flags.json")).read()
    with pytest.raises(ToggleFileUnwritable, match="cannot be written: No such file"):
        FlagdFile(str(tmp_path / "gone" / "flags.json")).change("new", set_to(FLAG))


def test_a_number_that_json_cannot_say_leaves_the_file(path):
    path.write_text('{"flags": {"old": {"state": "ENABLED", "variants": {"on": 1e999}}}}')

    with pytest.raises(ToggleFileUnwritable, match="cannot be written"):
        FlagdFile(str(path)).change("new", set_to(FLAG))
    assert "1e999" in path.read_text()


def test_a_writer_waits_for_the_lock_only_so_long(path):
    with open(path.parent / ".flags.json.lock", "w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(ToggleChangeInProgress, match=r"holds .*\.flags\.json\.lock"):
            FlagdFile(str(path), 0.1).change("new", set_to(FLAG))
    assert FlagdFile(str(path), 0.1).change("new", set_to(FLAG)) == (None, FLAG)


def test_a_writer_without_a_lock_who_comes_in_between_is_noticed(path, monkeypatch):
    def overwritten(name, content):
        path.write_text('{"flags": {}}')

    monkeypatch.setattr(flagd_file, "write_file", overwritten)
    with pytest.raises(ToggleReadBackMismatch, match="does not hold what was just written"):
        FlagdFile(str(path)).change("new", set_to(FLAG))


def test_an_error_of_the_decision_frees_the_lock(path):
    def refuse(_was):
        raise ToggleFileUnreadable("no")

    with pytest.raises(ToggleFileUnreadable, match="no"):
        FlagdFile(str(path)).change("new", refuse)
    assert FlagdFile(str(path)).change("new", set_to(FLAG)) == (None, FLAG)


def killed_at(path: str, number: int) -> bool:
    """Change the file in a child that gets SIGKILL in front of its n-th step on the file system; whether it was killed."""
    child = os.fork()
    if not child:
        left = number

        def count(event, _arguments):
            nonlocal left
            if event in EVENTS:
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)
        FlagdFile(path, keep=2).change("new", set_to({**FLAG, "state": "DISABLED"}))
        os._exit(0)
    _pid, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


@pytest.mark.parametrize("earlier", [0, 1, 5])
def test_a_writer_that_is_killed_at_any_step_leaves_the_old_or_the_new_file_whole_revisions_and_no_lock(path, earlier):
    seen = []
    for number in range(1, MOST_EVENTS):
        shutil.rmtree(path.parent)
        path.parent.mkdir()
        path.write_text(json.dumps({"flags": {"new": FLAG}}))
        file = FlagdFile(str(path), keep=2)
        for owner in range(earlier):
            file.change("new", set_to({**FLAG, "metadata": {"owner": str(owner)}}))
        before = {revision: file.flags_of(revision) for revision in file.revisions()}
        old = file.read()
        killed = killed_at(str(path), number)
        seen.append(file.read()["new"]["state"])
        whole = {revision: file.flags_of(revision) for revision in file.revisions()}
        shared = set(before) & set(whole)
        assert {revision: whole[revision] for revision in shared} == {revision: before[revision] for revision in shared}
        after = file.read()
        assert file.change("other", set_to(FLAG)) == (None, FLAG)
        # What was there before the kill, and what the killed writer wrote, have their numbers now, and nothing else does.
        numbers = file.revisions()
        assert numbers == [numbers[-1] - 1, numbers[-1]]
        assert file.flags_of(numbers[0]) == after
        assert file.revision() == numbers[1] == earlier + 1 + (after != old) + 1
        if not killed:
            break

    assert not killed
    assert seen[0] == "ENABLED"
    assert seen[-1] == "DISABLED"
    assert len(seen) > 5


def test_what_was_changed_by_hand_is_kept_by_the_next_writer(path):
    file = FlagdFile(str(path))
    file.change("new", set_to(FLAG))
    path.write_text('{"flags": {"by hand": {"state": "ENABLED"}}}')

    assert file.revision() is None
    assert file.edit("new", set_to(FLAG)).revision == 3
    assert file.revisions() == [1, 2, 3]
    assert file.flags_of(2) == {"by hand": {"state": "ENABLED"}}


def test_a_revision_can_be_read_by_whom_the_file_can(path):
    path.write_text('{"flags": {}}')
    path.chmod(0o640)
    path.parent.chmod(0o1757)
    mask = os.umask(0o077)
    try:
        FlagdFile(str(path)).change("new", set_to(FLAG))
    finally:
        os.umask(mask)

    assert (path.parent / ".flags.json.revisions").stat().st_mode & 0o777 == 0o755
    assert {file.stat().st_mode & 0o777 for file in path.parent.glob(".flags.json.revisions/*")} == {0o640}


def test_a_change_that_cannot_be_taken_back_is_not_made(path):
    path.write_text('{"flags": {}}')
    (path.parent / ".flags.json.revisions").write_text("in the way")

    for ask in (FlagdFile(str(path)).revisions, lambda: FlagdFile(str(path)).change("new", set_to(FLAG))):
        with pytest.raises(ToggleFileUnreadable, match="the revisions of .* cannot be read"):
            ask()
    assert path.read_text() == '{"flags": {}}'


def test_a_disk_that_is_full_for_the_revision_leaves_the_file(path, monkeypatch):
    path.write_text('{"flags": {}}')

    def full(*_arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(revisions, "place_file", full)
    with pytest.raises(ToggleFileUnwritable, match="no revision of .* can be kept: .* No space left"):
        FlagdFile(str(path)).change("new", set_to(FLAG))
    assert path.read_text() == '{"flags": {}}'


def test_a_change_that_is_in_force_is_a_success_although_its_revision_cannot_be_kept_yet(path, monkeypatch):
    def full(*_arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(revisions, "place_file", full)
        first = FlagdFile(str(path)).edit("new", set_to(FLAG))
    FlagdFile(str(path)).change("other", set_to(FLAG))

    assert first.revision == 1
    assert FlagdFile(str(path)).flags_of(1) == {"new": FLAG}


def test_other_files_among_the_revisions_are_left_alone(path):
    FlagdFile(str(path), keep=1).change("new", set_to(FLAG))
    folder = path.parent / ".flags.json.revisions"
    for name in ("notes.json", "²", "07.json", "1.json.bak"):
        (folder / name).write_text("x")
    FlagdFile(str(path), keep=1).change("new", set_to(None))

    assert {file.name for file in folder.iterdir()} == {"2.json", "notes.json", "²", "07.json", "1.json.bak"}


@pytest.mark.parametrize("field", ["$evaluators", "metadata"])
def test_what_all_flags_share_is_an_object(path, field):
    path.write_text(json.dumps({"flags": {}, field: []}))

    with pytest.raises(ToggleFileUnreadable, match=re.escape(f"{field} is not a JSON object")):
        FlagdFile(str(path)).read()
