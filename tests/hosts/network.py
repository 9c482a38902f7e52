# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts on a bridge of their own. They reach one another and this machine, and nothing else.

What there is stands in a folder in memory, so that a later call finds it, also
after the one that made it was cut off.
"""

from __future__ import annotations

import contextlib
import dataclasses
import ipaddress
import json
import typing as t
from pathlib import Path

from tests.hosts.base_tree import USER, base_tree
from tests.hosts.command import HostsError, run
from tests.hosts.host import Host
from tests.hosts.mounts import mount_memory, unmount_below

NETS = list(ipaddress.ip_network("10.77.0.0/16").subnets(new_prefix=24))
"""What a network may take, one of them. Bridges, cables and control groups are named after it."""

Groups = dict[str, list[str]]
"""Names of hosts, by the group of the inventory that they are in."""


@dataclasses.dataclass(frozen=True)
class Network:
    """The hosts of one folder.

    :param folder: holds everything; a mount point while the hosts are there
    """

    folder: Path

    @property
    def inventory(self) -> Path:
        return self.folder / "inventory.yml"

    @property
    def key(self) -> Path:
        return self.folder / "key"

    @property
    def hosts(self) -> dict[str, Host]:
        """All hosts by name, running or not; none when the network is down."""
        try:
            addresses = json.loads((self.folder / "addresses.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        return {name: Host(name, address, self.folder / "hosts" / name) for name, address in addresses.items()}

    @property
    def _net(self) -> ipaddress.IPv4Network:
        return next(ipaddress.ip_interface(host.address).network for host in self.hosts.values())

    def host(self, name: str) -> Host:
        """:raises HostsError: there is no such host"""
        try:
            return self.hosts[name]
        except KeyError:
            there = ", ".join(self.hosts) or "none, the network is down"
            raise HostsError(f"no host {name!r}; there are: {there}") from None

    def up(self, groups: Groups) -> None:
        """Make the bridge, boot the hosts and write the inventory; undo it all when a host does not come up.

        :raises HostsError: hosts are up already, or one did not boot
        """
        if self.folder.exists():
            raise HostsError(f"{self.folder} is there already: take those hosts down first")
        base = base_tree()
        try:
            self._make(base, groups)
        except BaseException:
            self.down()
            raise

    def _make(self, base: Path, groups: Groups) -> None:
        mount_memory(self.folder)
        net = _claim_net()
        names = list(dict.fromkeys(name for members in groups.values() for name in members))
        numbered = zip(names, list(net.hosts())[1:], strict=False)
        addresses = {name: f"{address}/{net.prefixlen}" for name, address in numbered}
        self._write("addresses.json", json.dumps(addresses))
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "hosts", "-f", self.key)
        # All hosts carry the key that the package made in the base tree.
        host_key = (base / "etc/ssh/ssh_host_ed25519_key.pub").read_text(encoding="utf-8").split()[:2]
        self._write("known_hosts", "".join(f"{host.ip} {' '.join(host_key)}\n" for host in self.hosts.values()))
        self._write("inventory.yml", json.dumps(self._inventory(groups), indent=2) + "\n")
        run("ip", "address", "add", f"{net[1]}/{net.prefixlen}", "dev", _bridge(net))
        run("ip", "link", "set", _bridge(net), "up")
        everybody = "".join(f"{host.ip} {host.name}\n" for host in self.hosts.values())
        for host in self.hosts.values():
            host.prepare(base, self.key.with_suffix(".pub"), everybody)
            host.boot(_bridge(net))
        for host in self.hosts.values():
            host.await_running(self.ssh)

    def start(self, name: str) -> None:
        """Switch on a host that was killed, and wait for it."""
        self.host(name).boot(_bridge(self._net))
        self.host(name).await_running(self.ssh)

    def down(self) -> None:
        """Stop the hosts and leave nothing behind. What is gone already is no error."""
        hosts = self.hosts.values()
        for host in hosts:
            host.stop()
        unwilling = []
        for host in hosts:
            try:
                host.await_off()
            except HostsError as error:
                host.kill()
                unwilling.append(str(error))
        for host in hosts:
            host.discard()
        if hosts and _bridge(self._net) in _link_names():
            run("ip", "link", "delete", _bridge(self._net))
        for master in self.folder.glob("ssh/*"):
            # One that was killed left its socket behind, and cannot be asked.
            with contextlib.suppress(HostsError):
                run("ssh", "-S", master, "-O", "exit", "any")
        unmount_below(self.folder)
        if self.folder.exists():
            self.folder.rmdir()
        if unwilling:
            raise HostsError("All is gone, but not in order: " + "\n".join(unwilling))

    @property
    def ssh(self) -> list[str]:
        """The command that reaches a host; its address and the remote command follow."""
        return f"ssh -i {self.key} -l {USER} -o BatchMode=yes -o ConnectTimeout=3 {self._ssh_options}".split()

    @property
    def _ssh_options(self) -> str:
        # Without the second and third a connection to a host that was cut off hangs for a quarter of an hour.
        return f"-o UserKnownHostsFile={self.folder}/known_hosts -o ServerAliveInterval=2 -o ServerAliveCountMax=3"

    def _inventory(self, groups: Groups) -> dict[str, t.Any]:
        everywhere = {
            "ansible_user": USER,
            "ansible_become": True,
            "ansible_python_interpreter": "/usr/bin/python3",
            "ansible_ssh_private_key_file": str(self.key),
            "ansible_ssh_common_args": self._ssh_options,
            "ansible_control_path_dir": str(self.folder / "ssh"),
        }
        children = {}
        for group, members in groups.items():
            children[group] = {"hosts": {name: {"ansible_host": self.hosts[name].ip} for name in members}}
        # A group of their own, so that these do not reach the controller itself.
        return {"all": {"children": {"hosts": {"vars": everywhere, "children": children}}}}

    def _write(self, name: str, content: str) -> None:
        (self.folder / name).write_text(content, encoding="utf-8")


def _claim_net() -> ipaddress.IPv4Network:
    """A net that nothing here has a route to, claimed by making its bridge.

    :raises HostsError: there is none
    """
    taken = _taken_nets()
    for net in NETS:
        if any(net.overlaps(other) for other in taken):
            continue
        try:
            run("ip", "link", "add", _bridge(net), "type", "bridge")
        except HostsError:
            # Somebody else was faster.
            if _bridge(net) in _link_names():
                continue
            raise
        return net
    raise HostsError(
        f"this machine has routes to all nets from {NETS[0]} to {NETS[-1]}, one of which the hosts would take"
    )


def _bridge(net: ipaddress.IPv4Network) -> str:
    return f"hosts-{net.network_address.packed[2]}"


def _taken_nets() -> list[ipaddress.IPv4Network]:
    routes = json.loads(run("ip", "-4", "-json", "route", "show", "table", "all"))
    return [ipaddress.ip_network(route["dst"], strict=False) for route in routes if route["dst"] != "default"]


def _link_names() -> set[str]:
    return {link["ifname"] for link in json.loads(run("ip", "-json", "link", "show"))}
