# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine and the versions that figures were seen with; without them a figure says nothing."""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import platform
import re
import subprocess
import typing as t

from ansible_collections.progressive.delivery.tests.e2e.balancers import laid_down

VERSION_OPTIONS = {"haproxy": "-v", "nginx": "-v", "caddy": "version", "envoy": "--version"}


def describe(balancers: t.Iterable[str]) -> dict[str, t.Any]:
    """Time, processors, load and versions, as plain data."""
    return {
        "at": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "load": load(),
        "cores": len(os.sched_getaffinity(0)),
        "kernel": platform.release(),
        "python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in ("ansible-core", "ansible")},
        **{kind: balancer_version(kind) for kind in balancers},
    }


def load() -> str:
    """The load average over 1, 5 and 15 minutes."""
    return " ".join(f"{value:.2f}" for value in os.getloadavg())


def balancer_version(kind: str) -> str:
    """The version that a balancer's program says it is."""
    command = [laid_down.BINARIES[kind], VERSION_OPTIONS[kind]]
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    return re.search(r"\d+\.\d+\.\d+", said.stdout + said.stderr).group()
