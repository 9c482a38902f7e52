# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands within limits."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._health import process
from ansible_collections.progressive.delivery.tests.unit.plugins.module_utils._health.processes import is_over


def run(code: str, seconds: float = 10.0) -> process.Completed:
    return process.run([sys.executable, "-c", code], time.monotonic() + seconds)


def test_both_streams_and_the_code_come_back() -> None:
    completed = run("import sys; print('Grüße'); sys.stderr.write('why'); sys.exit(3)")

    assert completed == process.Completed(3, "Grüße\n", "why")


def test_a_signal_is_a_code_below_0() -> None:
    assert run("import os; os.kill(os.getpid(), 15)").rc == -signal.SIGTERM


def test_there_is_nothing_to_read_on_standard_input() -> None:
    assert run("import sys; print(repr(sys.stdin.read()))").stdout == "''\n"


def test_of_endless_output_only_the_beginning_is_kept() -> None:
    completed = run("while True: print('x' * 9999)", seconds=1.0)

    assert completed.rc is None
    assert len(completed.stdout) == process.OUTPUT_LIMIT


def test_what_runs_out_of_time_is_killed_with_its_children(tmp_path) -> None:
    pids = tmp_path / "pids"
    program = tmp_path / "program"
    program.write_text(f"sleep 600 &\necho $$ $! > {pids}.part\nmv {pids}.part {pids}\nwait\n")
    seconds = 0.25
    while not pids.exists():  # a busy machine may need longer to get so far
        seconds *= 2
        assert process.run(["sh", str(program)], time.monotonic() + seconds).rc is None

    parent, child = map(int, pids.read_text().split())
    with pytest.raises(ProcessLookupError):
        os.kill(parent, 0)
    assert is_over(child)


def test_one_that_closes_its_output_but_stays_is_killed_too() -> None:
    assert run("import os, time; os.close(1); os.close(2); time.sleep(600)", seconds=1.0).rc is None


def test_what_cannot_be_started_raises() -> None:
    with pytest.raises(FileNotFoundError):
        process.run(["/nonexistent"], time.monotonic() + 1)


def test_what_still_runs_when_its_custody_ends_is_killed_with_its_children(tmp_path) -> None:
    pids = tmp_path / "pids"
    program = f"sleep 600 &\necho $$ $! > {pids}.part\nmv {pids}.part {pids}\nwait\n"
    ended = []
    with process.Custody():
        thread = threading.Thread(
            target=lambda: ended.append(process.run(["sh", "-c", program], time.monotonic() + 600))
        )
        thread.start()
        while not pids.exists():
            time.sleep(0.01)
    thread.join()

    assert ended[0].rc == -signal.SIGKILL
    assert all(is_over(int(pid)) for pid in pids.read_text().split())


def test_nothing_begins_once_its_custody_has_ended() -> None:
    with process.Custody():
        pass
    with pytest.raises(OSError, match="cancel"):
        run("pass")


def test_a_start_that_hangs_does_not_hold_up_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    starting, go_on = threading.Event(), threading.Event()

    start, ended = subprocess.Popen, []

    def hang(*args, **options) -> subprocess.Popen[bytes]:
        starting.set()
        go_on.wait()
        return start(*args, **options)

    monkeypatch.setattr(process, "_PATIENCE", 0.01)
    monkeypatch.setattr(process.subprocess, "Popen", hang)
    with process.Custody() as custody:
        thread = threading.Thread(target=lambda: ended.append(custody.start(["sleep", "600"])))
        thread.start()
        starting.wait()
    assert not go_on.is_set()
    go_on.set()
    thread.join()
    with ended[0] as too_late:
        assert too_late.wait() == -signal.SIGKILL
