# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The thread ships soon, and the run waits for it no longer than it was told."""

from __future__ import annotations

import threading
import time

from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.alerting.alerting import (
    Alerting,
    Settings,
)
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.backlog import Backlog
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.model import HostEnded, RunBegan
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.outlet import Outlet
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.shipping import Shipping
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.interface import Sink


class Waiting(Sink):
    """A sink that takes nothing before it may."""

    name = "waiting"

    def __init__(self, may=True):
        self.got = []
        self.may = threading.Event()
        self.asked = threading.Event()
        if may:
            self.may.set()

    def send(self, shipment):
        self.asked.set()
        self.may.wait(60)
        self.got += [event["id"] for event in shipment]


def shipping(folder, *sinks):
    outlets = [
        Outlet(sink, Backlog(str(folder), str(place), 10**6), time.monotonic) for place, sink in enumerate(sinks)
    ]
    return Shipping(outlets, Alerting(Settings()), together=0.01)


def seen(count):
    """Of which each makes one event."""
    said = ({"kind": "traffic.shifted", "about": {}, "facts": {}},)
    each = HostEnded(2.0, "t", "a", "ok", 1.0, said=said)
    return [RunBegan("r", 1.0, "p.yml", False, {}), *([each] * (count - 1))]


def test_what_is_seen_comes_to_every_sink_in_order(tmp_path):
    sinks = Waiting(), Waiting()
    thread = shipping(tmp_path, *sinks)
    for each in seen(5000):
        thread.see(each)

    assert thread.end(60)
    for sink in sinks:
        assert sink.got == [f"r-{number}" for number in range(1, 5001)]


def test_a_sink_that_never_answers_is_not_waited_for_and_nothing_is_lost(tmp_path):
    stuck, other = Waiting(may=False), Waiting()
    thread = shipping(tmp_path, stuck, other)
    first, *rest = seen(300)
    thread.see(first)
    assert stuck.asked.wait(60)
    for each in rest:
        thread.see(each)

    assert not thread.end(0.05)
    stuck.may.set()
    thread._thread.join(60)
    assert not thread._thread.is_alive()
    late = Waiting(), Waiting()
    again = shipping(tmp_path, *late)
    again.see(RunBegan("s", 1.0, "p.yml", False, {}))
    assert again.end(60)

    everything = {f"r-{number}" for number in range(1, 301)} | {"s-1"}
    assert set(stuck.got) | set(late[0].got) == everything
    assert set(other.got) | set(late[1].got) == everything
    assert len(other.got) + len(late[1].got) == len(everything)


def test_nothing_seen_is_nothing_to_end(tmp_path):
    assert shipping(tmp_path, Waiting()).end(60)
