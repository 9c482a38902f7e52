# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a snapshot holds, as a file: JSON, one line an entry, so that it is written and read as it comes.

PRIVATE to the collection.

.. code-block:: text

    {"head": {...},         what is known before anything is read
    "entries": [
    {"path": ...},          one of Entry
    {"path": ...}
    ],
    "tail": {...}}          what is known of the archive afterwards
"""

from __future__ import annotations

import collections
import json
import os
import platform
import typing as t
from dataclasses import asdict, dataclass

from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive import entries, signature
from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive.compression import FORMS
from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive.digests import CHUNK
from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive.entries import Entry
from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive.order import Order
from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import SnapshotDamaged
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import Labels, Snapshot, is_time

FORMAT = 1
_ABOUT = "manifest"
_OPENING = b'{"head": '
_FIRST = b'"entries": [\n'
_LAST = b"],\n"
_TAIL = b'"tail": '
_MOST_OF_A_LINE = 1 << 20
_LABELS = ("environment", "release", "rollout", "reason", "before_restore_of")


@dataclass(frozen=True)
class Head:
    """What a snapshot is, without what it holds.

    :param compression: one of :data:`FORMS`
    :param salt: that the key was made with; None for one that is not signed
    :param copied: the path of a small file that is often asked for alone, and of which a copy is beside the archive
    """

    snapshot: Snapshot
    compression: str
    salt: t.Optional[str]
    copied: t.Optional[str] = None

    @property
    def archive(self) -> str:
        """What the file with the content is called."""
        return "content.tar" + FORMS[self.compression]


@dataclass(frozen=True)
class Tail:
    """What is known of a snapshot when it is written.

    :param sha256: of the archive, as it is on the disk
    :param length: of the archive, as it is on the disk
    :param files: regular files, each name of one
    :param bytes: what they hold together
    """

    sha256: str
    length: int
    files: int
    bytes: int


class Writer:
    """Writes a manifest to *stream*; *key* as in :func:`sealed`."""

    def __init__(self, stream: t.BinaryIO, head: Head, key: t.Optional[bytes]) -> None:
        self._stream = stream
        self._seal = signature.Seal(key, _ABOUT)
        self._between = _OPENING + _json(_from_head(head)) + b",\n" + _FIRST

    def add(self, entry: Entry) -> None:
        """Write the next entry."""
        self._write(self._between + entries.to_line(entry).encode("ascii"))
        self._between = b",\n"

    def finish(self, tail: Tail) -> str:
        """Write the rest, to the disk, and return the seal of it all, as a line."""
        self._write(b"\n" + _LAST + _TAIL + _json(asdict(tail)) + b"}\n")
        self._stream.flush()
        os.fsync(self._stream.fileno())
        return self._seal.text() + "\n"

    def _write(self, chunk: bytes) -> None:
        self._seal.update(chunk)
        self._stream.write(chunk)


class Manifest:
    """A manifest that is read from *stream*; *name* is for messages. All methods raise :class:`SnapshotDamaged`."""

    def __init__(self, stream: t.BinaryIO, name: str) -> None:
        self._stream = stream
        self._name = name
        self._verified: t.Optional[_Verified] = None
        try:
            self._first = first = stream.readline(_MOST_OF_A_LINE)
            if not first.startswith(_OPENING) or not first.endswith(b",\n"):
                raise ValueError("it does not begin as one")
            self.head = _to_head(json.loads(first[len(_OPENING) : -2]))
        except _SENSELESS as error:
            raise self._damaged(error) from error

    def verify(self, key: t.Optional[bytes], seal: bytes) -> None:
        """See that *seal* is that of this manifest, and that whatever is read of it later is what was sealed."""
        made = self._sealing(key)
        last: t.Deque[bytes] = collections.deque(maxlen=_MOST_OF_A_LINE // CHUNK + 1)
        for chunk in iter(lambda: self._stream.read(CHUNK), b""):
            made.update(chunk)
            last.append(chunk)
        self._verified = _Verified(key, made.text(), b"".join(last))
        if not signature.same(made.text() + "\n", seal.decode("utf-8", "replace")):
            raise SnapshotDamaged(
                "{0}: its signature is another: the manifest or the signature was changed, "
                "or made with another password".format(self._name)
            )

    def tail(self) -> Tail:
        """What stands at the end of one that was verified."""
        last = self._as_verified().end.rpartition(b"\n" + _LAST)[2]
        try:
            if not last.startswith(_TAIL) or not last.endswith(b"}\n"):
                raise ValueError("it does not end as one")
            return _to_tail(json.loads(last[len(_TAIL) : -2]))
        except _SENSELESS as error:
            raise self._damaged(error) from error

    def entries(self) -> t.Iterator[Entry]:
        """What one holds that was verified, each seen to be something that can be restored, and to lie inside.

        Whoever may write in the repository may change it after it was verified, so what is read now is sealed once more: it is
        known to be right when the last has come.
        """
        verified = self._as_verified()
        made = self._sealing(verified.key)
        try:
            order = Order(self.head.snapshot.paths)
            line = b",\n" if self._line(made) == _FIRST else b""
            while line.endswith(b",\n"):
                line = self._line(made)
                entry = entries.from_line(line[: -2 if line.endswith(b",\n") else -1].decode("ascii"))
                order.take(entry)
                yield entry
            order.end()
            if self._line(made) != _LAST:
                raise ValueError("its entries do not end as they should")
        except _SENSELESS as error:
            raise self._damaged(error) from error
        for chunk in iter(lambda: self._stream.read(CHUNK), b""):
            made.update(chunk)
        if made.text() != verified.seal:
            raise self._changed()

    def _sealing(self, key: t.Optional[bytes]) -> signature.Seal:
        """The seal of its first line, behind which the stream stands now."""
        self._stream.seek(0)
        if self._stream.readline(_MOST_OF_A_LINE) != self._first:
            raise self._changed()
        made = signature.Seal(key, _ABOUT)
        made.update(self._first)
        return made

    def _line(self, made: signature.Seal) -> bytes:
        line = self._stream.readline()
        made.update(line)
        return line

    def _as_verified(self) -> _Verified:
        if self._verified is None:
            raise ValueError("{0} was not verified".format(self._name))
        return self._verified

    def _changed(self) -> SnapshotDamaged:
        return SnapshotDamaged("{0}: its manifest is changed while it is read".format(self._name))

    def _damaged(self, error: Exception) -> SnapshotDamaged:
        return SnapshotDamaged("{0}: its manifest makes no sense: {1}".format(self._name, error))


class _Verified(t.NamedTuple):
    """A manifest whose signature is right: with what it was sealed, its seal, and its last bytes."""

    key: t.Optional[bytes]
    seal: str
    end: bytes


# What a line can be that was not written here; Unicode errors are ValueErrors.
_SENSELESS = (ValueError, TypeError, KeyError, RecursionError)


def _from_head(head: Head) -> t.Dict[str, t.Any]:
    snapshot = head.snapshot
    return {
        "format": FORMAT,
        "identifier": snapshot.identifier,
        "taken": snapshot.taken,
        "labels": asdict(snapshot.labels),
        "host": snapshot.host,
        "paths": snapshot.paths,
        "compression": head.compression,
        "salt": head.salt,
        "copied": head.copied,
        "python": platform.python_version(),
    }


def _to_head(known: t.Mapping[str, t.Any]) -> Head:
    if known["format"] != FORMAT:
        raise ValueError("its format is {0!r}, and {1} is known".format(known["format"], FORMAT))
    labels = known["labels"]
    if not isinstance(known["taken"], (int, float)) or not is_time(known["taken"]):
        raise ValueError("it was taken at {0!r}".format(known["taken"]))
    if known["compression"] not in FORMS:
        raise ValueError("its compression is {0!r}".format(known["compression"]))
    if known["salt"] is not None and not signature.is_salt(known["salt"]):
        raise ValueError("its salt is {0!r}".format(known["salt"]))
    snapshot = Snapshot(
        identifier=_text(known["identifier"]),
        taken=float(known["taken"]),
        labels=Labels(
            app=_text(labels["app"]),
            **{name: None if labels.get(name) is None else _text(labels[name]) for name in _LABELS},
        ),
        host=_text(known["host"]),
        paths=tuple(_text(path) for path in known["paths"]),
    )
    # Earlier versions made no copy.
    copied = None if known.get("copied") is None else _text(known["copied"])
    return Head(snapshot, known["compression"], known["salt"], copied)


def _to_tail(known: t.Mapping[str, t.Any]) -> Tail:
    numbers = {name: known[name] for name in ("length", "files", "bytes")}
    if any(not isinstance(number, int) for number in numbers.values()):
        raise ValueError("of the archive it says {0!r}".format(numbers))
    return Tail(sha256=_text(known["sha256"]), **numbers)


def _text(given: t.Any) -> str:
    if not isinstance(given, str):
        raise TypeError("{0!r} is no text".format(given))
    return given


def _json(known: t.Any) -> bytes:
    return json.dumps(known).encode("ascii")
