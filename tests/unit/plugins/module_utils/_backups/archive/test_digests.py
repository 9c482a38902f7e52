# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Digests that are made beside are those of what was given, whoever is faster."""

from __future__ import annotations

import hashlib
import os
import threading

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive.digests import (
    CHUNK,
    Beside,
    Buffers,
    Followed,
)


class Late:
    """A digest that is not made before it may be."""

    def __init__(self, may):
        self._may = may
        self.added = []

    def update(self, chunk):
        self._may.wait()
        self.added.append(bytes(chunk))


def test_memory_comes_again_only_when_its_digest_is_made_however_much_of_it_needs_none():
    may = threading.Event()
    digest = Late(may)
    threading.Timer(0.1, may.set).start()
    with Beside() as beside:
        buffers = Buffers(beside)
        for number in range(5):
            chunk = buffers.next(4)
            chunk[:] = b"%04d" % number
            buffers.digest(digest, chunk)
        for _number in range(20):
            buffers.next(4)[:] = b"else"
        beside.wait()

    assert digest.added == [b"%04d" % number for number in range(5)]


def test_what_is_done_beside_is_done_in_order_and_its_failure_is_told_once():
    found = []

    def failing():
        raise OSError("no more")

    with Beside() as beside:
        beside.wait(beside.do(found.append, 1))
        assert found == [1]
        number = beside.do(failing)
        beside.do(found.append, 2)
        with pytest.raises(OSError, match="no more"):
            beside.wait(number)
        assert beside.has_done(number)
        beside.wait()
    assert found == [1, 2]


@pytest.mark.parametrize("size", [0, 1, CHUNK, 3 * CHUNK + 1])
def test_a_file_is_digested_to_its_end_however_far_who_reads_it_comes(size, tmp_path):
    content = os.urandom(size)
    (tmp_path / "file").write_bytes(content)
    for step in (CHUNK // 3, 2 * CHUNK, size + 1):
        with open(tmp_path / "file", "rb", 0) as stream, Followed(stream.fileno()) as followed:
            while stream.read(step):
                followed.follow()
            assert (followed.finish(), followed.length) == (hashlib.sha256(content).hexdigest(), size)


def test_a_file_that_is_cut_off_after_it_was_read_has_another_digest(tmp_path):
    (tmp_path / "file").write_bytes(bytes(3 * CHUNK))
    with open(tmp_path / "file", "r+b", 0) as stream, Followed(stream.fileno()) as followed:
        stream.seek(3 * CHUNK)
        stream.truncate(CHUNK)
        followed.follow()
        assert followed.finish() == hashlib.sha256(bytes(CHUNK)).hexdigest()
