# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real host with systemd, reached over ssh, for one test file. Needs root, to boot it."""

from __future__ import annotations

import collections.abc
import contextlib
import json
import os
import pathlib
import subprocess
import sys
import typing as t

import yaml

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
NAME = "host-1"


class BootedHost:
    """The host, the only member of the inventory's group ``booted``.

    :param inventory: as ``tests.hosts`` wrote it
    :param folder: where playbooks may be written
    """

    def __init__(self, inventory: pathlib.Path, folder: pathlib.Path) -> None:
        self._inventory = inventory
        self._folder = folder
        hosts = json.loads(inventory.read_text())["all"]["children"]["hosts"]
        self._login = hosts["vars"]
        self.address: str = hosts["children"]["booted"]["hosts"][NAME]["ansible_host"]

    def play(
        self,
        *tasks: dict[str, t.Any],
        check_mode: bool = False,
        groups: dict[str, t.Any] | None = None,
        **variables: t.Any,
    ) -> int:
        """How many tasks changed something, or would; the play must succeed.

        :param groups: further groups for the inventory
        """
        playbook, further = self._folder / "play.yml", self._folder / "groups.yml"
        plays = [{"hosts": "booted", "gather_facts": False, "vars": variables, "tasks": list(tasks)}]
        playbook.write_text(yaml.safe_dump(plays), encoding="utf-8")
        further.write_text(yaml.safe_dump(groups or {"all": {}}), encoding="utf-8")
        command = [str(pathlib.Path(sys.executable).with_name("ansible-playbook")), str(playbook)]
        command += ["-i", str(self._inventory), "-i", str(further), *["--check"] * check_mode]
        environment = {
            **os.environ,
            "ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(CHECKOUT / ".cache" / "collections"),
            "ANSIBLE_NOCOLOR": "1",
        }
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return int(done.stdout.split("changed=")[1].split()[0])

    def shell(self, script: str) -> str:
        """What a script prints on the host, as root."""
        login = ["-i", self._login["ansible_ssh_private_key_file"], *self._login["ansible_ssh_common_args"].split()]
        command = ["ssh", *login, "-o", "BatchMode=yes", f"{self._login['ansible_user']}@{self.address}", "sudo sh -s"]
        return subprocess.run(command, input=script, check=True, capture_output=True, text=True).stdout


@contextlib.contextmanager
def booted(network: str, folder: pathlib.Path) -> collections.abc.Iterator[BootedHost]:
    """A host on a network of its own.

    :param network: a name that no other test file uses, since they run side by side
    """
    hosts = [sys.executable, "-m", "tests.hosts", "--network", network]
    # A run that was killed left its hosts behind.
    subprocess.run([*hosts, "down"], cwd=CHECKOUT, check=True)
    up = subprocess.run([*hosts, "up", f"booted={NAME}"], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True, check=True)
    try:
        yield BootedHost(pathlib.Path(up.stdout.splitlines()[-1]), folder)
    finally:
        subprocess.run([*hosts, "down"], cwd=CHECKOUT, check=True)
