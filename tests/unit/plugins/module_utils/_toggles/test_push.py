# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pushed file is activated on all hosts or on none, and hosts agree after the run that follows one that was killed.

A child process pushes to some hosts, which are folders here, as the role does. It ends itself with SIGKILL in front of
its n-th change to the file system, of which Python's audit hooks tell. ``PROGRESSIVE_DELIVERY_PUSH_KILLS`` says in front
of how many of them, spread over a push; 0 is each.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import pathlib
import signal
import sys
import typing as t

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.errors import (
    InvalidDefinition,
    NotPrepared,
    ToggleChangeInProgress,
    ToggleFileChangedHere,
    ToggleFileUnreadable,
    UndeclaredEvaluator,
    WrongToggleEnvironment,
)
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.flagd_file import FlagdFile
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.one_writer import lock_of, one_writer
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.push import Look, PushedFile, begun

KILLS = int(os.environ.get("PROGRESSIVE_DELIVERY_PUSH_KILLS", "6"))
HOSTS = 3
CHANGES = {"os.mkdir", "os.rename", "os.remove", "fcntl.flock"}
FLAG = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off"}


def text(number: int, **document: t.Any) -> str:
    return json.dumps({"flags": {"new": {**FLAG, "metadata": {"number": number}}}, **document})


def digest(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


@pytest.fixture
def path(tmp_path: pathlib.Path) -> str:
    return str(tmp_path / "flags.json")


def pushed(path: str, **options: t.Any) -> PushedFile:
    return PushedFile(path, **{"lock_timeout": 0.0, "environment": None, "keep": 20, **options})


def push(path: str, content: str) -> bool:
    return pushed(path).activate(pushed(path).prepare(content)[1])


def test_what_is_prepared_is_not_live_before_it_is_activated(path):
    assert pushed(path).prepare(text(1)) == (Look(), digest(text(1)))
    assert not os.path.exists(path)
    assert pushed(path).look() == Look(None, digest(text(1)), None)
    assert pushed(path).activate(digest(text(1)))
    assert pathlib.Path(path).read_text() == text(1)
    assert pushed(path).look() == Look(digest(text(1)), None, digest(text(1)))
    assert not pushed(path).activate(digest(text(1)))
    assert not push(path, text(1))


def test_each_push_is_a_revision_and_keeps_who_may_read(path):
    push(path, text(1))
    os.chmod(path, 0o640)
    push(path, text(2))

    assert os.stat(path).st_mode & 0o777 == 0o640
    file = FlagdFile(path)
    assert [file.flags_of(number)["new"]["metadata"]["number"] for number in file.revisions()] == [1, 2]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ("flags: {}", ToggleFileUnreadable),
        (json.dumps({"flags": {"new": {**FLAG, "defaultVariant": "red"}}}), InvalidDefinition),
        (
            json.dumps({"flags": {"new": {**FLAG, "targeting": {"if": [{"$ref": "a"}, "on", "off"]}}}}),
            UndeclaredEvaluator,
        ),
        (text(1, metadata={"environment": "production"}), WrongToggleEnvironment),
    ],
)
def test_what_a_reader_would_refuse_is_not_prepared(path, content, error):
    for dry in (True, False):
        with pytest.raises(error):
            pushed(path, environment="staging").prepare(content, dry=dry)

    assert os.listdir(os.path.dirname(path)) == []


def test_a_file_that_somebody_has_changed_is_not_written_over_unless_it_may_be(path):
    push(path, text(1))
    FlagdFile(path).change("new", lambda was: {**was, "state": "DISABLED"})
    for dry in (True, False):
        with pytest.raises(ToggleFileChangedHere):
            pushed(path).prepare(text(2), dry=dry)

    assert pushed(path).look().prepared is None
    pushed(path).prepare(text(2), overwrite=True)
    assert pushed(path).activate(digest(text(2)))
    assert FlagdFile(path).flags_of(2)["new"]["state"] == "DISABLED"
    assert push(path, text(3))


def test_a_file_that_was_never_pushed_is_not_written_over_unless_it_is_the_same(path):
    pathlib.Path(path).write_text(text(1))
    with pytest.raises(ToggleFileChangedHere):
        pushed(path).prepare(text(2))

    assert not push(path, text(1))
    assert push(path, text(2))


def test_a_change_between_preparing_and_activating_is_kept(path):
    push(path, text(1))
    pushed(path).prepare(text(2))
    FlagdFile(path).change("new", lambda was: {**was, "state": "DISABLED"})

    assert pushed(path).look().prepared is None
    with pytest.raises(NotPrepared):
        pushed(path).activate(digest(text(2)))
    assert FlagdFile(path).read()["new"]["state"] == "DISABLED"


