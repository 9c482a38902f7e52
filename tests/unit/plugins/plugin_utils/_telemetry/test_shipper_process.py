# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The process that ships: it gets all that the run told, also of a run that is gone, and keeps no run waiting."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry import handing_over
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.model import (
    OUTCOMES,
    HostEnded,
    PlayBegan,
    RunBegan,
    RunEnded,
    TaskBegan,
)
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.options import Options
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.shipper_process import ShipperProcess

SAID = ({"kind": "traffic.shifted", "about": {}, "facts": {"split": {"blue": 100}}},)
TOLD = st.dictionaries(st.text(), st.one_of(st.text(), st.integers(), st.lists(st.floats(allow_nan=False))))
TIMES = st.floats(0, 2e9)
OBSERVATIONS = st.one_of(
    st.builds(RunBegan, st.text(), TIMES, st.text(), st.booleans(), st.dictionaries(st.text(), st.text())),
    st.builds(PlayBegan, TIMES, st.text()),
    st.builds(TaskBegan, TIMES, st.text(), st.text(), st.text(), st.text()),
    st.builds(
        HostEnded,
        TIMES,
        st.text(),
        st.text(),
        st.sampled_from(OUTCOMES),
        TIMES,
        st.integers(1, 99),
        st.lists(TOLD).map(tuple),
        st.text(),
    ),
    st.builds(RunEnded, TIMES, st.dictionaries(st.text(), st.dictionaries(st.sampled_from(OUTCOMES), st.integers()))),
    st.builds(Options, st.lists(st.text()).map(tuple), st.text(), st.integers(0), TIMES),
)


@given(OBSERVATIONS)
def test_what_is_handed_over_is_read_as_it_was(observation):
    line = handing_over.written(observation)
    assert line.count(b"\n") == 1
    assert handing_over.read(line) == observation


def test_what_is_no_utf_8_in_a_name_stays_no_trouble_for_a_sink():
    read = handing_over.read(handing_over.written(PlayBegan(1.0, "d\udce9ploy ü")))
    assert read == PlayBegan(1.0, "d?ploy ü")
    assert read.name.encode()


def test_half_a_line_is_no_observation():
    with pytest.raises(ValueError, match="char"):
        handing_over.read(handing_over.written(PlayBegan(1.0, "x"))[:-9])


def options(folder: pathlib.Path, *sinks: str, flush: float = 5.0) -> Options:
    return Options(sinks or (f"jsonl:{folder}/events",), str(folder / "backlog"), 10**6, flush)


def kinds(path: pathlib.Path) -> list[str]:
    return [json.loads(line)["type"] for line in path.read_text().splitlines()] if path.exists() else []


def test_all_that_a_run_told_is_shipped_and_it_says_so(tmp_path):
    process = ShipperProcess(options(tmp_path))
    process.see(RunBegan("r", 1.0, "p.yml", False, {}))
    for _number in range(3000):
        process.see(HostEnded(2.0, "t", "a", "ok", 1.0, said=SAID))
    process.see(RunEnded(3.0, {"a": {"ok": 3000}}))

    assert process.end() == [f"telemetry: {tmp_path}/events: 3002 shipped"]
    assert process.problem() == ""
    found = kinds(tmp_path / "events")
    assert (found[0], found[-1], len(found)) == (
        "progressive.delivery.run.began",
        "progressive.delivery.run.ended",
        3002,
    )


RUN = """
import os, signal, sys, time
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.model import HostEnded, RunBegan
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.options import Options
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.shipper_process import ShipperProcess
process = ShipperProcess(Options((f"jsonl:{sys.argv[1]}/events",), sys.argv[1], 10**6, 5.0))
process.see(RunBegan("r", 1.0, "p.yml", False, {}))
for number in range(1, int(sys.argv[2]) + 1):
    process.see(HostEnded(2.0, "t", "a", "ok", 1.0, said=({"kind": "traffic.shifted", "about": {}, "facts": {}},)))
    print(number, flush=True)
if not os.fork():
    time.sleep(600)  # a worker that outlives the run
print(process._process.pid, flush=True)
signal.pause()
"""


