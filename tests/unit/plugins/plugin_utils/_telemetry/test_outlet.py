# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a sink did not take is kept, in order, and given to it later: by this run or the next."""

from __future__ import annotations

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry import backlog as backlog_file
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.backlog import Backlog
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.outlet import FIRST_PAUSE, Outlet
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.interface import Sink, SinkDown

LIMIT = 1_000_000


class Switched(Sink):
    """A sink that is up or down, and may go down after so many events."""

    name = "switched"

    def __init__(self):
        self.got = []
        self.up = True
        self.room = None

    def send(self, shipment):
        if not self.up:
            raise SinkDown("switched off")
        if self.room is not None and len(self.got) + len(shipment) > self.room:
            raise SinkDown("has no more room")
        self.got += [event["id"] for event in shipment]


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def event(number):
    return {"id": number, "data": "ü" * 5}


def outlet(folder, sink, limit=LIMIT):
    clock = Clock()
    made = Outlet(sink, Backlog(str(folder), "x", limit), clock)
    return made, clock


def test_while_it_is_down_it_is_not_asked_again_and_then_gets_all_in_order(tmp_path):
    sink = Switched()
    shipped, clock = outlet(tmp_path / "kept", sink)
    shipped.ship([event(1)])
    sink.up = False
    shipped.ship([event(2)])
    sink.up = True
    shipped.ship([event(3)])
    assert sink.got == [1]
    assert (shipped.tally.shipped, shipped.tally.kept, shipped.tally.why) == (1, 2, "switched off")

    clock.now += FIRST_PAUSE
    shipped.ship([event(4)])

    assert sink.got == [1, 2, 3, 4]
    assert (shipped.tally.shipped, shipped.tally.kept, shipped.tally.lost) == (4, 0, 0)


def test_the_next_run_ships_what_was_kept(tmp_path):
    sink = Switched()
    sink.up = False
    outlet(tmp_path, sink)[0].ship([event(1), event(2)])
    sink.up = True

    outlet(tmp_path, sink)[0].ship([event(3)])

    assert sink.got == [1, 2, 3]


def test_what_it_took_before_it_went_down_is_not_sent_again(tmp_path):
    sink = Switched()
    sink.up = False
    first, _clock = outlet(tmp_path, sink)
    first.ship([event(number) for number in range(1200)])
    sink.up, sink.room = True, 1000
    outlet(tmp_path, sink)[0].ship([])
    assert len(sink.got) == 1000
    sink.room = None

    outlet(tmp_path, sink)[0].ship([event(1200)])

    assert sink.got == list(range(1201))


def test_when_there_is_no_more_room_what_is_oldest_stays_and_the_rest_is_counted(tmp_path):
    sink = Switched()
    sink.up = False
    first, _clock = outlet(tmp_path, sink, limit=100)
    first.ship([event(number) for number in range(10)])
    assert first.tally.kept + first.tally.lost == 10
    assert first.tally.lost > 0
    sink.up = True

    outlet(tmp_path, sink)[0].ship([])

    assert sink.got == list(range(first.tally.kept))


@pytest.mark.parametrize("torn", [b'{"id": 9', b'{"id": 9, "data"'])
def test_what_a_killed_run_wrote_of_a_line_is_no_event(tmp_path, torn):
    sink = Switched()
    sink.up = False
    outlet(tmp_path, sink)[0].ship([event(1)])
    (file,) = tmp_path.glob("*.jsonl")
    file.write_bytes(file.read_bytes() + torn)
    outlet(tmp_path, sink)[0].ship([event(2)])
    sink.up = True

    outlet(tmp_path, sink)[0].ship([])

    assert sink.got == [1, 2]


def test_where_nothing_can_be_kept_it_is_counted_as_lost(tmp_path):
    (tmp_path / "file").touch()
    sink = Switched()
    sink.up = False
    first, _clock = outlet(tmp_path / "file", sink)
    first.ship([event(1)])

    assert (first.tally.kept, first.tally.lost) == (0, 1)


