# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real systemd, on a host reached over ssh, runs a service: states, changes, faults. Needs root, to boot the host."""

from __future__ import annotations

import collections.abc
import json
import os
import pathlib
import subprocess
import sys
import time
import typing as t

import pytest
import yaml

CHECKOUT = pathlib.Path(__file__).resolve().parents[3]
INSTANCE = pathlib.Path(__file__).resolve().parent / "instance.py"
PORT = 8000
AWKWARD = " a;b #c %d \"e\" 'f' \\g $HOME ${HOME} `h` ü "


class Systemd:
    """The host and, on it, the service ``web``."""

    def __init__(self, inventory: pathlib.Path, folder: pathlib.Path) -> None:
        self._inventory = inventory
        self._folder = folder
        self.environment = {
            **os.environ,
            "ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(CHECKOUT / ".cache" / "collections"),
            "ANSIBLE_NOCOLOR": "1",
        }

    def play(self, *tasks: dict[str, t.Any], check_mode: bool = False) -> int:
        """How many tasks changed something, or would; the play must succeed."""
        playbook = self._folder / "play.yml"
        playbook.write_text(
            yaml.safe_dump([{"hosts": "systemd", "gather_facts": False, "tasks": list(tasks)}]), encoding="utf-8"
        )
        command = [
            str(pathlib.Path(sys.executable).with_name("ansible-playbook")),
            "-i",
            str(self._inventory),
            str(playbook),
        ]
        command += ["--check"] * check_mode
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return int(done.stdout.split("changed=")[1].split()[0])

    def bring(self, state: str, *, check_mode: bool = False, **options: t.Any) -> int:
        """The service brought to a state by the role; how many tasks changed something."""
        variables = {
            "service_name": "web",
            "service_state": state,
            "service_command": ["/usr/bin/python3", "/opt/instance.py", str(PORT)],
            **options,
        }
        role = {"name": "progressive.delivery.service"}
        include = {"name": "Include", "ansible.builtin.include_role": role, "vars": variables}
        return self.play(include, check_mode=check_mode)

    def shell(self, script: str) -> str:
        """What a script prints on the host, as root."""
        inventory = json.loads(self._inventory.read_text())
        hosts = inventory["all"]["children"]["hosts"]
        variables = hosts["vars"]
        address = hosts["children"]["systemd"]["hosts"]["sd-1"]["ansible_host"]
        login = ["-i", variables["ansible_ssh_private_key_file"], *variables["ansible_ssh_common_args"].split()]
        command = ["ssh", *login, "-o", "BatchMode=yes", f"{variables['ansible_user']}@{address}", "sudo sh -s"]
        return subprocess.run(command, input=script, check=True, capture_output=True, text=True).stdout

    def report(self) -> dict[str, t.Any]:
        """What the service tells of itself; waits until it listens."""
        while True:
            told = self.shell(
                f"python3 -c 'import urllib.request as u; print(u.urlopen(\"http://127.0.0.1:{PORT}/\").read().decode())' || true"
            )
            if told:
                return json.loads(told)
            time.sleep(0.1)

    def show(self, name: str) -> str:
        return self.shell(f"systemctl show --value --property={name} web.service").strip()


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[Systemd]:
    hosts = [sys.executable, "-m", "tests.hosts", "--network", "systemd"]
    # A run that was killed left its hosts behind.
    subprocess.run([*hosts, "down"], cwd=CHECKOUT, check=True)
    up = subprocess.run([*hosts, "up", "systemd=sd-1"], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True, check=True)
    try:
        host = Systemd(pathlib.Path(up.stdout.strip()), tmp_path_factory.mktemp("systemd"))
        host.play(
            {"name": "Copy", "ansible.builtin.copy": {"src": str(INSTANCE), "dest": "/opt/instance.py", "mode": "0644"}}
        )
        yield host
    finally:
        subprocess.run([*hosts, "down"], cwd=CHECKOUT, check=True)


@pytest.fixture
def systemd(host: Systemd) -> collections.abc.Iterator[Systemd]:
    yield host
    host.shell(
        "systemctl disable --now web.service || true; rm -f /etc/systemd/system/web.*; systemctl daemon-reload; systemctl reset-failed"
    )


def test_a_service_is_started_once_and_again_at_boot(systemd):
    assert systemd.bring("started", check_mode=True) > 0
    assert systemd.show("LoadState") == "not-found"
    assert systemd.bring("started") > 0
    before = systemd.report()["pid"]

    assert systemd.bring("started") == 0
    assert systemd.report()["pid"] == before
    assert systemd.show("UnitFileState") == "enabled"


