# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real supervisord runs a real service: states, changes, faults."""

from __future__ import annotations

import contextlib
import os
import pathlib
import pwd
import signal
import subprocess
import sys
import threading
import time

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._supervisor.daemon import Folder
from ansible_collections.progressive.delivery.plugins.module_utils._supervisor.plan import Wanted, plan
from ansible_collections.progressive.delivery.plugins.module_utils._supervisor.process import SupervisedProcess
from ansible_collections.progressive.delivery.plugins.module_utils._supervisor.program import Program, render
from ansible_collections.progressive.delivery.tests.e2e.service.conftest import running
from ansible_collections.progressive.delivery.tests.module_call import Failed


def test_a_service_is_started_once(supervised):
    first = supervised.started()
    before = supervised.report()["pid"]
    second = supervised.started()

    assert (first["changed"], second["changed"], second["steps"]) == (True, False, [])
    assert supervised.report()["pid"] == before == second["pid"]
    assert second["process_state"] == "RUNNING"


def test_it_runs_where_and_as_it_was_described(supervised, tmp_path):
    awkward = " a;b #c %d \"e\" 'f' \\g $HOME ü "
    supervised.started(
        command=[*supervised.command, awkward, ""],
        environment={"AWKWARD": awkward},
        directory=str(tmp_path),
        revision="7",
    )

    report = supervised.report()
    assert report["argv"][1:] == [awkward, ""]
    assert report["environment"]["AWKWARD"] == awkward
    assert report["environment"]["SERVICE_REVISION"] == "7"
    assert report["directory"] == str(tmp_path)


def test_what_is_written_and_the_socket_are_for_the_owner_alone(supervised):
    result = supervised.started(environment={"TOKEN": "s3cret"})

    assert (supervised.folder / "programs" / "web.conf").stat().st_mode & 0o777 == 0o600
    assert pathlib.Path(result["socket"]).stat().st_mode & 0o777 == 0o600
    assert "s3cret" not in str(result["diff"])


@pytest.mark.parametrize("change", [{"revision": "2"}, {"environment": {"A": "b"}}, {"stop_timeout": 5}])
def test_a_changed_description_restarts(supervised, change):
    supervised.started()
    before = supervised.report()["pid"]
    result = supervised.started(**change)

    assert result["changed"]
    assert supervised.report()["pid"] != before
    assert not supervised.started(**change)["changed"]


def test_a_change_can_wait_for_a_restart_and_is_told_until_then(supervised):
    supervised.started()
    before = supervised.report()["pid"]

    for _time in range(2):
        assert supervised.started(revision="2", restart_on_change=False)["restart_pending"]
    assert supervised.report()["pid"] == before
    result = supervised.bring("restarted", command=supervised.command, revision="2")
    assert not result["restart_pending"]
    assert supervised.report()["environment"]["SERVICE_REVISION"] == "2"


def test_a_run_that_was_cut_off_after_writing_is_finished_by_the_next(supervised):
    supervised.started(revision="1")
    description = supervised.folder / "programs" / "web.conf"
    description.write_text(description.read_text().replace('SERVICE_REVISION="1"', 'SERVICE_REVISION="2"'))

    result = supervised.started(revision="2")

    assert result["steps"] == [
        "stop it",
        "make supervisord use its configuration",
        "start it and wait until it stays up",
    ]
    assert supervised.report()["environment"]["SERVICE_REVISION"] == "2"


def test_check_mode_tells_and_changes_nothing(supervised):
    supervised.started(revision="1")
    before = supervised.report()["pid"]
    predicted = supervised.started(revision="2", check_mode=True)

    assert supervised.report()["pid"] == before
    assert 'SERVICE_REVISION="1"' in (supervised.folder / "programs" / "web.conf").read_text()
    happened = supervised.started(revision="2")
    assert (predicted["steps"], predicted["diff"]) == (happened["steps"], happened["diff"])
    assert 'SERVICE_REVISION="2"' in happened["diff"]["after"]


def test_a_reload_is_a_signal_to_the_same_process(supervised):
    supervised.started()
    before = supervised.report()
    result = supervised.bring("reloaded")

    assert result["changed"]
    while supervised.report()["reloads"] == 0:
        time.sleep(0.01)
    assert supervised.report()["pid"] == before["pid"]


