# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the balancers' libraries share: a layout, splits, and a balancer that is a variable."""

from __future__ import annotations

import dataclasses
import json

from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._balancers.interface import (
    Command,
    Endpoint,
    Reading,
)
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.layout import Layout, Server
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.split import (
    WHOLE,
    HeaderRoute,
    Mirror,
    Split,
)

POOLS = {
    "blue": [Server("blue1", "127.0.0.1:8001"), Server("blue2", "127.0.0.1:8002")],
    "green": [Server("green1", "127.0.0.1:8011"), Server("green2", "127.0.0.1:8012")],
}
THREE_POOLS = {**POOLS, "baseline": [Server("baseline1", "127.0.0.1:8021")]}


def layout(balancer="haproxy", directory="/etc/shop", pools=None):
    """The layout of the app `shop`."""
    return Layout(
        "shop",
        balancer,
        str(directory),
        pools or POOLS,
        "X-Preview",
        "shop_bucket",
        "0.0.0.0:80",
        "/run/shop.sock",
        mirrors=True,
    )


def lay_down(folder):
    """Write that layout where a module finds it, and return the parameters that name it."""
    pools = [
        {"name": name, "servers": [{"name": server.name, "address": server.address} for server in servers]}
        for name, servers in POOLS.items()
    ]
    document = {"app": "shop", "balancer": "haproxy", "listen": ":80", "header": "X-Preview", "cookie": "c"}
    (folder / "layout.json").write_text(json.dumps({**document, "pools": pools}))
    return {"app": "shop", "balancer": "haproxy", "connection": {"directory": str(folder)}}


def split(green, header=None, sticky=False, mirror=None):
    """So many hundredths of a per cent on green; *header* is the pool that is opened, *mirror* that and its share."""
    route = HeaderRoute("X-Preview", header) if header else None
    return Split({"blue": WHOLE - green, "green": green}, route, sticky, Mirror(*mirror) if mirror else None)


def splits(mirrors=True):
    """Any split of blue and green, of those that mirror or without."""
    opened, sticky = st.sampled_from([None, "blue", "green"]), st.booleans()
    plain = st.builds(split, st.integers(0, WHOLE), opened, sticky)
    return plain | mirrored(opened, sticky) if mirrors else plain


def mirrored(opened, sticky):
    """Any split in which one pool serves and the other gets a copy."""
    share = st.integers(1, WHOLE)
    to_green = st.builds(split, st.just(0), opened, sticky, st.tuples(st.just("green"), share))
    to_blue = st.builds(split, st.just(WHOLE), opened, sticky, st.tuples(st.just("blue"), share))
    return to_green | to_blue


def split_of_three(green, baseline, header=None, sticky=False, mirror=None):
    """So many hundredths of a per cent on green and on baseline, and blue the rest."""
    shares = {"blue": WHOLE - green - baseline, "green": green, "baseline": baseline}
    route = HeaderRoute("X-Preview", header) if header else None
    return Split(shares, route, sticky, Mirror(*mirror) if mirror else None)


@st.composite
def splits_of_three(draw, mirrors=True):
    """Any split of blue, green and baseline, of those that mirror or without; often some pool has nothing or all."""
    green = draw(st.sampled_from([0, WHOLE]) | st.integers(0, WHOLE))
    baseline = draw(st.sampled_from([0, WHOLE - green]) | st.integers(0, WHOLE - green))
    opened = draw(st.none() | st.sampled_from(list(THREE_POOLS)))
    plain = split_of_three(green, baseline, opened, draw(st.booleans()))
    idle = [pool for pool, share in plain.shares.items() if not share]
    if not (mirrors and idle and draw(st.booleans())):
        return plain
    return dataclasses.replace(plain, mirror=Mirror(draw(st.sampled_from(idle)), draw(st.integers(1, WHOLE))))


@dataclasses.dataclass
class Variable:
    """A balancer whose live and stored splits are variables; one command sets both."""

    CANNOT_MIRROR = ""
    CANNOT_TAKE_OUT = ""

    live: Split
    stored: Split | None
    states: dict = dataclasses.field(default_factory=dict)
    deaf: bool = False
    said: list = dataclasses.field(default_factory=list)
    configuration: str = ""

    def read(self):
        return Reading(self.live, self.stored)

    def generation(self):
        return self.configuration

    def plan(self, current, wanted):
        self._planned = wanted
        return [] if current.live == wanted and current.consistent else [Command("set", "it")]

    def apply(self, commands):
        self.said += commands
        if not self.deaf:
            self.live = self.stored = self._planned

    def endpoints(self, pool):
        return [
            Endpoint(server.name, server.address, self.states.get(server.name, "ready"), 0)
            for server in layout().servers(pool)
        ]

    def set_servers(self, pool, names, state):
        self.said.append((pool, tuple(names), state))
        if not self.deaf:
            self.states.update(dict.fromkeys(names, state))
