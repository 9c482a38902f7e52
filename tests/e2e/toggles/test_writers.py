# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many who write one file at the same time, some of whom are killed: no change is lost, and the file is whole."""

from __future__ import annotations

import itertools
import json
import multiprocessing
import os
import pathlib
import random
import signal
import time

from ansible_collections.progressive.delivery.plugins.module_utils._toggles.flagd_file import FlagdFile
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.plan import plan_of
from ansible_collections.progressive.delivery.tests.module_call import Failed, call

WRITERS = 50
# Fewer, since each of them may have to begin again for each of the others; and no more than there are revisions.
ADDERS = 12
FORK = multiprocessing.get_context("fork")
PLAIN = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off"}
# Only so that a hang is told.
LIMIT = 300


def write_flag(path: str, number: int, together: multiprocessing.synchronize.Barrier) -> None:
    """Make a flag of this writer's own, and add this writer to the one that all share."""
    together.wait(LIMIT)
    call("feature_toggle", path=path, name=f"flag-{number}", lock_timeout=LIMIT, definition=PLAIN)
    FlagdFile(path, LIMIT).change(
        "shared", lambda was: {**was, "metadata": {**was["metadata"], f"writer-{number}": number}}
    )
    call("feature_toggle", path=path, name=f"flag-{number}", lock_timeout=LIMIT, percent=number)


def test_fifty_writers_lose_no_change(tmp_path: pathlib.Path) -> None:
    path = str(tmp_path / "flags.json")
    call("feature_toggle", path=path, name="shared", definition={**PLAIN, "metadata": {"owner": "all"}})
    together = FORK.Barrier(WRITERS)
    writers = [FORK.Process(target=write_flag, args=(path, number, together)) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(LIMIT)

    assert [writer.exitcode for writer in writers] == [0] * WRITERS
    toggles = call("feature_toggle_info", path=path)["toggles"]
    shared = toggles.pop("shared")["definition"]["metadata"]
    assert shared.pop("changed_at")
    assert shared == {"owner": "all", **{f"writer-{number}": number for number in range(WRITERS)}}
    assert {name: toggle["audience"]["percent"] for name, toggle in toggles.items()} == {
        f"flag-{number}": number for number in range(WRITERS)
    }


def add_one(path: str, together: multiprocessing.synchronize.Barrier) -> None:
    """Read a flag, add one to its share, and do so again with what is there by then whenever somebody was faster."""
    together.wait(LIMIT)
    while True:
        toggle = call("feature_toggle_info", path=path, name="shared")["toggles"]["shared"]
        asked = {"percent": toggle["audience"]["percent"] + 1, "expected_version": toggle["version"]}
        try:
            call("feature_toggle", path=path, name="shared", lock_timeout=LIMIT, **asked)
        except Failed as failed:
            if failed.result["error"] != "unexpected-toggle-version":
                raise
        else:
            return


def test_writers_who_decide_by_what_they_read_lose_no_change_and_each_change_is_a_revision(
    tmp_path: pathlib.Path,
) -> None:
    path = str(tmp_path / "flags.json")
    call("feature_toggle", path=path, name="shared", variants={"on": 1, "off": 0}, default_variant="off", percent=0)
    together = FORK.Barrier(ADDERS)
    writers = [FORK.Process(target=add_one, args=(path, together)) for _number in range(ADDERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(LIMIT)

    assert [writer.exitcode for writer in writers] == [0] * ADDERS
    file = FlagdFile(path)
    assert [plan_of(file.flags_of(number)["shared"]).audience.percent() for number in file.revisions()] == list(
        range(ADDERS + 1)
    )


def write_on(path: str, told: int) -> None:
    """Count up in one flag until killed, and tell each number when it has been written."""
    for number in itertools.count(1):
        FlagdFile(path, LIMIT).change("new", lambda _was, number=number: {**PLAIN, "metadata": {"number": number}})
        os.write(told, b"%d\n" % number)


def test_a_writer_killed_while_it_writes_leaves_a_whole_file_and_no_lock(tmp_path: pathlib.Path) -> None:
    path = str(tmp_path / "flags.json")
    # Large, so that a write takes long enough to be met.
    flags = {f"flag-{number}": PLAIN for number in range(2_000)}
    chance = random.Random(5)
    met = 0
    end = time.monotonic() + LIMIT
    while met < 3:
        assert time.monotonic() < end, f"only {met} kills met a write within {LIMIT} s"
        pathlib.Path(path).write_text(json.dumps({"flags": {**flags, "new": PLAIN}}))
        hear, tell = os.pipe()
        writer = FORK.Process(target=write_on, args=(path, tell))
        writer.start()
        os.close(tell)
        heard = os.read(hear, 100)
        time.sleep(chance.uniform(0, 0.1))
        writer.kill()
        writer.join(LIMIT)
        assert writer.exitcode == -signal.SIGKILL
        while more := os.read(hear, 10_000):
            heard += more
        os.close(hear)

        toggles = call("feature_toggle_info", path=path)["toggles"]
        last = int(heard.split()[-1])
        assert toggles.pop("new")["definition"]["metadata"]["number"] in {last, last + 1}
        assert {name: toggle["definition"] for name, toggle in toggles.items()} == flags
        # What a write had begun beside the file is there still.
        own = {"flags.json", ".flags.json.lock", ".flags.json.revisions"}
        begun = [file for file in tmp_path.iterdir() if file.name not in own]
        met += len(begun)
        for file in begun:
            file.unlink()
        assert call("feature_toggle", path=path, name="new", lock_timeout=0, percent=100)["changed"]
