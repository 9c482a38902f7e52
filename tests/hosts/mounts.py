# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mounts of the machine, and a way to remove all of those below a folder whoever made them."""

from __future__ import annotations

import re
from pathlib import Path

from tests.hosts.command import run


def mount_memory(folder: Path) -> None:
    """Mount a file system in memory, which can carry the upper layer of an overlay wherever the folder is."""
    folder.mkdir(parents=True)
    run("mount", "-t", "tmpfs", "-o", "mode=0711", "hosts", folder)


def mount_overlay(lower: Path, layers: Path, target: Path) -> None:
    """Mount ``lower`` at ``target``; what is written there lands in ``layers``, and is found again by the next mount."""
    upper, work = layers / "upper", layers / "work"
    for folder in (upper, work, target):
        folder.mkdir(parents=True, exist_ok=True)
    run("mount", "-t", "overlay", "-o", f"lowerdir={lower},upperdir={upper},workdir={work}", "hosts", target)


def unmount_below(folder: Path) -> None:
    """Unmount everything at and below a folder, the innermost first."""
    below = [point for point in _mount_points() if point == folder or folder in point.parents]
    for point in reversed(below):
        run("umount", point)


def _mount_points() -> list[Path]:
    """In the order in which they were mounted."""
    lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
    return [Path(re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), line.split()[4])) for line in lines]
