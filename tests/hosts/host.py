# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One host: a Debian with systemd, an address and a disk of its own, booted by systemd-nspawn."""

from __future__ import annotations

import dataclasses
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from tests.hosts import control_group
from tests.hosts.base_tree import USER
from tests.hosts.command import HostsError, run
from tests.hosts.mounts import mount_overlay, unmount_below

BOOT_DEADLINE = 180
STOP_DEADLINE = 90
"""Seconds; a boot takes about eight and a stop about three when nothing else runs."""

NETWORK = """[Match]
Name=host0
[Network]
Address={address}
LinkLocalAddressing=no
"""


@dataclasses.dataclass(frozen=True)
class Host:
    """A host of the network.

    :param name: host name, and the name that Ansible knows it by
    :param address: with the prefix's length, as in ``10.0.0.2/24``
    :param folder: its disk, its process id and what it printed while booting
    """

    name: str
    address: str
    folder: Path

    @property
    def ip(self) -> str:
        return self.address.partition("/")[0]

    @property
    def machine(self) -> str:
        """Its name among all hosts of this machine, such as ``hosts-0-2`` for 10.77.0.2."""
        return f"hosts-{'-'.join(self.ip.split('.')[2:])}"

    @property
    def link(self) -> str:
        """The bridge's end of its cable; systemd-nspawn names it so."""
        return f"vb-{self.machine}"

    @property
    def root(self) -> Path:
        return self.folder / "root"

    @property
    def console(self) -> Path:
        return self.folder / "console"

    def prepare(self, base: Path, public_key: Path, names: str) -> None:
        """Make its disk: the base tree below, its name, address and key above.

        :param names: the network's hosts and addresses, in the form of ``/etc/hosts``
        """
        mount_overlay(base, self.folder / "disk", self.root)
        (self.root / "etc/hostname").write_text(f"{self.name}\n", encoding="utf-8")
        (self.root / "etc/hosts").write_text(f"127.0.0.1 localhost\n{names}", encoding="utf-8")
        network = self.root / "etc/systemd/network/10-host0.network"
        network.write_text(NETWORK.format(address=self.address), encoding="utf-8")
        home = self.root / "home" / USER
        keys = home / ".ssh" / "authorized_keys"
        keys.parent.mkdir(mode=0o700)
        shutil.copyfile(public_key, keys)
        for path in (keys.parent, keys):
            os.chown(path, home.stat().st_uid, home.stat().st_gid)

    def boot(self, bridge: str) -> None:
        """Switch it on; ``await_running`` waits for it."""
        if self.is_on:
            raise HostsError(f"{self.name} runs already")
        argv = [
            *control_group.scope(self.machine),
            "systemd-nspawn",
            "--quiet",
            "--boot",
            "--register=no",
            "--keep-unit",
        ]
        argv += ["--link-journal=no", "--resolv-conf=off", "--timezone=off", "--console=pipe"]
        argv += [f"--directory={self.root}", f"--machine={self.machine}", f"--network-bridge={bridge}"]
        environment = {**os.environ, **({"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "0"} if control_group.is_hybrid() else {})}
        # The host begins once its process is written down: whatever becomes of us, none runs that nobody knows of.
        held = ["/bin/sh", "-c", 'read -r go && exec "$@" </dev/null', "host", *argv]
        with self.console.open("wb") as console:
            streams = {"stdin": subprocess.PIPE, "stdout": console, "stderr": console}
            process = subprocess.Popen(held, env=environment, start_new_session=True, **streams)
        control_group.enter(process.pid, self.machine)
        self._pid_file.write_text(str(process.pid), encoding="ascii")
        with process.stdin as begin:
            begin.write(b"go\n")
        while not self.is_on and process.poll() is None:
            time.sleep(0.05)

    def await_running(self, ssh: list[str]) -> None:
        """Wait until it answers over ssh and its systemd has started everything.

        :param ssh: the command that reaches a host, without the address
        :raises HostsError: it went off, a unit failed, or it took longer than ``BOOT_DEADLINE``
        """
        deadline = time.monotonic() + BOOT_DEADLINE
        while self.is_on and time.monotonic() < deadline:
            state, failed = self._ask_state([*ssh, self.ip])
            if state == "running":
                return
            if state not in {"", "initializing", "starting"}:
                raise HostsError(f"{self.name} is {state}: {failed or 'no unit failed'}")
            # Not up far enough to take a connection, or to let anybody in.
            time.sleep(0.2)
        why = f"did not boot within {BOOT_DEADLINE} s" if self.is_on else "went off while booting"
        raise HostsError(f"{self.name} {why}; its last words:\n{self._last_words()}")

    def stop(self) -> None:
        """Begin an orderly shutdown, as an administrator would; ``await_off`` waits for its end."""
        pid = int(self._pid_file.read_text(encoding="ascii")) if self._pid_file.exists() else 0
        if pid in control_group.processes(self.machine):
            # systemd-nspawn passes this on to the systemd inside.
            os.kill(pid, signal.SIGTERM)
        else:
            control_group.kill(self.machine)

    def kill(self) -> None:
        """Take away its power. Its disk stays."""
        control_group.kill(self.machine)
        self.await_off()

    def await_off(self) -> None:
        """Wait until its last process has ended and its cable is gone.

        :raises HostsError: not so within ``STOP_DEADLINE``
        """
        deadline = time.monotonic() + STOP_DEADLINE
        while self.is_on or Path("/sys/class/net", self.link).exists():
            if time.monotonic() > deadline:
                raise HostsError(
                    f"{self.name} is not off after {STOP_DEADLINE} s; its last words:\n{self._last_words()}"
                )
            time.sleep(0.05)

    def cut(self) -> None:
        """Pull its network cable."""
        run("ip", "link", "set", self.link, "down")

    def mend(self) -> None:
        """Plug its network cable in again."""
        run("ip", "link", "set", self.link, "up")

    def discard(self) -> None:
        """Remove what the machine holds for it, its disk included."""
        unmount_below(self.root)
        control_group.remove(self.machine)

    @property
    def is_on(self) -> bool:
        return bool(control_group.processes(self.machine))

    @property
    def _pid_file(self) -> Path:
        return self.folder / "pid"

    def _ask_state(self, login: list[str]) -> tuple[str, str]:
        """What systemd says once it has started everything, and which units failed; empty when nobody answers."""
        question = "systemctl is-system-running --wait; systemctl --failed --plain --no-legend"
        try:
            said = run(*login, question, timeout=BOOT_DEADLINE)
        except HostsError:
            return "", ""
        state, _line, failed = said.partition("\n")
        return state, failed.strip()

    def _last_words(self) -> str:
        journal = ["journalctl", f"--directory={self.root}/var/log/journal", "--no-pager", "--lines=15", "--output=cat"]
        return self.console.read_text(encoding="utf-8", errors="replace") + run(*journal)