def test_only_its_owner_may_read_it(tmp_path):
    sink = Switched()
    sink.up = False
    outlet(tmp_path / "kept", sink)[0].ship([event(1)])

    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "kept").iterdir()} == {0o600}
    assert os.stat(tmp_path / "kept").st_mode & 0o777 == 0o700


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3)), max_size=20))
def test_whatever_happens_each_event_comes_once_and_in_order(tmp_path_factory, history):
    sink = Switched()
    shipped, clock = outlet(tmp_path_factory.mktemp("b"), sink)
    made = 0
    for up, count in history:
        sink.up = up
        shipped.ship([event(made + number) for number in range(count)])
        made += count
        clock.now += 1000
    sink.up = True
    shipped.ship([event(made)])

    assert sink.got == list(range(made + 1))
    assert (shipped.tally.shipped, shipped.tally.kept) == (made + 1, 0)


def test_what_is_kept_while_the_backlog_is_sent_stays_for_later(tmp_path):
    backlog = Backlog(str(tmp_path), "x", LIMIT)
    backlog.keep([event(1), event(2)])
    got = []

    def send(shipment):
        if not got:
            assert Backlog(str(tmp_path), "x", LIMIT).keep([event(3)]) == (0, "")
            assert Backlog(str(tmp_path), "x", LIMIT).send(got.extend, 10) == 0
        got.extend(each["id"] for each in shipment)

    assert backlog.send(send, 1) == 2
    assert backlog.send(send, 1) == 1
    assert got == [1, 2, 3]


def test_what_was_sent_is_forgotten_on_the_way_and_not_only_when_all_is(tmp_path, monkeypatch):
    """A process that ends while a slow sink is still at it has not sent the same for nothing."""
    monkeypatch.setattr(backlog_file, "_BETWEEN", -1.0)
    backlog = Backlog(str(tmp_path), "x", LIMIT)
    backlog.keep([event(number) for number in range(6)])
    left = []

    def send(shipment):
        if shipment[0]["id"] == 4:
            content = (tmp_path / next(tmp_path.glob("*.jsonl")).name).read_text()
            left.extend(json.loads(line)["id"] for line in content.splitlines())

    assert backlog.send(send, 2) == 6
    assert left == [4, 5]


def test_where_nothing_can_be_kept_it_is_said_why(tmp_path):
    (tmp_path / "kept").write_text("a file")
    sink = Switched()
    sink.up = False
    shipped, _clock = outlet(tmp_path / "kept", sink)
    shipped.ship([event(1)])
    assert (shipped.tally.lost, shipped.tally.why_lost) == (1, "the backlog cannot be written: File exists")

    full, _clock = outlet(tmp_path / "full", sink, limit=10)
    full.ship([event(1)])
    assert (full.tally.lost, full.tally.why_lost) == (1, "the backlog is full")


class Choosy(Switched):
    """A sink that fails, as none may, at some events, whatever comes with them."""

    def __init__(self, *odd):
        super().__init__()
        self.odd = odd

    def send(self, shipment):
        if any(event["id"] in self.odd for event in shipment):
            raise UnicodeError("odd")
        super().send(shipment)


def test_what_a_sink_fails_at_does_not_keep_it_from_all_that_comes_after(tmp_path):
    sink = Choosy(2)
    shipped, clock = outlet(tmp_path, sink)
    shipped.ship([event(number) for number in range(1, 5)])
    assert sink.got == [1, 3, 4]
    assert (shipped.tally.shipped, shipped.tally.refused, shipped.tally.kept) == (3, 1, 0)
    assert shipped.tally.why == "a defect: UnicodeError('odd')"

    # alone it may be the sink that fails at everything, so it is kept, until others show that it does not
    shipped.ship([event(2)])
    assert (shipped.tally.refused, shipped.tally.kept) == (1, 1)
    clock.now += FIRST_PAUSE
    shipped.ship([event(5)])
    assert sink.got == [1, 3, 4]
    assert shipped.tally.kept == 2
    clock.now += 2 * FIRST_PAUSE
    shipped.ship([])
    assert sink.got == [1, 3, 4, 5]
    assert (shipped.tally.refused, shipped.tally.kept) == (2, 0)
