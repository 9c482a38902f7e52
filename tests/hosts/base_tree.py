# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file tree that all hosts start from: Debian with systemd, ssh, Python and what the scenarios use.

Built once by debootstrap and kept outside the checkout. Its name is a digest
of what went into it, so a change of the packages builds another.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import re
import shutil
from pathlib import Path

from tests.hosts.command import HostsError, run
from tests.hosts.mounts import unmount_below

USER = "deploy"
"""Who Ansible logs in as; becomes root through sudo, as on most people's hosts."""

PACKAGES = (
    "systemd",
    "systemd-sysv",
    "dbus",
    "iproute2",
    "openssh-server",
    "sudo",
    "python3-apt",
    # What the collection asks of a host that runs its modules.
    "python3-requests",
    "python3-jmespath",
    # A package's server, and what the sample service's own environment is made with: hosts reach no mirror.
    "haproxy",
    "python3-venv",
)
OFFERED = (
    "nginx",
    "prometheus",
    "prometheus-alertmanager",
    "prometheus-blackbox-exporter",
    "prometheus-node-exporter",
    "prometheus-pushgateway",
    "python3-tenacity",
)
"""Packages that are not installed, but can be, with what they need: the tree holds a copy of apt's lists and of their archives."""

SET_UP = f"""
set -eu
useradd --create-home --shell /bin/bash {USER}
echo '{USER} ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/{USER}
systemctl enable systemd-networkd.service ssh.service
: >/etc/machine-id
echo 'APT::Install-Recommends "false";' >/etc/apt/apt.conf.d/90-no-recommends
rm -f /var/lib/dbus/machine-id /etc/hostname /etc/resolv.conf
"""
"""Run once inside the new tree. With an empty machine-id each host makes its own; no resolver, as there is nobody to ask."""


def base_tree() -> Path:
    """The tree's folder, built when it is not there yet.

    :raises HostsError: apt names no source of this release, or debootstrap failed
    """
    suite = platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    recipe = "\n".join([suite, *PACKAGES, "offered:", *OFFERED, SET_UP])
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "progressive.delivery" / "hosts"
    tree = cache / f"{suite}-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"
    cache.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not tree.exists():
            _build(tree, suite)
    return tree


def _build(tree: Path, suite: str) -> None:
    mirror = _mirror(suite)
    print(f"Building the file tree of the hosts from {suite}'s packages, once: {tree}", flush=True)
    unfinished = tree.with_suffix(".unfinished")
    _remove(unfinished)
    run("debootstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", suite, unfinished, mirror, timeout=1800)
    run("chroot", unfinished, "/bin/sh", "-c", SET_UP)
    _offer(unfinished)
    unfinished.rename(tree)


def _offer(tree: Path) -> None:
    """Let apt in the tree install ``OFFERED`` without a network, in the versions that this machine's own apt knows."""
    run("apt-get", "--quiet", "update")
    for folder in ("etc/apt", "var/lib/apt/lists"):
        shutil.copytree(Path("/", folder), tree / folder, dirs_exist_ok=True)
    archives = tree / "var/cache/apt/archives"
    for archive in archives.glob("*.deb"):
        archive.unlink()
    theirs = [f"Dir::State::status={tree}/var/lib/dpkg/status", f"Dir::Cache::archives={archives}"]
    options = [part for option in theirs for part in ("--option", option)]
    command = ["apt-get", *options, "--quiet", "--yes", "--no-install-recommends", "--download-only", "install"]
    run(*command, *OFFERED, timeout=600)


def _remove(tree: Path) -> None:
    """A build that was cut off may have left mounts behind: never delete through them."""
    if tree.exists():
        unmount_below(tree)
        shutil.rmtree(tree)


def _mirror(suite: str) -> str:
    """Where this machine's own apt takes its release from."""
    for line in run("apt-get", "update", "--print-uris").splitlines():
        found = re.match(r"'(.+)/dists/(?P<suite>[^/']+)/InRelease'", line)
        if found and found["suite"] == suite:
            return found[1]
    raise HostsError(f"apt names no source of {suite!r}, the release of this machine; the hosts need Debian or Ubuntu")
