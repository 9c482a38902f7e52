# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each way to compress is read by each other, tells what is torn, and breaks off when its file does."""

from __future__ import annotations

import errno
import hashlib
import importlib
import os
import sys

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive import compression
from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive.compression import (
    Measured,
    Torn,
    compressor,
    decompressor,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import DumpFailed
from ansible_collections.progressive.delivery.tests.unit.plugins.module_utils._backups.archive.trees import (
    SHOP,
    Saved,
)

PROGRAM = "the program"
ZSTD = ["zstandard", PROGRAM] + (["compression.zstd"] if sys.version_info >= (3, 14) else [])
WAYS = [("none", PROGRAM), ("gzip", PROGRAM), *(("zstd", way) for way in ZSTD)]
CONTENT = os.urandom(700_000) + bytes(700_000) + b"end"


def only(monkeypatch, way):
    monkeypatch.setattr(compression, "_library", lambda name: importlib.import_module(name) if name == way else None)


def written(path, form, chunks=(CONTENT,)):
    with Measured(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)) as measured:
        with compressor(form, measured) as compressed:
            for chunk in chunks:
                compressed.write(chunk)
        sha256 = measured.finish()
        with open(path, "rb") as stream:
            whole = stream.read()
        assert (sha256, measured.length) == (hashlib.sha256(whole).hexdigest(), len(whole))
    return whole


def read(path, form):
    found = []
    with open(path, "rb") as stream, decompressor(form, stream) as plain:
        buffer = bytearray(100_000)
        for count in iter(lambda: plain.readinto(memoryview(buffer)), 0):
            found.append(bytes(buffer[:count]))
            if count < 100_000:
                assert not plain.readinto(memoryview(bytearray(1)))
    return b"".join(found)


@pytest.mark.parametrize("reader", ZSTD)
@pytest.mark.parametrize("writer", ZSTD)
def test_every_zstd_reads_what_another_wrote(writer, reader, tmp_path, monkeypatch):
    only(monkeypatch, writer)
    written(tmp_path / "file", "zstd", [CONTENT[:10], CONTENT[10:]])
    only(monkeypatch, reader)

    assert read(tmp_path / "file", "zstd") == CONTENT


@pytest.mark.parametrize(("form", "way"), WAYS)
def test_what_was_written_is_read(form, way, tmp_path, monkeypatch):
    only(monkeypatch, way)

    for chunks in ([], [b""], [b"x"], [CONTENT] * 3):
        whole = written(tmp_path / "file", form, chunks)
        assert read(tmp_path / "file", form) == b"".join(chunks)
    assert (len(whole) < 3 * 710_000) is (form != "none")


@pytest.mark.parametrize(("form", "way"), WAYS[1:])
def test_what_was_changed_or_is_none_of_its_kind_is_torn(form, way, tmp_path, monkeypatch):
    only(monkeypatch, way)
    whole = written(tmp_path / "file", form)

    for torn in (b"neither" * 100, whole[:1000] + b"\xaa" * 1000 + whole[2000:]):
        (tmp_path / "file").write_bytes(torn)
        with pytest.raises(Torn):
            read(tmp_path / "file", form)


@pytest.mark.parametrize(("form", "way"), WAYS)
def test_what_was_cut_off_never_looks_whole(form, way, tmp_path, monkeypatch):
    only(monkeypatch, way)
    whole = written(tmp_path / "file", form)
    (tmp_path / "file").write_bytes(whole[: len(whole) // 2])

    try:
        found = read(tmp_path / "file", form)
    except Torn:
        found = b""

    assert len(found) < len(CONTENT)


class Full(Measured):
    """A file on a disk that is full after some bytes."""

    def write(self, given):
        if self.length > 100_000:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(given)


@pytest.mark.parametrize(("form", "way"), WAYS)
def test_a_full_disk_is_what_the_writer_hears_of(form, way, tmp_path, monkeypatch):
    only(monkeypatch, way)

    def write():
        with Full(os.open(tmp_path / "file", os.O_WRONLY | os.O_CREAT)) as full, compressor(form, full) as compressed:
            for _number in range(100):
                compressed.write(os.urandom(100_000))

    with pytest.raises(OSError, match="No space left") as refused:
        write()
    assert refused.value.errno == errno.ENOSPC


def test_a_compressor_that_breaks_off_makes_no_snapshot(tmp_path, monkeypatch):
    only(monkeypatch, PROGRAM)
    saved = Saved(tmp_path, compression="zstd")
    saved.write("large", os.urandom(3 << 20))
    earlier = saved.take()
    program = tmp_path / "zstd"
    program.write_text("#!/bin/sh\nhead -c 100000\necho out of memory >&2\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", "{0}:{1}".format(tmp_path, os.environ["PATH"]))

    with pytest.raises(DumpFailed, match="zstd ended with 3: out of memory"):
        saved.engine.take(saved.content(), SHOP)

    assert os.listdir(os.path.join(saved.repository, "shop")) == [earlier.identifier]
