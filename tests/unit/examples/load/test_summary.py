# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from load.records import Record, RecordFile
from load.summary import main, render, shares_over_time


def request(at: float, release: str | None, outcome: int | str = 200) -> Record:
    return Record(1000.0 + at, 0.0004, 0.002, outcome, release, "blue-1")


RUN = [
    *(request(second / 10, "1.0.0") for second in range(30)),
    *(request(3 + tenth / 10, "1.1.0" if tenth >= 4 else "1.0.0") for tenth in range(10)),
    *(request(4 + second / 10, "1.1.0") for second in range(20)),
    request(6.0, None, "reset"),
    request(6.5, "1.1.0"),
]


def test_a_person_sees_totals_releases_and_when_the_shares_changed() -> None:
    assert render(RUN).splitlines() == [
        "62 requests in 6.5 s, 1 failed, 1 × reset",
        "latency: half within 2.0 ms, 99 % within 2.0 ms, all within 2.0 ms",
        "sent at most 0.4 ms after they were due",
        "",
        "release        requests   failed",
        "1.0.0                34        0",
        "1.1.0                27        0",
        "no release            1        1",
        "",
        "     0 s  1.0.0 100%",
        "     3 s  1.0.0 40%  1.1.0 60%",
        "     4 s  1.1.0 100%",
        "     6 s  1.1.0 50%  no release 50%  (1 of 2 failed)",
    ]


def test_nothing_sent() -> None:
    assert render([]) == "No request was sent."
    assert shares_over_time([]) == []


def test_the_command_line_reads_a_file(tmp_path, capsys) -> None:
    path = tmp_path / "run.jsonl"
    file = RecordFile(path, {})
    for record in RUN:
        file.add(record)
    file.close()

    assert main([str(path)]) == 0
    assert capsys.readouterr().out == render(RUN) + "\n"


@pytest.mark.parametrize(("content", "said"), [(None, "No such file"), (b"other\n", "does not hold the records")])
def test_a_file_that_cannot_be_used_is_named(tmp_path, capsys, content: bytes | None, said: str) -> None:
    path = tmp_path / "run.jsonl"
    if content:
        path.write_bytes(content)

    assert main([str(path)]) == 1

    error = capsys.readouterr().err
    assert str(path) in error
    assert said in error
