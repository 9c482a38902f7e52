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
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.interface import Sink, SinkDown


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


def test_a_sink_that_never_answers_keeps_nobody_waiting_and_nothing_is_lost(tmp_path):
    stuck, other = Waiting(may=False), Waiting()
    thread = shipping(tmp_path, stuck, other)
    first, *rest = seen(300)
    thread.see(first)
    assert stuck.asked.wait(60)
    for each in rest:
        thread.see(each)

    assert not thread.end(0.5)
    everything = [f"r-{number}" for number in range(1, 301)]
    assert other.got == everything
    stuck.may.set()
    for each in thread._sending:
        each._thread.join(60)
        assert not each._thread.is_alive()
    late = Waiting()
    again = shipping(tmp_path, late, other)
    again.see(RunBegan("s", 1.0, "p.yml", False, {}))
    assert again.end(60)

    assert set(stuck.got) | set(late.got) == {*everything, "s-1"}
    assert other.got == [*everything, "s-1"]


class Down(Sink):
    """A sink that takes a while to say that it does not take it."""

    name = "down"

    def __init__(self):
        self.asked = 0
        self.over = threading.Event()

    def send(self, shipment):
        self.asked += 1
        if self.asked > 1:
            self.over.wait(60)
        raise SinkDown("no")


def test_at_the_end_a_sink_that_was_down_is_not_waited_for(tmp_path):
    down = Down()
    thread = shipping(tmp_path, down)
    first, second = seen(2)
    thread.see(first)
    outlet = thread.outlets[0]
    while not outlet.is_failing:
        time.sleep(0.01)
    outlet._closed_until = float("-inf")
    thread.see(second)
    while down.asked < 2:
        time.sleep(0.01)

    began = time.monotonic()
    assert not thread.end(600)
    assert time.monotonic() - began < 300
    down.over.set()
    thread._sending[0]._thread.join(60)
    late = Waiting()
    again = shipping(tmp_path, late)
    again.see(RunBegan("s", 1.0, "p.yml", False, {}))
    assert again.end(60)
    assert late.got == ["r-1", "r-2", "s-1"]


class Defective(Sink):
    """A sink that fails as no sink may."""

    name = "defective"

    def send(self, shipment):
        raise KeyError("defect")


def test_what_a_defective_sink_did_not_take_is_kept(tmp_path):
    thread = shipping(tmp_path, Defective())
    for each in seen(2):
        thread.see(each)
    thread.end(60)
    thread.linger(60)
    assert "defect" in thread.outlets[0].tally.why
    late = Waiting()
    again = shipping(tmp_path, late)
    again.see(RunBegan("s", 1.0, "p.yml", False, {}))
    assert again.end(60)
    assert late.got == ["r-1", "r-2", "s-1"]


def test_nothing_seen_is_nothing_to_end(tmp_path):
    assert shipping(tmp_path, Waiting()).end(60)
