# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal on disk: durable, never overwritten when unreadable, and clear about what is wrong."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import typing as t

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._rollout import machine
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.errors import (
    JournalCorrupt,
    JournalTooNew,
    JournalUnwritable,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.journal import Journal
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.lock import Lock, Owner
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import (
    Kind,
    Observed,
    Options,
    Outcome,
    Result,
    Rollout,
    Status,
    World,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.blue_green import BlueGreen
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.interface import Pools

HERE = pathlib.Path(__file__).parent
STEPS = BlueGreen(preview=True, gate=True).plan(Pools("blue", "green", "1.0.0"), Options(warm=5))
ROLLOUT = Rollout("r1", "app", "blue_green", "blue", "green", "1.0.0", "1.1.0", STEPS, 1.0, 2.0)
LOCK = Lock(Owner("a", "b", "c"), "token", 1.0, 2.0, 3.0)


@pytest.fixture
def journal(tmp_path: pathlib.Path) -> Journal:
    journal = Journal(str(tmp_path), "app")
    with journal.guard():
        journal.write(ROLLOUT, begins=True)
    return journal


def file_of(journal: Journal) -> pathlib.Path:
    return pathlib.Path(journal.folder, "rollouts", "r1.json")


def test_what_was_written_is_read(journal: Journal) -> None:
    assert journal.current() == ROLLOUT
    journal.write_lock(LOCK)
    assert journal.lock() == LOCK
    journal.release_lock()
    assert journal.lock() is None


def test_what_the_first_version_wrote_is_read_and_gone_on_with(journal: Journal) -> None:
    """Written amid a deploy, before there were analyses."""
    file_of(journal).write_text((HERE / "journal_schema_1.json").read_text(encoding="utf-8"), encoding="utf-8")
    rollout = journal.current()
    assert rollout is not None
    assert (rollout.id, rollout.to_release, rollout.analysis) == ("r1", "1.1.0", None)
    assert rollout.intent is not None
    good = Outcome(Result.SUCCEEDED)
    world = World(1010.0, {"lb1": Observed({"blue": 10000, "green": 0})})
    after, action = machine.decide(machine.record(rollout, rollout.intent.seq, good, world), world)
    assert action.kind is Kind.VALIDATE
    journal.write(after)
    assert journal.current() == after


def test_an_app_without_a_journal_has_no_rollout(tmp_path: pathlib.Path) -> None:
    empty = Journal(str(tmp_path), "other")
    assert (empty.current(), empty.lock(), empty.history()) == (None, None, [])
    assert not os.path.exists(empty.folder)


def edit(change: t.Callable[[dict[str, t.Any]], None]) -> t.Callable[[str], str]:
    def apply(text: str) -> str:
        document = json.loads(text)
        change(document)
        return json.dumps(document)

    return apply


@pytest.mark.parametrize(
    ("damage", "error"),
    [
        (lambda text: text[: len(text) // 2], JournalCorrupt),
        (lambda text: "", JournalCorrupt),
        (lambda text: "[]", JournalCorrupt),
        (edit(lambda document: document["rollout"].update(status="succeeded")), JournalCorrupt),
        (edit(lambda document: document.pop("digest")), JournalCorrupt),
        (edit(lambda document: document.update(schema=99)), JournalTooNew),
    ],
)
def test_a_damaged_journal_is_an_error_that_names_the_file(
    journal: Journal, damage: t.Callable[[str], str], error: type[Exception]
) -> None:
    file_of(journal).write_text(damage(file_of(journal).read_text()))
    with pytest.raises(error, match=r"r1\.json"):
        journal.current()


def test_bytes_that_are_no_text_are_a_corrupt_journal(journal: Journal) -> None:
    file_of(journal).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(JournalCorrupt):
        journal.current()


def test_a_pointer_out_of_the_folder_is_not_followed(journal: Journal) -> None:
    pathlib.Path(journal.folder, "current").write_text("../../etc/passwd\n")
    with pytest.raises(JournalCorrupt):
        journal.current()


def test_a_corrupt_journal_is_set_aside_whole(journal: Journal) -> None:
    file_of(journal).write_text("half a jour")
    moved = journal.set_aside(journal.unreadable(), 0.0)
    assert journal.current() is None
    assert pathlib.Path(journal.folder, "rollouts", "r1.json.corrupt-1970-01-01T00:00:00Z").read_text() == "half a jour"
    assert len(moved) == 2


def test_what_was_set_aside_in_the_same_second_is_not_overwritten(journal: Journal) -> None:
    for text in ("first", "second", "third"):
        file_of(journal).write_text(text)
        journal.set_aside(["rollouts/r1.json"], 0.0)
    kept = sorted(pathlib.Path(journal.folder, "rollouts").glob("r1.json.corrupt-*"))
    assert [path.read_text() for path in kept] == ["first", "second", "third"]


def test_a_sound_journal_is_not_set_aside(journal: Journal) -> None:
    assert journal.unreadable() == []
    assert journal.current() == ROLLOUT


def test_a_folder_that_cannot_be_written_is_said_before_anything_is_done(tmp_path: pathlib.Path) -> None:
    (tmp_path / "app").write_text("a file in the folder's place")
    with pytest.raises(JournalUnwritable, match="app"), Journal(str(tmp_path), "app").guard():
        raise AssertionError("not reached")


def test_pruning_keeps_the_latest_and_the_current(journal: Journal) -> None:
    for number in range(2, 8):
        journal.write(dataclasses.replace(ROLLOUT, id=f"r{number}", status=Status.SUCCEEDED))
    assert journal.prune(3) == ["r2", "r3", "r4"]
    assert journal.history() == ["r1", "r5", "r6", "r7"]
    assert journal.current() == ROLLOUT


WRITER = """
import sys
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.journal import Journal
journal = Journal(sys.argv[1], "app")
for _ in range(50):
    with journal.guard():
        path = sys.argv[1] + "/count"
        count = int(open(path).read())
        open(path, "w").write(str(count + 1))
"""


def test_the_guard_keeps_two_processes_apart(journal: Journal, tmp_path: pathlib.Path) -> None:
    (tmp_path / "count").write_text("0")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], env=environment) for _number in range(4)]
    assert [writer.wait() for writer in writers] == [0, 0, 0, 0]
    assert (tmp_path / "count").read_text() == "200"
