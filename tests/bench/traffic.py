# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A running balancer, and a counted number of requests on it at a steady rate."""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
import subprocess
import sys
import typing as t

from load import records

from ansible_collections.progressive.delivery.plugins.module_utils._balancers.interface import Balancer, Connection
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.layout import Layout
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.layout import load as load_layout
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.registry import driver_for
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.split import WHOLE, Split
from ansible_collections.progressive.delivery.tests.e2e.balancers import laid_down

CONNECTIONS = 32


@dataclasses.dataclass(frozen=True)
class Load:
    """How requests come in.

    :param requests: how many; those of a full run come to 200,000 together
    :param rate: requests a second, well below what the client, the balancer and the endpoints do on two processors
    """

    name: str
    option: str
    requests: int
    rate: int


LOADS = (
    Load("keep-alive", "--keep-alive", 120_000, 1500),
    Load("new connections", "--new-connections", 80_000, 800),
)


@contextlib.contextmanager
def running(kind: str, folder: pathlib.Path) -> t.Iterator[laid_down.LaidDown]:
    """A balancer of *kind* that the role laid down, with three endpoints to a pool."""
    with contextlib.closing(laid_down.Endpoints()) as endpoints:
        balancer = laid_down.lay_down(kind, folder / kind, endpoints)
        try:
            balancer.start()
            yield balancer
        finally:
            balancer.stop()


@contextlib.contextmanager
def sending(balancer: laid_down.LaidDown, load: Load, requests: int, record: pathlib.Path) -> t.Iterator[None]:
    """So many requests of *load* begin; the end waits for the last of them."""
    command = [sys.executable, "-m", "load", "--url", f"http://127.0.0.1:{balancer.port}/version", "--method", "GET"]
    command += ["--record", str(record), load.option, "--requests", str(requests), "--rate", str(load.rate)]
    command += ["--connections", str(CONNECTIONS)]
    process = subprocess.Popen(command, env=laid_down.environment(), stdout=subprocess.DEVNULL)
    try:
        laid_down.until(lambda: record.exists() and bool(records.read(record)), "the first requests are answered")
        yield
        if process.wait() != 0:
            raise RuntimeError(f"the load generator ended with {process.returncode}")
    finally:
        process.kill()
        process.wait()


def driver(balancer: laid_down.LaidDown) -> tuple[Balancer, Layout]:
    """The driver of a running balancer, in this process."""
    layout = load_layout(str(balancer.directory), laid_down.APP, balancer.kind)
    return driver_for(layout, Connection()), layout


def split(layout: Layout, green: int) -> Split:
    """A share of *green* in 1/100 % for the second pool."""
    return Split({layout.base: WHOLE - green, layout.other: green})
