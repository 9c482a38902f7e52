# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real systemd, on a host reached over ssh, runs a service: states, changes, faults. Needs root, to boot the host."""

from __future__ import annotations

import collections.abc
import json
import pathlib
import time
import typing as t

import pytest

from ansible_collections.progressive.delivery.tests.e2e.booted_host import BootedHost, booted

INSTANCE = pathlib.Path(__file__).resolve().parent / "instance.py"
PORT = 8000
AWKWARD = " a;b #c %d \"e\" 'f' \\g $HOME ${HOME} `h` ü "


class Systemd:
    """On a booted host, the service ``web``."""

    def __init__(self, host: BootedHost) -> None:
        self._host = host
        self.shell = host.shell

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
        return self._host.play(include, check_mode=check_mode)

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
    with booted("service", tmp_path_factory.mktemp("systemd")) as host:
        host.play(
            {"name": "Copy", "ansible.builtin.copy": {"src": str(INSTANCE), "dest": "/opt/instance.py", "mode": "0644"}}
        )
        yield Systemd(host)


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


def test_a_stopped_service_answers_what_it_was_asked_and_stays_stopped_and_one_never_described_is_stopped(systemd):
    assert systemd.bring("stopped", service_command=[]) == 0
    systemd.bring("started")
    systemd.report()
    # This request is answered when the service is told to end, and not before.
    ask = f'import urllib.request as u; print(u.urlopen("http://127.0.0.1:{PORT}/slow").read().decode())'
    systemd.shell(f"python3 -c '{ask}' > /tmp/answer 2>&1 < /dev/null &")
    while f":{PORT:04X} 01" not in systemd.shell("awk '{print $2, $4}' /proc/net/tcp"):
        time.sleep(0.05)

    assert systemd.bring("stopped", service_command=[]) > 0
    while not (answer := systemd.shell("cat /tmp/answer")):
        time.sleep(0.05)
    assert json.loads(answer)["argv"] == [str(PORT)]
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
