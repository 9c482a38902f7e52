# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A balancer, the instances of two pools behind it, and the releases that they run: all that a canary is delivered to.

Everything is found through the site's folder, so that the next run may be one
of another process.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pathlib
import signal
import subprocess
import sys
import typing as t

from loopback.site import _free_ports

from ansible_collections.progressive.delivery.plugins.module_utils._balancers.registry import DRIVERS
from ansible_collections.progressive.delivery.tests.e2e.balancers import laid_down
from ansible_collections.progressive.delivery.tests.module_call import Failed, call

HERE = pathlib.Path(__file__).resolve().parent
APP = laid_down.APP
BALANCER = "lb-1"
Pools = dict[str, list[str]]
"""The instances by pool, as a fleet has hosts."""

POOLS: Pools = {"blue": ["blue-1", "blue-2"], "green": ["green-1", "green-2"]}
WIDE: Pools = {"blue": ["blue-1", "blue-2", "blue-3", "blue-4"], "green": ["green-1"]}
"""One pool whose hosts can be changed in batches, and a small one."""
THREE: Pools = {**POOLS, "baseline": ["baseline-1"]}
"""A third pool for the old release, started afresh."""


class DoesNotStart(Exception):
    """An instance of a release that ends before it listens."""


class Site:
    """The site in *directory*.

    :param balancer: what kind of balancer it has
    :param pools: its instances
    :param ports: where each instance listens
    """

    def __init__(self, directory: pathlib.Path, balancer: str, pools: Pools, ports: dict[str, int]) -> None:
        self.directory = directory
        self.balancer = balancer
        self.pools = pools
        self._ports = ports

    @classmethod
    def plan(cls, directory: pathlib.Path, balancer: str, pools: Pools) -> Site:
        """A new one, of which nothing runs."""
        for folder in ("releases", "instances"):
            (directory / folder).mkdir(parents=True)
        ports = _free_ports([name for names in pools.values() for name in names])
        planned = {"balancer": balancer, "pools": pools, "ports": ports}
        (directory / "site.json").write_text(json.dumps(planned), encoding="utf-8")
        return cls(directory, **planned)

    @classmethod
    def at(cls, directory: pathlib.Path) -> Site:
        """The one that is there."""
        return cls(directory, **json.loads((directory / "site.json").read_text(encoding="utf-8")))

    # -- the balancer ------------------------------------------------------

    @property
    def ports(self) -> dict[str, dict[str, int]]:
        """Where the instances of each pool listen."""
        return {pool: {name: self._ports[name] for name in names} for pool, names in self.pools.items()}

    @property
    def _edge(self) -> dict[str, t.Any]:
        connection = {"directory": str(self.directory / "edge")}
        return {"app": APP, "balancer": self.balancer, "connection": connection}

    @property
    def takes_out(self) -> bool:
        """Whether its balancer takes single servers out."""
        return not DRIVERS[self.balancer].CANNOT_TAKE_OUT

    def lay_down(self) -> laid_down.LaidDown:
        """Lay the balancer down as the role does, and start it."""
        edge = laid_down.lay_down(self.balancer, self.directory / "edge", self, rollout_pools=list(self.pools))
        edge.start()
        return edge

    def traffic(self, **options: t.Any) -> dict[str, t.Any]:
        """The module ``traffic``; raises Failed."""
        return call("traffic", **self._edge, **options)

    def observe(self) -> dict[str, dict[str, t.Any]]:
        """What each balancer carries out, as the role reads it: nothing of one that cannot be read."""
        try:
            return {BALANCER: call("traffic_info", **self._edge)}
        except Failed:
            return {BALANCER: {}}

    # -- the instances -----------------------------------------------------

    def add_release(self, version: str, **qualities: t.Any) -> None:
        """Have a release that can be put on instances; *qualities* as of :mod:`instance`."""
        self._release(version).write_text(json.dumps({"version": version, **qualities}), encoding="utf-8")

    def fleet(self) -> dict[str, dict[str, str | None]]:
        """By pool, by instance, the release that was put there."""
        return {pool: {name: self._current(name) for name in names} for pool, names in self.pools.items()}

    def put(self, name: str, version: str) -> None:
        """Put a release on an instance and start it anew; raises DoesNotStart."""
        self.stop(name)
        self._file(name, "release").write_text(version, encoding="utf-8")
        command = [str(HERE / "instance.py"), str(self._release(version)), str(self._ports[name]), name]
        # It outlives whoever starts it, so it must not hold open what that was given to write to.
        with self._file(name, "log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *command, str(self._file(name, "pid"))],
                env=laid_down.environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        with process.stdout as output:
            if not output.readline():
                process.wait()
                raise DoesNotStart(f"{name}: release {version} does not start")

    def stop(self, name: str, number: int = signal.SIGTERM) -> None:
        """End an instance, and return once it has ended, whoever started it."""
        with contextlib.suppress(FileNotFoundError), self._file(name, "pid").open("r+", encoding="ascii") as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.kill(int(held.read()), number)
                fcntl.flock(held, fcntl.LOCK_EX)

    def runs(self, name: str) -> bool:
        """Whether an instance lives."""
        with contextlib.suppress(FileNotFoundError), self._file(name, "pid").open("r+", encoding="ascii") as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def clear(self, name: str) -> None:
        """Leave an instance as if nothing was ever put there."""
        self.stop(name)
        self._file(name, "release").unlink(missing_ok=True)

    def toggles(self, name: str) -> pathlib.Path:
        """The file of an instance's feature toggles."""
        return self._file(name, "toggles")

    def toggle(self, name: str, toggle: str) -> dict[str, t.Any] | None:
        """What the module ``feature_toggle_info`` says of one of them; None where there is none."""
        return call("feature_toggle_info", path=str(self.toggles(name)), name=toggle)["toggles"].get(toggle)

    def tell(self, name: str, quality: str, value: t.Any) -> None:
        """Let a running instance behave otherwise from now on."""
        assert laid_down.ask(self._ports[name], f"/control/{quality}/{json.dumps(value)}").status == 200

    def listening(self, names: t.Sequence[str]) -> list[dict[str, t.Any]]:
        """Some instances, as ``health_check`` takes its targets."""
        return [{"name": name, "address": "127.0.0.1", "port": self._ports[name]} for name in names]

    def metrics(self, sides: t.Mapping[str, t.Sequence[str]]) -> dict[str, list[str]]:
        """By what a side of a comparison is called, where each of its instances shows its metrics."""
        return {
            side: [f"http://127.0.0.1:{self._ports[name]}/metrics" for name in names] for side, names in sides.items()
        }

    def down(self) -> None:
        """End every instance at once."""
        for names in self.pools.values():
            for name in names:
                self.stop(name, signal.SIGKILL)

    def _release(self, version: str) -> pathlib.Path:
        return self.directory / "releases" / f"{version}.json"

    def _file(self, name: str, kind: str) -> pathlib.Path:
        return self.directory / "instances" / f"{name}.{kind}"

    def _current(self, name: str) -> str | None:
        with contextlib.suppress(FileNotFoundError):
            return self._file(name, "release").read_text(encoding="utf-8")
        return None
