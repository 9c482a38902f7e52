# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands within limits."""

from __future__ import annotations

import os
import signal
import sys
import time

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._health import process


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


def is_over(pid: int) -> bool:
    """Whether a process that is not ours to wait for is gone, or is a zombie that nobody has collected yet."""
    while True:
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
                state = stat.read().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True


def test_one_that_closes_its_output_but_stays_is_killed_too() -> None:
    assert run("import os, time; os.close(1); os.close(2); time.sleep(600)", seconds=1.0).rc is None


def test_what_cannot_be_started_raises() -> None:
    with pytest.raises(FileNotFoundError):
        process.run(["/nonexistent"], time.monotonic() + 1)