def test_it_runs_where_and_as_it_was_described(systemd):
    options = {
        "service_command": ["/usr/bin/python3", "/opt/instance.py", str(PORT), AWKWARD, ""],
        "service_environment": {"AWKWARD": AWKWARD, "NUMBER": 7},
        "service_directory": "/opt",
        "service_user": "deploy",
        "service_revision": "1.0@$now %n",
    }
    systemd.bring("started", **options)
    report = systemd.report()

    assert report["argv"][1:] == [AWKWARD, ""]
    assert (report["environment"]["AWKWARD"], report["environment"]["NUMBER"]) == (AWKWARD, "7")
    assert report["environment"]["SERVICE_REVISION"] == "1.0@$now %n"
    assert report["directory"] == "/opt"
    assert report["uid"] != 0
    assert systemd.bring("started", **options) == 0
    assert systemd.shell("stat -c %a /etc/systemd/system/web.env").strip() == "600"
    assert "AWKWARD" not in systemd.shell("systemctl show web.service")


def test_variables_that_are_not_asked_for_any_more_leave_no_file(systemd):
    systemd.bring("started", service_environment={"TOKEN": "s3cret"})
    assert systemd.report()["environment"]["TOKEN"] == "s3cret"

    assert systemd.bring("stopped", service_command=[]) > 0
    assert systemd.shell("ls /etc/systemd/system/web.env").strip()
    assert systemd.bring("started") > 0
    assert "TOKEN" not in systemd.report()["environment"]
    assert systemd.shell("ls /etc/systemd/system | grep web.env || true") == ""
    assert systemd.bring("started") == 0


def test_a_unit_that_was_written_by_a_run_that_was_cut_off_is_read_by_the_next(systemd):
    systemd.bring("started", service_environment={"COLOR": "blue"})
    systemd.report()
    # As a run leaves it that ends before systemd has read what it wrote.
    unit = "/etc/systemd/system/web.service"
    systemd.shell(f"cp {unit} /tmp/before")
    systemd.bring("started", service_environment={"COLOR": "blue"}, service_revision="2")
    systemd.shell(f"cp {unit} /tmp/after; cp /tmp/before {unit}; systemctl daemon-reload; systemctl restart web")
    systemd.shell(f"cp /tmp/after {unit}")

    systemd.bring("started", service_environment={"COLOR": "blue"}, service_revision="2")

    assert systemd.report()["environment"]["SERVICE_REVISION"] == "2"
    assert systemd.bring("started", service_environment={"COLOR": "blue"}, service_revision="2") == 0


def test_a_changed_revision_restarts_and_a_change_can_wait(systemd):
    systemd.bring("started", service_revision="1")
    before = systemd.report()["pid"]
    systemd.bring("started", service_revision="2", service_restart_on_change=False)
    assert systemd.report()["pid"] == before

    # As when a run is cut off after it has written the unit.
    systemd.bring("started", service_revision="2")

    assert systemd.report()["environment"]["SERVICE_REVISION"] == "2"
    assert systemd.bring("started", service_revision="2") == 0


def test_a_reload_is_a_signal_to_the_same_process(systemd):
    systemd.bring("started")
    before = systemd.report()["pid"]
    systemd.bring("reloaded")
    while systemd.report()["reloads"] == 0:
        time.sleep(0.05)

    assert systemd.report()["pid"] == before


def test_a_stopped_service_stays_stopped_and_one_never_described_is_stopped(systemd):
    assert systemd.bring("stopped", service_command=[]) == 0
    systemd.bring("started")
    systemd.report()

    assert systemd.bring("stopped", service_command=[]) > 0
    assert systemd.show("ActiveState") == "inactive"
    assert systemd.show("UnitFileState") == "disabled"
    assert systemd.bring("stopped", service_command=[]) == 0


def test_a_service_that_dies_is_started_again(systemd):
    systemd.bring("started")
    before = systemd.report()["pid"]
    systemd.shell("systemctl kill --signal=KILL web.service")
    while systemd.report()["pid"] == before:
        time.sleep(0.05)

    assert systemd.bring("started") == 0


def test_a_service_that_does_not_end_is_killed_after_its_time(systemd):
    deaf = ["/usr/bin/python3", "/opt/instance.py", str(PORT), "--deaf"]
    systemd.bring("started", service_command=deaf, service_stop_timeout=1)
    systemd.report()
    systemd.bring("stopped", service_command=[])

    assert systemd.show("ActiveState") in ("inactive", "failed")
    assert systemd.show("MainPID") == "0"
