# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compressing what is written, and back, with what is there for it.

PRIVATE to the collection. zstd comes from Python itself (since 3.14), from the
library ``zstandard`` or from the program ``zstd``, whichever is there; gzip
from Python. Only this file knows of them.
"""

from __future__ import annotations

import contextlib
import fcntl
import gzip
import hashlib
import importlib
import io
import os
import shutil
import subprocess
import tempfile
import threading
import types
import typing as t
import zlib

from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive.digests import (
    CHUNK,
    WRITTEN_AT_ONCE,
    Beside,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import EngineMissing
from ansible_collections.progressive.delivery.plugins.module_utils._backups.exchange import begin_writing

FORMS: t.Mapping[str, str] = types.MappingProxyType({"zstd": ".zst", "gzip": ".gz", "none": ""})
"""The forms of compression, and how a file's name ends with each."""
_GZIP_LEVEL = 6
_SET_PIPE_SIZE = 1031  # F_SETPIPE_SZ of fcntl(2), which Python names since 3.10
_SAID = 1000
_MOST_WORKERS = 4
"""Cores that a backup takes beside whatever else the host is there for."""


class Torn(Exception):
    """What is read is not, or not whole, what a compressor wrote; or one broke off."""


class Measured(io.RawIOBase):
    """A new file that is written, and what is known of it."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self.length = 0
        self._begun = 0
        self._descriptor = descriptor
        self._digest = hashlib.sha256()
        self._beside = Beside()

    def writable(self) -> bool:
        return True

    def write(self, given: t.Any) -> int:
        # Digested later, when who gave it may have something else in the same memory.
        chunk = bytes(given)
        left = memoryview(chunk)
        while left:
            left = left[os.write(self._descriptor, left) :]
        self._beside.do(self._digest.update, chunk)
        self.length += len(chunk)
        if self.length - self._begun >= WRITTEN_AT_ONCE:
            self._beside.do(begin_writing, self._descriptor, self._begun, self.length - self._begun)
            self._begun = self.length
        return len(chunk)

    def close(self) -> None:
        if not self.closed:
            with self._beside:
                os.close(self._descriptor)
        super().close()

    def finish(self) -> str:
        """The digest of what was written, which is on the disk when this returns."""
        self._beside.wait()
        os.fsync(self._descriptor)
        return self._digest.hexdigest()


def chosen(wanted: str) -> str:
    """The form that *wanted* means here; ``auto`` is zstd where it is to be had, else gzip. Raises :class:`EngineMissing`."""
    if wanted == "auto":
        return "zstd" if _zstd_is_there() else "gzip"
    check(wanted)
    return wanted


def check(form: str) -> None:
    """Raise :class:`EngineMissing` where *form* can be neither written nor read."""
    if form == "zstd" and not _zstd_is_there():
        raise EngineMissing(
            "there is no zstd: neither the program nor the Python library zstandard is installed, "
            "and this Python is older than 3.14"
        )


@contextlib.contextmanager
def compressor(form: str, into: Measured) -> t.Iterator[t.Any]:
    """What is written to this has come to *into*, compressed, when the context ends.

    Raises the :class:`OSError` of *into*, or :class:`Torn`.
    """
    made = _compressor(form, into)
    try:
        yield made
    except BaseException:
        with contextlib.suppress(OSError, Torn):
            made.abandon() if isinstance(made, _IntoProgram) else made.close()
        raise
    if made is not into:
        made.close()


@contextlib.contextmanager
def decompressor(form: str, stream: t.BinaryIO) -> t.Iterator[t.Any]:
    """All that a :func:`compressor` was given, from the file *stream*.

    Reading raises :class:`Torn` for what is not that; what was cut off may also just end.
    """
    builtin, library = _library("compression.zstd"), _library("zstandard")
    with contextlib.ExitStack() as closing:
        torn: t.Tuple[t.Type[Exception], ...] = (EOFError,)
        opened: t.Any = stream
        if form == "gzip":
            opened = closing.enter_context(gzip.GzipFile(fileobj=stream, mode="rb"))
            torn = (EOFError, zlib.error, gzip.BadGzipFile)
        elif form == "zstd" and builtin is not None:
            opened = closing.enter_context(builtin.ZstdFile(stream, "rb"))
            torn = (EOFError, builtin.ZstdError)
        elif form == "zstd" and library is not None:
            opened = io.BufferedReader(
                library.ZstdDecompressor().stream_reader(
                    stream, read_size=CHUNK, read_across_frames=True, closefd=False
                ),
                CHUNK,
            )
            torn = (EOFError, library.ZstdError)
        elif form == "zstd":
            opened = closing.enter_context(contextlib.closing(_FromProgram(stream)))
        yield _Understood(opened, torn)


def _compressor(form: str, into: Measured) -> t.Any:
    if form == "none":
        return into
    if form == "gzip":
        return gzip.GzipFile(filename="", fileobj=into, mode="wb", compresslevel=_GZIP_LEVEL, mtime=0)
    builtin, library = _library("compression.zstd"), _library("zstandard")
    if builtin is not None:
        known = builtin.CompressionParameter
        # A library that was built for one thread allows no more.
        options = {known.nb_workers: min(_workers(), known.nb_workers.bounds()[1]), known.checksum_flag: 1}
        return builtin.ZstdFile(into, "wb", options=options)
    if library is not None:
        compressor = library.ZstdCompressor(threads=_workers(), write_checksum=True)
        return compressor.stream_writer(into, write_size=CHUNK, closefd=False)
    return _IntoProgram(into)


class _Understood:
    """Whatever a decompressor raises is one error here."""

    def __init__(self, opened: t.Any, torn: t.Tuple[t.Type[Exception], ...]) -> None:
        self._opened = opened
        self._torn = torn

    def readinto(self, buffer: memoryview) -> int:
        """Fill the buffer, but at the end; how much is in it then."""
        filled = 0
        try:
            while filled < len(buffer):
                count = self._opened.readinto(buffer[filled:])
                if not count:
                    break
                filled += count
        except self._torn as error:
            raise Torn(str(error) or type(error).__name__) from error
        return filled


class _Program:
    """The program zstd, which says on standard error what is wrong."""

    def __init__(self, *options: str, **connections: t.Any) -> None:
        self._said: t.IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the program)
        self.process = subprocess.Popen(["zstd", "-q", "-c", *options], bufsize=CHUNK, stderr=self._said, **connections)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                # More than one user may have in all cannot be had.
                with contextlib.suppress(OSError):
                    fcntl.fcntl(pipe.fileno(), _SET_PIPE_SIZE, 4 * CHUNK)

    def ended(self) -> None:
        """Wait for its end; raises :class:`Torn` for a bad one."""
        if self.process.wait():
            self._said.seek(0)
            said = self._said.read(_SAID).decode("utf-8", "replace").strip()
            raise Torn("zstd ended with {0}: {1}".format(self.process.returncode, said or "it says nothing"))

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self._said.close()


class _IntoProgram:
    """Writes through zstd; a thread takes on what it gives."""

    def __init__(self, into: Measured) -> None:
        self._into = into
        self._program = _Program("-T{0}".format(_workers()), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._input = t.cast(t.IO[bytes], self._program.process.stdin)
        self._output = t.cast(t.IO[bytes], self._program.process.stdout)
        self._failure: t.Optional[OSError] = None
        self._thread = threading.Thread(target=self._take_on)
        self._thread.start()

    def write(self, chunk: bytes) -> int:
        try:
            return self._input.write(chunk)
        except BrokenPipeError:
            self.close()
            raise

    def close(self) -> None:
        """Return when all of it is written."""
        try:
            with contextlib.suppress(BrokenPipeError):
                self._input.close()
            self._thread.join()
            if self._failure is not None:
                raise self._failure
            self._program.ended()
        finally:
            self.abandon()

    def abandon(self) -> None:
        self._program.process.kill()
        with contextlib.suppress(OSError):
            self._input.close()
        self._thread.join()
        self._output.close()
        self._program.close()

    def _take_on(self) -> None:
        try:
            for chunk in iter(lambda: os.read(self._output.fileno(), CHUNK), b""):
                self._into.write(chunk)
        except OSError as error:
            self._failure = error
            self._program.process.kill()


class _FromProgram:
    """Reads what zstd makes of a file."""

    def __init__(self, stream: t.BinaryIO) -> None:
        os.lseek(stream.fileno(), stream.tell(), os.SEEK_SET)
        self._program = _Program("-d", stdin=stream, stdout=subprocess.PIPE)
        self._output = t.cast(t.IO[bytes], self._program.process.stdout)

    def readinto(self, buffer: memoryview) -> int:
        count = t.cast(io.BufferedReader, self._output).readinto(buffer)
        if not count:
            self._program.ended()
        return count

    def close(self) -> None:
        self._output.close()
        self._program.close()


def _workers() -> int:
    return min(os.cpu_count() or 1, _MOST_WORKERS)


def _zstd_is_there() -> bool:
    return bool(_library("compression.zstd") or _library("zstandard") or shutil.which("zstd"))


def _library(name: str) -> t.Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None