def test_a_reload_can_be_a_command_and_its_failure_leaves_the_process(supervised, tmp_path):
    supervised.started()
    before = supervised.report()["pid"]
    supervised.bring("reloaded", reload_command=["touch", str(tmp_path / "reloaded")])

    assert (tmp_path / "reloaded").exists()
    with pytest.raises(Failed, match="no such thing") as failure:
        supervised.bring("reloaded", reload_command=["sh", "-c", "echo no such thing; exit 3"])
    assert failure.value.result["error"] == "reload-failed"
    assert supervised.report() == {**supervised.report(), "pid": before, "reloads": 0}


def test_a_reload_starts_what_does_not_run(supervised):
    supervised.started()
    supervised.bring("stopped")
    supervised.bring("reloaded")

    assert supervised.report()["pid"]


def test_a_stop_lets_requests_finish(supervised):
    supervised.started()
    answers = []
    request = threading.Thread(target=lambda: answers.append(supervised.report("/slow")))
    request.start()
    while not answers and request.is_alive() and not connections_to(supervised.port):
        time.sleep(0.01)
    result = supervised.bring("stopped")
    request.join()

    assert result["steps"][-1] == "stop it"
    assert answers[0]["argv"] == [str(supervised.port)]
    assert not supervised.listens()
    assert not supervised.bring("stopped")["changed"]


def connections_to(port):
    """How many connections to a local port are established."""
    lines = pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]
    ends = [line.split()[1:4] for line in lines]
    return sum(local.endswith(f":{port:04X}") and state == "01" for local, _remote, state in ends)


def test_a_service_that_does_not_end_is_killed_after_its_time(supervised):
    supervised.started(command=[*supervised.command, "--deaf"], stop_timeout=1)
    pid = supervised.report()["pid"]
    supervised.bring("stopped")

    assert not supervised.listens()
    assert pid not in [number for number, words in running() if words[0]]


def test_stopped_stays_stopped_when_the_supervisor_is_started_again(supervised):
    supervised.started()
    supervised.bring("stopped")
    supervised.shut_down()
    supervised.bring("started", name="other", command=["sleep", "1000"])

    assert supervised.bring("stopped")["process_state"] == "STOPPED"
    assert not supervised.listens()


def test_a_running_service_runs_again_when_the_supervisor_is_started_again(supervised):
    supervised.started()
    supervised.shut_down()
    assert not supervised.listens()
    supervised.bring("started", name="other", command=["sleep", "1000"])

    assert supervised.report()["pid"]


def test_an_absent_service_is_forgotten(supervised):
    supervised.started()
    supervised.bring("absent")

    assert not supervised.listens()
    assert not (supervised.folder / "programs" / "web.conf").exists()
    assert not supervised.bring("absent")["changed"]
    with pytest.raises(Failed, match="web"):
        supervised.bring("started")


def test_a_service_that_dies_at_once_fails_with_what_it_said(supervised):
    with pytest.raises(Failed) as failure:
        supervised.bring("started", command=["sh", "-c", "echo the port is taken; exit 1"], start_seconds=1)

    assert failure.value.result["error"] == "start-failed"
    assert "the port is taken" in failure.value.result["details"]["log"]
    assert supervised.started()["process_state"] == "FATAL"


def test_a_program_that_is_not_there_is_named(supervised):
    with pytest.raises(Failed, match="/no/such/program") as failure:
        supervised.bring("started", command=["/no/such/program"])

    assert failure.value.result["error"] == "start-failed"


def test_a_broken_description_of_another_is_named(supervised):
    supervised.started()
    (supervised.folder / "programs" / "other.conf").write_text("[program:other]\nstartsecs = soon\n")

    with pytest.raises(Failed, match="other") as failure:
        supervised.started()

    assert failure.value.result["error"] == "supervisor-refused"


