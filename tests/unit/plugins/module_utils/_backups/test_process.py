# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs, run to their end and not beyond ours."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._backups import process
from ansible_collections.progressive.delivery.tests.unit.plugins.module_utils._health.processes import is_over


def run(code: str, **options) -> process.Finished:
    return process.run([sys.executable, "-c", code], **options)


def test_what_it_wrote_what_it_said_and_its_code_come_back() -> None:
    finished = run("import sys; print('Grüße'); sys.stderr.write('why\\n'); sys.exit(3)")

    assert finished == process.Finished(3, "Grüße\n".encode(), "why")


def test_a_signal_is_a_code_below_0() -> None:
    assert run("import os; os.kill(os.getpid(), 15)").code == -signal.SIGTERM


def test_there_is_nothing_to_read_and_no_terminal_to_ask_on() -> None:
    code = "import sys; print(repr(sys.stdin.read()))\ntry: open('/dev/tty')\nexcept OSError: print('none')"

    assert run(code).out == b"''\nnone\n"


def test_more_than_a_pipe_holds_goes_through_in_both_directions() -> None:
    sent = os.urandom(1_000_000)

    assert run("import sys; sys.stdout.buffer.write(sys.stdin.buffer.read())", stdin=sent).out == sent


def test_a_program_that_does_not_read_what_it_is_sent_is_no_failure() -> None:
    assert run("pass", stdin=bytes(1_000_000)).code == 0


def test_files_stand_in_for_the_streams(tmp_path: pathlib.Path) -> None:
    given, written, complaints = (tmp_path / name for name in ("in", "out", "err"))
    given.write_bytes(b"sent")
    code = "import sys; print(sys.stdin.read() + ' on'); sys.stderr.write('x' * 9000 + 'end')"
    with given.open("rb") as sent, written.open("wb") as out, complaints.open("wb+") as err:
        finished = run(code, stdin=sent, stdout=out, stderr=err)

    assert written.read_bytes() == b"sent on\n"
    assert complaints.stat().st_size == 9003
    assert finished == process.Finished(0, b"", "x" * 3997 + "end")


def test_what_it_writes_can_be_read_while_it_runs_and_need_not_be_read_to_the_end() -> None:
    begun = []

    finished = run(
        "import sys; sys.stdout.write('begin' + 'x' * 1000000)", stdout=lambda out: begun.append(out.read(5))
    )

    assert begun == [b"begin"]
    assert finished == process.Finished(0, b"", "")


def test_of_what_it_says_the_end_is_kept() -> None:
    assert run("import sys; sys.stderr.write('ß' * 5000 + 'end')").err == "ß" * 3997 + "end"


def test_variables_are_added_and_taken_away_and_the_language_is_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "de")
    monkeypatch.setenv("ONE", "1")
    monkeypatch.setenv("TWO", "2")
    code = "import os; print([os.environ.get(name) for name in ('ONE', 'TWO', 'THREE', 'LANGUAGE', 'LC_ALL')])"

    assert run(code, environment={"ONE": None, "THREE": "3"}).out == b"[None, '2', '3', None, 'C.UTF-8']\n"


def test_a_descriptor_is_handed_on() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"secret")
    os.close(writing)
    try:
        assert run(f"import os; print(os.read({reading}, 9))", descriptors=[reading]).out == b"b'secret'\n"
    finally:
        os.close(reading)


def test_it_runs_where_it_is_told(tmp_path: pathlib.Path) -> None:
    assert run("import os; print(os.getcwd())", folder=str(tmp_path)).out == os.fsencode(tmp_path) + b"\n"


def test_what_is_not_installed_raises() -> None:
    with pytest.raises(FileNotFoundError):
        process.run(["/nonexistent"])


def test_what_runs_out_of_time_is_killed_with_its_children_and_named(tmp_path: pathlib.Path) -> None:
    pids = tmp_path / "pids"
    program = f"echo why >&2\nsleep 600 &\necho $$ $! > {pids}.part\nmv {pids}.part {pids}\nwait\n"
    seconds = 0.25
    while not pids.exists():  # a busy machine may need longer to get so far
        seconds *= 2
        with pytest.raises(TimeoutError, match=r"^sh did not end within [\d.]+ seconds(; it said: why)?$"):
            process.run(["sh", "-c", program], timeout=seconds)

    assert all(is_over(int(pid)) for pid in pids.read_text().split())


def test_what_it_leaves_behind_is_killed() -> None:
    assert is_over(int(process.run(["sh", "-c", "sleep 600 & echo $!"]).out))


def leaving(program: str, pid: pathlib.Path) -> str:
    """Shell that starts *program* as a daemon, which has all streams of the shell."""
    return f"exec 3<&0; setsid sh -c 'echo $$ > {pid}.part; mv {pid}.part {pid}; exec {program}' & until [ -e {pid} ]; do :; done; "


@pytest.mark.parametrize("reader", [None, lambda stream: stream.read()])
def test_a_daemon_that_it_leaves_behind_with_its_streams_is_not_waited_for(
    tmp_path: pathlib.Path, reader: process.Reader | None
) -> None:
    """It writes all the time, and does not read what was sent to the program."""
    pid = tmp_path / "pid"
    script = leaving("yes", pid) + "echo why >&2; exit 3"
    finished = process.run(["sh", "-c", script], stdin=bytes(1_000_000), stdout=reader, timeout=600)
    os.kill(int(pid.read_text()), signal.SIGKILL)

    assert (finished.code, finished.err) == (3, "why")
    assert set(finished.out) <= set(b"y\n")


def test_all_that_it_wrote_is_read_although_a_daemon_still_holds_the_pipe(tmp_path: pathlib.Path) -> None:
    pid = tmp_path / "pid"
    script = leaving("sleep 600", pid) + "head -c 1000000 /dev/zero"
    finished = process.run(["sh", "-c", script])
    os.kill(int(pid.read_text()), signal.SIGKILL)

    assert finished.out == bytes(1_000_000)


def test_it_dies_with_a_parent_that_is_killed(tmp_path: pathlib.Path) -> None:
    pid = tmp_path / "pid"
    program = (
        "from ansible_collections.progressive.delivery.plugins.module_utils._backups import process\n"
        f"process.run(['sh', '-c', 'echo $$ > {pid}.part; mv {pid}.part {pid}; exec sleep 600'])"
    )
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(filter(None, sys.path)))
    with subprocess.Popen([sys.executable, "-c", program], env=environment) as parent:
        while not pid.exists():
            assert parent.poll() is None
            time.sleep(0.01)
        parent.kill()

    assert is_over(int(pid.read_text()))