def test_what_is_discarded_cannot_be_activated(path):
    pushed(path).prepare(text(1))

    assert pushed(path).discard()
    assert not pushed(path).discard()
    with pytest.raises(NotPrepared):
        pushed(path).activate(digest(text(1)))


def test_while_another_changes_the_file_nothing_is_prepared(path):
    with one_writer(lock_of(path), 0.0, ""), pytest.raises(ToggleChangeInProgress):
        pushed(path).prepare(text(1))


@pytest.mark.parametrize(
    ("looks", "expected"),
    [
        ([Look("a"), Look("a")], None),
        ([Look("a", "b"), Look("a", "b")], None),
        ([Look("b"), Look("a", "b")], "b"),
        ([Look("b"), Look(None, "b"), Look("c", "b")], "b"),
        ([Look("b"), Look("a", "b"), Look("a")], None),
        ([Look("b"), Look("a", "b"), Look("a", "c")], None),
    ],
)
def test_what_some_have_live_and_all_others_prepared_was_begun(looks, expected):
    assert begun(looks) == expected


def run(paths: t.Sequence[str], content: str) -> None:
    """A push to all, as the role does one; raises DeliveryError before anything is activated."""
    looks = [pushed(path).look() for path in paths]
    unfinished = begun(looks)
    for path in paths if unfinished else ():
        pushed(path).activate(t.cast(str, unfinished))
    for path in paths:
        pushed(path).prepare(content)
    for path in paths:
        pushed(path).activate(digest(content))


def changes_until_killed(paths: t.Sequence[str], content: str, at: int) -> tuple[bool, int]:
    """Whether a run got through that is killed in front of its change number *at*, and how many it made."""
    hear, tell = os.pipe()
    child = os.fork()
    if child == 0:

        def hook(event: str, arguments: t.Tuple[t.Any, ...]) -> None:
            writes = event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            if event in CHANGES or writes:
                if next(seen) == at:
                    os.kill(os.getpid(), signal.SIGKILL)
                os.write(tell, b".")

        seen = itertools.count()
        sys.addaudithook(hook)
        code = 1
        try:
            run(paths, content)
            code = 0
        finally:
            os._exit(code)
    os.close(tell)
    with os.fdopen(hear, "rb") as told:
        changes = len(told.read())
    _pid, status = os.waitpid(child, 0)
    assert status in {0, signal.SIGKILL}
    return status == 0, changes


def hosts(folder: pathlib.Path) -> list[str]:
    """Some that have had the first file pushed."""
    paths = [folder / f"host-{number}" / "flags.json" for number in range(HOSTS)]
    for path in paths:
        path.parent.mkdir(parents=True)
    run([str(path) for path in paths], text(1))
    return [str(path) for path in paths]


def live(paths: t.Sequence[str]) -> list[str]:
    return [pathlib.Path(path).read_text() for path in paths]


def test_killed_anywhere_no_file_is_half_and_hosts_agree_after_the_next_run(tmp_path):
    through, changes = changes_until_killed(hosts(tmp_path / "not-killed"), text(2), -1)
    assert through
    between = 0
    for at in sorted({changes * step // (KILLS or changes) for step in range(KILLS or changes)}):
        # The same file, another, and one that cannot be prepared.
        for after in (text(2), text(3), "{}"):
            paths = hosts(tmp_path / f"kill-{at}-{digest(after)}")
            assert changes_until_killed(paths, text(2), at) == (False, at)
            left = live(paths)
            assert set(left) <= {text(1), text(2)}
            between += len(set(left)) == 2
            if after == "{}":
                with pytest.raises(DeliveryError):
                    run(paths, after)
                # What was begun is finished, what was not is left; nobody is left between.
                assert len(set(live(paths))) == 1
                assert set(live(paths)) <= ({text(2)} if text(2) in left else {text(1), text(2)})
            else:
                run(paths, after)
                assert live(paths) == [after] * HOSTS
    assert between > 0


def test_where_one_host_cannot_prepare_nothing_is_activated_on_any(tmp_path):
    paths = hosts(tmp_path)
    FlagdFile(paths[-1]).change("new", lambda was: {**was, "state": "DISABLED"})
    before = live(paths)
    with pytest.raises(ToggleFileChangedHere):
        run(paths, text(2))

    assert live(paths) == before
