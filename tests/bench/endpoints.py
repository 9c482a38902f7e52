# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""As many endpoints on loopback as a measurement needs, a process for each pool."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import typing as t

from ansible_collections.progressive.delivery.tests.e2e.balancers import laid_down

SERVER = laid_down.HERE / "endpoint_server.py"


class Endpoints:
    """Running endpoints; ``ports`` has the port of each by pool and name.

    :param names: the endpoints of each pool
    """

    def __init__(self, names: t.Mapping[str, t.Sequence[str]]) -> None:
        _allow_many_sockets()
        self._processes: list[subprocess.Popen[str]] = []
        self.ports: dict[str, dict[str, int]] = {}
        for pool, members in names.items():
            process = subprocess.Popen([sys.executable, str(SERVER), pool, *members], stdout=subprocess.PIPE, text=True)
            self._processes.append(process)
            self.ports[pool] = json.loads(process.stdout.readline())

    def close(self) -> None:
        """End them."""
        for process in self._processes:
            process.kill()
            process.communicate()


def _allow_many_sockets() -> None:
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