def is_there(pid: int) -> bool:
    """Whether the process has not ended; one that nobody has asked for has."""
    try:
        return not pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].startswith(" Z")
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("count", [0, 1, 700])
def test_what_a_killed_run_had_told_is_shipped(tmp_path, count):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", RUN, str(tmp_path), str(count)]
    run = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        assert run.stdout is not None
        lines = [int(run.stdout.readline()) for _number in range(count + 1)]
        assert lines[:-1] == list(range(1, count + 1))
        shipper = lines[-1]
        run.kill()
        run.wait()
        deadline = time.monotonic() + 60
        while is_there(shipper) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not is_there(shipper)
    finally:
        os.killpg(run.pid, signal.SIGKILL)

    assert len(kinds(tmp_path / "events")) == count + 1


@pytest.mark.parametrize(
    ("sinks", "message"),
    [(("nats://x",), "sinks: an address begins with one of"), (("otlp+http://a b",), "sinks: ")],
)
def test_what_cannot_be_meant_is_told_the_run(tmp_path, sinks, message):
    process = ShipperProcess(options(tmp_path, *sinks))
    for _number in range(2000):
        process.see(PlayBegan(1.0, "x"))
    deadline = time.monotonic() + 60
    while not process.problem() and time.monotonic() < deadline:
        time.sleep(0.01)

    assert message in process.problem()


def test_a_process_that_does_not_read_keeps_no_run_waiting_and_is_told_of(tmp_path):
    process = ShipperProcess(options(tmp_path, flush=0.5))
    while not (tmp_path / "events").exists():
        process.see(HostEnded(2.0, "t", "a", "ok", 1.0, said=SAID))
        time.sleep(0.05)
    process._process.send_signal(signal.SIGSTOP)
    try:
        long = ({"kind": "traffic.shifted", "about": {}, "facts": {"pools": ["x" * 100] * 1000}},)
        for _number in range(50):
            process.see(HostEnded(2.0, "t", "a", "ok", 1.0, said=long))
        lines = process.end()
    finally:
        process._process.send_signal(signal.SIGKILL)
        process._process.wait()

    assert any("observations were not taken, and are missing" in line for line in lines)
    assert lines[-1] == "telemetry: the process that ships has not said what became of the rest"


def test_what_lies_in_the_present_folder_is_not_imported(tmp_path, monkeypatch):
    for name in ("json", "queue", "requests", "shipper"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('not this one')")
    monkeypatch.chdir(tmp_path)
    process = ShipperProcess(options(tmp_path))
    process.see(PlayBegan(1.0, "x"))
    assert process.end() == [f"telemetry: {tmp_path}/events: 1 shipped"]


def test_a_process_that_died_costs_the_run_nothing_but_what_it_had_not_shipped(tmp_path):
    process = ShipperProcess(options(tmp_path))
    process._process.kill()
    process._process.wait()
    for _number in range(20):
        process.see(PlayBegan(1.0, "x"))

    assert "telemetry: 20 observations were not taken, and are missing" in process.end()


def memory(process: ShipperProcess) -> int:
    """What it has, in kilobytes."""
    asked = ["ps", "-o", "rss=", "-p", str(process._process.pid)]
    return int(subprocess.run(asked, capture_output=True, text=True, check=True).stdout)


def test_its_memory_does_not_grow_with_the_number_of_results(tmp_path):
    process = ShipperProcess(options(tmp_path))
    process.see(RunBegan("r", 1.0, "p.yml", False, {}))
    seen = []
    for task in range(100):
        process.see(TaskBegan(1.0 + task, f"t{task}", f"Say {task}", "ansible.builtin.debug"))
        for host in range(200):
            process.see(HostEnded(1.5 + task, f"t{task}", f"host{host}", "ok", 1.0 + task))
        # What comes faster than it is read waits, which takes memory, too.
        time.sleep(0.02)
        if task in (20, 99):
            time.sleep(1)
            seen.append(memory(process))
    process.end()

    assert seen[1] < 1.1 * seen[0]
