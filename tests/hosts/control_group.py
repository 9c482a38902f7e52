# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A control group for each host, which holds all of its processes.

Two systemds in one control group see each other's services, and neither ever
sees a service end. And killing systemd-nspawn alone leaves the host running.
"""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")


def systemd_outside() -> bool:
    """Whether systemd runs this machine too, and is to be asked for control groups."""
    return Path("/run/systemd/system").exists()


def is_hybrid() -> bool:
    """Whether control groups of both versions are mounted, systemd's being of the first."""
    return (CGROUP / "systemd").is_dir()


def scope(name: str) -> list[str]:
    """What to put before a command so that systemd, where there is one outside, gives it a group."""
    if not systemd_outside():
        return []
    return ["systemd-run", "--quiet", "--scope", "--collect", "--property=Delegate=yes", f"--unit={name}"]


def enter(pid: int, name: str) -> None:
    """Move a process into a group, where no systemd outside does."""
    if not systemd_outside():
        for group in _groups(name):
            group.mkdir(exist_ok=True)
            (group / "cgroup.procs").write_text(str(pid), encoding="ascii")


def kill(name: str) -> None:
    """Kill every process of a group, at once and without a word."""
    for pid in processes(name):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def processes(name: str) -> set[int]:
    """The processes of a group and of the groups below it."""
    found: set[int] = set()
    for folder in _folders(name):
        # A group that goes away meanwhile has none.
        with contextlib.suppress(OSError):
            found.update(int(pid) for pid in (folder / "cgroup.procs").read_text(encoding="ascii").split())
    return found


def remove(name: str) -> None:
    """Remove a group, in which no process may be left."""
    for folder in _folders(name):
        folder.rmdir()


def _folders(name: str) -> list[Path]:
    """A group's folders in every tree, the innermost first."""
    return [Path(folder) for group in _groups(name) for folder, _below, _files in os.walk(group, topdown=False)]


def _groups(name: str) -> list[Path]:
    if systemd_outside():
        return [
            *CGROUP.glob(f"system.slice/{name}.scope"),
            *CGROUP.glob(f"systemd/system.slice/{name}.scope"),
        ]
    trees = [CGROUP / "systemd", CGROUP / "unified"] if is_hybrid() else [CGROUP]
    return [tree / name for tree in trees]
