# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role delivers a real service: releases, hooks, stops, refusals and runs that are cut off."""

from __future__ import annotations

import getpass
import os
import pathlib
import pwd
import signal
import subprocess
import time

import pytest
import yaml

from ansible_collections.progressive.delivery.tests.module_call import call

RUN_ONCE = str(pathlib.Path(__file__).resolve().parents[3] / "roles" / "rollout" / "tasks" / "end.yml")
"""A task file with tasks that run once for all hosts."""


def tasks(path, *entries):
    """A task file with *entries*."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(yaml.safe_dump(list(entries)), encoding="utf-8")
    return str(path)


def note(folder, name):
    """A hook that notes its name, and what is current and answers then."""
    line = f"{name} {{{{ release_activated | default('-') }}}}"
    return tasks(
        folder / f"{name}.yml",
        {"name": "Note", "ansible.builtin.shell": f"echo {line} $(readlink {folder}/app/current) >> {folder}/noted"},
    )


def test_a_release_is_delivered_and_a_second_run_changes_nothing(host):
    # Only root may give something to somebody else.
    owner = "nobody" if os.getuid() == 0 else getpass.getuser()
    options = {
        "release_environment": {"COLOR": "blue"},
        "release_shared": ["data", "config/VERSION"],
        "release_shared_owner": owner,
    }
    host.deploy("1.0", **options)
    first = host.report()
    again = host.deploy("1.0", **options)

    assert (first["version"], first["color"], first["arguments"]) == ("1.0", "blue", [])
    assert again.changed == 0
    assert host.report()["pid"] == first["pid"]
    for path in options["release_shared"]:
        assert (host.root / "current" / path).resolve() == host.root / "shared" / path
        assert (host.root / "shared" / path).stat().st_uid == pwd.getpwnam(owner).pw_uid


def test_values_of_variables_are_shown_at_no_verbosity(host):
    environment = {"COLOR": "s3cret-blue", "WORKERS": "1"}
    delivered = host.deploy("1.0", "-vvvv", "--diff", release_environment=environment)
    command = [*host.variables["release_command"][:1], "-c", "import os, sys; sys.exit(os.environ['COLOR'])"]
    options = {"release_version": "1.1", "release_source": host.archive("1.1"), "service_start_seconds": 1}
    failed = host.play("-vvvv", **options, release_environment=environment, release_command=command)

    assert host.root.joinpath("releases", "1.1").exists()
    assert "start-failed" in failed.output
    assert "s3cret" not in delivered.output + failed.output
    assert '"pid": "VALUE' not in delivered.output


def test_the_next_release_restarts_the_service_behind_the_same_command(host):
    host.deploy("1.0")
    before = host.report()
    host.deploy("1.1")

    assert host.report()["version"] == "1.1"
    assert host.report()["pid"] != before["pid"]
    host.deploy("1.0", release_source={})
    assert host.report()["version"] == "1.0"


def test_check_mode_foresees_a_delivery_and_changes_nothing(host):
    host.deploy("1.0")
    before = host.report()
    foreseen = host.deploy("1.1", "--check", "--diff")

    assert foreseen.changed == 2
    assert '+    "current": "1.1"' in foreseen.output
    assert host.report() == before
    assert host.releases()["current"] == "1.0"


def test_a_run_that_was_cut_off_before_the_restart_is_finished_by_the_next(host):
    host.deploy("1.0")
    call("release", root=str(host.root), version="1.1", source=host.archive("1.1"))
    assert host.report()["version"] == "1.0"

    host.deploy("1.1")

    assert host.report()["version"] == "1.1"


def test_what_is_kept_is_bounded_and_the_way_back_stays(host):
    for version in ("1.0", "1.1", "1.2"):
        host.deploy(version, release_keep=1)

    assert [release["version"] for release in host.releases()["releases"]] == ["1.1", "1.2"]
    assert host.releases()["previous"] == "1.1"


def test_what_is_read_becomes_facts(host):
    host.deploy("1.0")
    host.deploy("1.1")
    said = {
        "name": "Say",
        "ansible.builtin.debug": {"msg": "{{ [release_current, release_previous, release_versions] | to_json }}"},
    }

    assert '["1.1", "1.0", ["1.0", "1.1"]]'.replace('"', '\\"') in host.play(entry="read", then=[said]).output


def test_a_stopped_service_stays_stopped_until_it_is_delivered_again(host):
    host.deploy("1.0")
    assert host.play(entry="stop").code == 0
    assert not host.listens()
    assert host.play(entry="stop").changed == 0

    host.deploy("1.0")

    assert host.report()["version"] == "1.0"


def test_hooks_run_before_and_after_their_step(host):
    names = ["before_stage", "after_stage", "before_activate", "after_activate", "before_stop", "after_stop"]
    hooks = {name: note(host.folder, name) for name in [*names, "before_start", "after_start"]}
    host.deploy("1.0")
    host.deploy("1.1", release_hooks=hooks)

    old, new = "releases/1.0", "releases/1.1"
    assert (host.folder / "noted").read_text().splitlines() == [
        f"before_stage - {old}",
        f"after_stage False {old}",
        f"before_activate False {old}",
        f"after_activate True {new}",
        f"before_stop True {new}",
        f"after_stop True {new}",
        f"before_start True {new}",
        f"after_start True {new}",
    ]
    assert host.report()["version"] == "1.1"


def test_a_hook_that_fails_ends_the_run_before_the_step(host):
    host.deploy("1.0")
    before = host.report()
    broken = tasks(host.folder / "migrate.yml", {"name": "Migrate", "ansible.builtin.command": "false"})

    run = host.play(
        release_version="1.1", release_source=host.archive("1.1"), release_hooks={"before_activate": broken}
    )

    assert run.code != 0
    assert host.releases()["current"] == "1.0"
    assert host.report() == before


def test_the_callers_own_tasks_put_a_release_together(host):
    source = host.archive("1.0")
    made = tasks(
        host.folder / "unpack.yml",
        {"name": "Unpack", "ansible.builtin.unarchive": {"src": source["path"], "dest": "{{ release_staging }}"}},
    )
    first = host.deploy("1.0", release_source={"type": "task_file", "task_file": made, "identity": "a"})
    again = host.deploy("1.0", release_source={"type": "task_file", "task_file": made, "identity": "a"})

    assert (first.changed > 0, again.changed) == (True, 0)
    assert host.report()["version"] == "1.0"


def test_the_callers_own_tasks_that_fail_leave_no_release(host):
    broken = tasks(host.folder / "broken.yml", {"name": "Break", "ansible.builtin.command": "false"})
    source = {"type": "task_file", "task_file": broken}

    assert host.play(release_version="1.0", release_source=source).code != 0
    assert host.releases()["releases"] == []


# The connection plugin's full name stands for any that is not "local".
ELSEWHERE = {"ansible_connection": "ansible.builtin.local", "service_supervisor_binary_directory": ""}


def test_an_archive_is_sent_to_hosts_that_are_elsewhere_and_needed_no_more(host):
    source = host.archive("1.0")
    host.deploy("1.0", release_source=source, **ELSEWHERE)
    pathlib.Path(source["path"]).unlink()
    again = host.play(release_version="1.0", release_source=source, **ELSEWHERE)

    assert host.report()["version"] == "1.0"
    assert (again.code, again.changed) == (0, 0), again.output
    assert [name for name in os.listdir(host.root) if name.startswith(".sent")] == []


def test_a_delivery_can_be_checked_beforehand(host):
    good = host.play(entry="check", release_version="1.0", release_source=host.archive("1.0"))
    wrong = {**host.archive("1.0"), "checksum": "sha256:" + "0" * 64}
    bad = host.play(entry="check", release_version="1.0", release_source=wrong)
    sent = host.play(entry="check", release_version="1.0", release_source=wrong, **ELSEWHERE)

    assert (good.code, good.changed) == (0, 0)
    for run in (bad, sent):
        assert run.code != 0
        assert "was asked for" in run.output
    assert not host.root.exists()


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"release_version": "../1.0"}, "release_version ('../1.0')"),
        ({"release_version": 1.1}, "release_version is the number 1.1"),
        ({"release_root": "app"}, "release_root ('app')"),
        ({"release_keep": 0}, "release_keep (0)"),
        ({"release_source": {"path": "/absent.tar.gz", "unverified": True}}, "'/absent.tar.gz'"),
        ({"release_source": {"url": "http://127.0.0.1:1/a.tar.gz"}}, "checksum"),
        ({"release_source": {"type": "git", "repo": "x"}}, "ref is missing"),
        ({"release_source": {"typo": "x"}}, "typo"),
        ({"release_hooks": {"before_everything": "x.yml"}}, "before_everything"),
        (
            {
                "release_source": {"path": "a.tar.gz", "unverified": True},
                "release_hooks": {"before_stage": "hook.yml"},
            },
            "{{ inventory_dir }}/a.tar.gz, not a.tar.gz. Task files must be absolute paths, for example {{ inventory_dir }}/hook.yml",
        ),
        (
            {"release_source": {"type": "task_file", "task_file": "/absent.yml"}},
            "must exist on the controller: /absent.yml",
        ),
        ({"release_hooks": {"before_stage": RUN_ONCE}}, f"The task file {RUN_ONCE} has run_once"),
        ({"service_supervisor_directory": "relative"}, "service_supervisor_directory"),
        ({"service_stop_signal": "STOP"}, "service_stop_signal"),
        ({"release_source": {"path": __file__, "unverified": True}, **ELSEWHERE}, "test_role.py cannot be read"),
    ],
)
def test_refused_by_name_before_anything_is_touched(host, changes, named):
    run = host.play(**{"release_version": "1.0", "release_source": host.archive("1.0"), **changes})

    assert run.code != 0
    assert named in " ".join(run.output.replace("\\n", " ").split())
    assert not host.root.exists()


def test_a_service_outlives_the_run_that_is_killed_while_it_goes_on(host):
    gate = host.folder / "gate"
    waiting = {"name": "Wait for the gate", "ansible.builtin.wait_for": {"path": str(gate)}}
    command = host.command(then=[waiting], release_version="1.0", release_source=host.archive("1.0"))
    output = host.folder / "output"
    with output.open("wb") as log:
        run = subprocess.Popen(
            command, env=host.environment(), stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
    before = host.report()
    while "Wait for the gate" not in output.read_text():
        assert run.poll() is None, output.read_text()
        time.sleep(0.05)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()

    assert host.report() == before
    # What waits is not of the run's session any more, and would go on.
    gate.touch()
    assert host.deploy("1.0").changed == 0
    assert host.report()["pid"] == before["pid"]
