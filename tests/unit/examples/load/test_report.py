# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from load import report
from load.records import Record

EPOCH = 1_700_000_000.0


def request(at: float, release: str | None = "1.0.0", outcome: int | str = 200, latency: float = 0.01) -> Record:
    return Record(EPOCH + at, 0.0, latency, outcome, release, None if release is None else "blue-1")


def steady(releases: str, every: float = 0.01) -> list[Record]:
    """A request each ``every`` seconds; letters are releases, ``!`` is an error."""
    return [
        request(number * every, None if letter == "!" else letter, "reset" if letter == "!" else 200)
        for number, letter in enumerate(releases)
    ]


runs = st.lists(
    st.builds(
        request,
        at=st.integers(0, 60_000).map(lambda milliseconds: milliseconds / 1000),
        release=st.sampled_from(["1.0.0", "1.1.0", None]),
        outcome=st.sampled_from([200, 404, 500, 503, "reset", "timeout"]),
        latency=st.floats(0, 10),
    ),
    max_size=60,
).map(lambda records: sorted(records, key=lambda record: record.sent))


def test_totals() -> None:
    run = [
        request(0, latency=0.1),
        request(1, outcome=503, latency=5),
        request(2, None, "reset", 0.2),
        request(3, None, "reset", 0.3),
    ]

    assert report.totals(run) == report.Totals(
        requests=4,
        failed=3,
        seconds=pytest.approx(6),
        errors={"reset": 2, 503: 1},
        latency=(0.2, 5, 5),
        latest=0.0,
    )


def test_totals_of_nothing() -> None:
    assert report.totals([]) == report.Totals(0, 0, 0.0, {}, (0.0, 0.0, 0.0), 0.0)


@given(runs)
def test_every_request_is_counted_once_in_each_view(run: list[Record]) -> None:
    totals = report.totals(run)
    for parts in (report.by_release(run).values(), report.over_time(run)):
        assert sum(part.requests for part in parts) == totals.requests == len(run)
        assert sum(part.failed for part in parts) == totals.failed == sum(totals.errors.values())
    for interval in report.over_time(run):
        assert sum(interval.shares.values()) == pytest.approx(1)
    blame = report.blame(run, "1.1.0")
    assert blame.own + blame.others == totals.failed


@given(runs, st.floats(0, 60), st.floats(0, 60))
def test_between_takes_the_begin_and_leaves_the_end(run: list[Record], first: float, second: float) -> None:
    begin, end = EPOCH + min(first, second), EPOCH + max(first, second)

    assert report.between(run, begin, end) == [record for record in run if begin <= record.sent < end]


def test_by_release_tells_in_order_of_appearance_who_answered() -> None:
    run = [request(0, "1.0.0"), request(1, "1.1.0", 500), request(2, None, "refused"), request(3, "1.0.0")]

    assert list(report.by_release(run).items()) == [
        ("1.0.0", report.ReleaseTotals(2, 0)),
        ("1.1.0", report.ReleaseTotals(1, 1)),
        (None, report.ReleaseTotals(1, 1)),
    ]


def test_over_time_leaves_out_the_seconds_in_which_nothing_was_sent() -> None:
    run = [request(0), request(0.9), request(1.0, "1.1.0"), request(1.5), request(4.2, "1.1.0", 500)]

    assert report.over_time(run) == [
        report.Interval(0.0, 2, 0, {"1.0.0": 1.0}),
        report.Interval(1.0, 2, 0, {"1.1.0": 0.5, "1.0.0": 0.5}),
        report.Interval(4.0, 1, 1, {"1.1.0": 1.0}),
    ]


def test_blame_falls_on_the_release_that_signed_the_failure() -> None:
    run = [
        request(0, "1.2.0", 500),
        request(1, "1.2.0", 500),
        request(2, "1.2.0", 200),
        request(3, "1.0.0", 500),
        request(4, None, 503),
        request(5, None, "reset-reused"),
    ]

    assert report.blame(run, "1.2.0") == report.Blame(own=2, others=3)


def settled(releases: str, window: int = 4, fraction: float = 0.75) -> float | None:
    seconds = report.settled_after(steady(releases), "n", EPOCH, fraction, window)
    return None if seconds is None else round(seconds, 6)


@pytest.mark.parametrize(
    ("releases", "seconds"),
    [
        ("nnnnnn", 0),
        ("oonnnnnn", 0.01),  # from the second on, three of four are new
        ("onnnnnnn", 0),
        ("noonnnnn", 0.02),  # the first new answer proves nothing
        ("nnnnoonnnn", 0.05),  # nor do four, when more of the old come after
        ("nnnn!nnnn", 0),
        ("nnnn!!nnnn", 0.05),  # a failure is nobody's answer
        ("oooooooo", None),
        ("nnnnnnoo", None),
        ("nnn", None),  # too few to tell
        ("", None),
    ],
)
def test_settled(releases: str, seconds: float | None) -> None:
    assert settled(releases) == seconds


def test_settled_looks_only_at_what_was_sent_after_the_instant() -> None:
    run = steady("oooo" + "nnnn")

    assert report.settled_after(run, "n", EPOCH + 0.035, window=4) == 0
    assert report.settled_after(run, "n", EPOCH + 0.025, window=4) == pytest.approx(0.015, abs=1e-5)


def test_an_answer_of_the_release_that_failed_does_not_count() -> None:
    run = [request(number, "n", 500) for number in range(10)]

    assert report.settled_after(run, "n", EPOCH, window=4) is None


@given(st.text("no!", max_size=40), st.integers(1, 6))
def test_settled_is_what_trying_every_request_finds(releases: str, window: int) -> None:
    def holds(first: int) -> bool:
        part = releases[first : first + window]
        return part.count("n") >= 0.75 * window

    starts = range(len(releases) - window + 1)
    expected = next((first for first in starts if all(holds(later) for later in starts[first:])), None)

    assert settled(releases, window) == (None if expected is None else pytest.approx(expected * 0.01))


@given(st.lists(st.integers(0, 50), min_size=1), st.floats(0.01, 1))
def test_a_quantile_is_the_least_value_that_covers_the_fraction(values: list[int], fraction: float) -> None:
    ordered = sorted(values)

    found = report.quantile(ordered, fraction)

    covered = sum(value <= found for value in values)
    below = sum(value < found for value in values)
    assert covered >= fraction * len(values) - 1e-9
    assert below < fraction * len(values) + 1e-9


def test_quantiles_of_a_hundred() -> None:
    ordered = [float(number) for number in range(1, 101)]

    assert [report.quantile(ordered, fraction) for fraction in (0.5, 0.99, 1.0)] == [50, 99, 100]
    assert report.quantile([], 0.5) == 0


def test_a_split_is_measured_as_precisely_as_it_was_drawn() -> None:
    draw = random.Random(1)
    run = [request(number / 1000, "1.1.0" if draw.random() < 0.05 else "1.0.0") for number in range(20_000)]

    share = report.by_release(run)["1.1.0"].requests / len(run)

    assert share == pytest.approx(0.05, abs=0.006)
