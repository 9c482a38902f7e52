# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is kept of each request, and the file it is kept in.

The file is text, a JSON value a line: first an object that describes the run
(``fields`` names the columns), then an array for each request in the order of
the answers. Lines are appended whole, in batches, so the file can be read
while the generator runs and after it was killed.
"""

from __future__ import annotations

import collections.abc
import json
import pathlib
import typing as t

BATCH_SECONDS = 0.2
"""How far the file may be behind."""


class Record(t.NamedTuple):
    """One request and what became of it.

    :param sent: when it was sent, or its connection was asked for; seconds since the epoch
    :param late: seconds by which that was after it was due
    :param latency: seconds from ``sent`` to the end of the answer, or to the error
    :param outcome: the status of the answer, or else the kind of error: ``refused``, ``unreachable``, ``reset``,
        ``closed`` (before the end of the answer), ``malformed``, ``timeout``; ``reset-reused`` and ``closed-reused``
        when the connection had carried an answer before
    :param release: the answer's X-Release, None without one
    :param instance: the answer's X-Instance, None without one
    """

    sent: float
    late: float
    latency: float
    outcome: int | str
    release: str | None
    instance: str | None

    @property
    def failed(self) -> bool:
        """Whether the client did not get what it asked for: an error, or a status from 500 on."""
        return isinstance(self.outcome, str) or self.outcome >= 500

    @property
    def ended(self) -> float:
        """When the answer was complete; seconds since the epoch."""
        return self.sent + self.latency


class NotRecords(Exception):
    """A file that does not hold the records of a run."""


class RecordFile:
    """A file of records that is being written.

    :param path: replaced if it exists
    :param run: what to say of the run in the first line, plain data
    :raises OSError: the file cannot be written
    """

    def __init__(self, path: pathlib.Path, run: dict[str, t.Any]) -> None:
        self._stream = path.open("wb")
        self._waiting: list[bytes] = [_line({"fields": Record._fields, **run})]
        self.flush()

    def add(self, record: Record) -> None:
        """Take a record; it is in the file after the next flush."""
        sent, late, latency, outcome, release, instance = record
        self._waiting.append(_line((round(sent, 6), round(late, 6), round(latency, 6), outcome, release, instance)))

    def flush(self) -> None:
        """Append what was taken."""
        self._stream.write(b"".join(self._waiting))
        self._stream.flush()
        self._waiting.clear()

    def close(self) -> None:
        """Flush and close."""
        self.flush()
        self._stream.close()


def read(path: pathlib.Path) -> list[Record]:
    """The records in a file, by the time they were sent. A last line that is not whole yet is left out.

    :raises NotRecords: it is not a file of records
    :raises OSError: it cannot be read
    """
    with path.open("rb") as stream:
        return sorted(parse(stream, str(path)), key=lambda record: record.sent)


def parse(lines: collections.abc.Iterable[bytes], name: str) -> collections.abc.Iterator[Record]:
    """The records in the lines of a file, in their order.

    A file without a whole line is a run that has only just begun.

    :param name: what to call the file in an error
    :raises NotRecords: a line is not what it should be
    """
    whole = (line for line in lines if line.endswith(b"\n"))
    head = next(whole, None)
    if head is None:
        return
    try:
        if json.loads(head)["fields"] != list(Record._fields):
            raise NotRecords(f"{name}: its columns are not {', '.join(Record._fields)}")
        for line in whole:
            yield Record(*json.loads(line))
    except (ValueError, TypeError, KeyError) as error:
        raise NotRecords(f"{name}: does not hold the records of a run: {error}") from error


def _line(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"
