# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file is replaced whole, by one writer at a time, and only when there is a change."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import sys

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._toggles import flagd_file
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.errors import (
    ToggleChangeInProgress,
    ToggleFileUnreadable,
    ToggleFileUnwritable,
    ToggleReadBackMismatch,
)
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.flagd_file import FlagdFile

FLAG = {"state": "ENABLED", "variants": {"on": True}}
EVENTS = {"open", "os.rename", "os.remove", "fcntl.flock"}
MOST_EVENTS = 1000


def set_to(definition):
    return lambda _was: definition


@pytest.fixture
def path(tmp_path):
    return tmp_path / "flags.json"


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


def test_a_writer_waits_for_the_lock_only_so_long(path, tmp_path):
    with open(tmp_path / ".flags.json.lock", "w") as held:
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
        FlagdFile(path).change("new", set_to({**FLAG, "state": "DISABLED"}))
        os._exit(0)
    _pid, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def test_a_writer_that_is_killed_at_any_step_leaves_the_old_or_the_new_file_and_no_lock(path):
    seen = []
    for number in range(1, MOST_EVENTS):
        path.write_text(json.dumps({"flags": {"new": FLAG}}))
        killed = killed_at(str(path), number)
        seen.append(FlagdFile(str(path)).read()["new"]["state"])
        assert FlagdFile(str(path)).change("other", set_to(FLAG)) == (None, FLAG)
        if not killed:
            break

    assert not killed
    assert seen[0] == "ENABLED"
    assert seen[-1] == "DISABLED"
    assert len(seen) > 5