def test_another_user_can_run_it(supervised):
    if os.getuid() == 0:
        # As text, because the checkout may be closed to others.
        source = pathlib.Path(supervised.command[1]).read_text(encoding="utf-8").encode().hex()
        command = ["/usr/bin/python3", "-c", f"exec(bytes.fromhex({source!r}))", str(supervised.port)]
        supervised.started(command=command, user="nobody", directory="/")

        assert supervised.report()["uid"] == pwd.getpwnam("nobody").pw_uid
    else:
        with pytest.raises(Failed, match="as root"):
            supervised.started(user="nobody")


def test_a_path_too_long_for_a_socket_works(supervised):
    supervised.folder = supervised.folder / ("d" * 60) / ("e" * 60)
    result = supervised.started()

    assert result["socket"].startswith("/tmp/progressive.delivery-")
    assert not supervised.started()["changed"]
    supervised.shut_down()
    assert not pathlib.Path(result["socket"]).exists()


def test_a_supervisor_that_lost_its_socket_is_not_doubled(supervised):
    result = supervised.started()
    (daemon,) = supervised.daemons()
    os.unlink(result["socket"])
    try:
        with pytest.raises(Failed, match=str(daemon)) as failure:
            supervised.started()
        assert failure.value.result["error"] == "supervisor-unresponsive"
        assert supervised.daemons() == [daemon]
    finally:
        os.kill(daemon, signal.SIGTERM)
        while supervised.daemons():
            time.sleep(0.02)


def test_a_dead_supervisor_is_replaced(supervised):
    supervised.bring("started", command=["sleep", "1000"])
    (daemon,) = supervised.daemons()
    pid = supervised.bring("started")["pid"]
    os.kill(daemon, signal.SIGKILL)
    os.kill(pid, signal.SIGKILL)
    while supervised.daemons():
        time.sleep(0.02)

    result = supervised.bring("started")

    assert result["steps"] == ["start supervisord", "start it and wait until it stays up"]
    assert len(supervised.daemons()) == 1


START_ONE = """
import sys
from ansible_collections.progressive.delivery.tests.module_call import call
call("supervised_process", supervisor_directory=sys.argv[1], name=sys.argv[2], command=["sleep", "1000"], start_seconds=0)
"""


def test_hosts_that_share_a_folder_start_one_supervisor(supervised):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    arguments = [sys.executable, "-c", START_ONE, str(supervised.folder)]
    hosts = [subprocess.Popen([*arguments, f"sleep-{number}"], env=environment) for number in range(6)]

    assert [host.wait() for host in hosts] == [0] * 6
    assert len(supervised.daemons()) == 1
    for number in range(6):
        assert supervised.bring("started", name=f"sleep-{number}")["process_state"] == "RUNNING"


@pytest.mark.parametrize("described", [False, True])
def test_a_supervisor_that_another_run_starts_amid_ours_learns_of_our_process(supervised, described):
    # given a run that found no supervisor, for a process that is new, or has another description in its file
    folder = Folder(str(supervised.folder))
    folder.make()
    texts = [render(Program("ours", ("sleep", number)), folder.log("ours"), True) for number in ("1000", "1001")]
    if described:
        pathlib.Path(folder.program("ours")).write_text(texts[0])
    ours, wanted = SupervisedProcess(folder, "ours"), Wanted("started", texts[1])
    steps = plan("ours", ours.observe(), wanted)
    # when another run starts one before ours has written anything
    supervised.started()
    for step in steps:
        ours.perform(step, wanted)
    # then ours runs as described
    [words] = [words for pid, words in running() if pid == ours.pid()]
    assert words[:2] == ["sleep", "1001"]


def test_what_another_run_did_until_ours_had_its_turn_is_not_done_again(supervised, monkeypatch):
    supervised.started(revision="1")
    locked = Folder.locked

    @contextlib.contextmanager
    def waited(folder, what):
        monkeypatch.setattr(Folder, "locked", locked)
        supervised.started(revision="2")
        with locked(folder, what):
            yield

    monkeypatch.setattr(Folder, "locked", waited)
    result = supervised.started(revision="2")

    assert (result["changed"], result["steps"]) == (False, [])
    assert supervised.report()["pid"] == result["pid"]


def test_a_shutdown_ends_everything_and_waits(supervised):
    supervised.started()
    result = supervised.shut_down()

    assert result["changed"]
    assert not supervised.listens()
    assert supervised.daemons() == []
    assert not supervised.shut_down()["changed"]
