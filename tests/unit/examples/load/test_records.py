# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from load.records import NotRecords, Record, RecordFile, parse, read

micros = st.integers(0, 2_000_000_000_000_000).map(lambda number: round(number / 1e6, 6))
names = st.none() | st.text(max_size=10)
record_strategy = st.builds(
    Record,
    sent=micros,
    late=micros,
    latency=micros,
    outcome=st.integers(200, 599) | st.sampled_from(["refused", "reset-reused", "timeout"]),
    release=names,
    instance=names,
)


def lines_of(records: list[Record]) -> list[bytes]:
    values = [{"fields": Record._fields}, *records]
    return [json.dumps(value).encode() + b"\n" for value in values]


@pytest.mark.parametrize(
    ("outcome", "failed"), [(200, False), (404, False), (499, False), (500, True), (503, True), ("reset", True)]
)
def test_an_error_or_a_status_from_500_on_has_failed(outcome: int | str, failed: bool) -> None:
    assert Record(0, 0, 0, outcome, None, None).failed == failed


@given(st.lists(record_strategy))
def test_what_is_written_is_read_back_by_the_time_it_was_sent(tmp_path_factory, records: list[Record]) -> None:
    path = tmp_path_factory.mktemp("records") / "run.jsonl"
    file = RecordFile(path, {"rate": 150})
    for record in records:
        file.add(record)
    file.close()

    assert read(path) == sorted(records, key=lambda record: record.sent)


def test_what_was_flushed_can_be_read_while_the_rest_is_still_to_come(tmp_path) -> None:
    path = tmp_path / "run.jsonl"
    file = RecordFile(path, {})
    assert read(path) == []

    first, second = Record(1, 0, 0.5, 200, "1.0.0", "a"), Record(2, 0, 0.5, "reset", None, None)
    file.add(first)
    file.flush()
    file.add(second)
    assert read(path) == [first]

    file.close()
    assert read(path) == [first, second]


@given(st.lists(record_strategy, min_size=1), st.data())
def test_a_file_cut_off_anywhere_gives_all_whole_lines(records: list[Record], data: st.DataObject) -> None:
    lines = lines_of(records)
    kept = data.draw(st.integers(1, len(lines) - 1))
    part = lines[kept][: data.draw(st.integers(0, len(lines[kept]) - 1))]

    assert list(parse([*lines[:kept], part], "run")) == records[: kept - 1]


@pytest.mark.parametrize("content", [b"\n", b"{}\n", b"[]\n", b'{"fields": ["sent"]}\n', b"PK\x03\x04\n"])
def test_another_file_is_refused_by_name(tmp_path, content: bytes) -> None:
    path = tmp_path / "other"
    path.write_bytes(content)

    with pytest.raises(NotRecords, match=f"^{path}: "):
        read(path)


@pytest.mark.parametrize("content", [b"", b'{"fields": ["se'])
def test_a_run_that_has_only_just_begun_has_no_records(tmp_path, content: bytes) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(content)

    assert read(path) == []


def test_a_spoilt_line_is_refused() -> None:
    with pytest.raises(NotRecords, match=r"^run: "):
        list(parse([*lines_of([]), b"[1, 2]\n"], "run"))
