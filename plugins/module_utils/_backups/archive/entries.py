# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One entry of a snapshot: what is known of a file, a folder, a link or a pipe beside its content.

PRIVATE to the collection. Pure. An entry is one line of JSON in the manifest.
"""

from __future__ import annotations

import base64
import binascii
import enum
import json
import typing as t
from dataclasses import dataclass, field

from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive.names import parts_of, raw

_MOST_SIZE = 1 << 62
_MOST_ID = (1 << 32) - 1
_MOST_TIME = 1 << 73  # nanoseconds; file systems keep 64 bits of seconds at most
_SHA256_DIGITS = frozenset("0123456789abcdef")

Ranges = t.Tuple[t.Tuple[int, int], ...]


class Kind(enum.Enum):
    """What an entry is."""

    FILE = "file"
    FOLDER = "folder"
    SYMLINK = "symlink"
    HARDLINK = "hardlink"
    FIFO = "fifo"


@dataclass(frozen=True)
class Entry:
    """What is saved of one name.

    :param path: absolute
    :param mode: permission bits, with those for setuid, setgid and sticky
    :param target: of a symbolic link as it stands there; of a hard link the path of the file, which came earlier
    :param size: of a file in bytes, its holes among them
    :param data: of a file with holes: offset and length of each part that is none
    :param sha256: of what is stored of a file, which is all of it but its holes
    :param shared: whether the file has other names, which may come later
    """

    path: str
    kind: Kind
    mode: int
    uid: int
    gid: int
    user: str
    group: str
    mtime_ns: int
    target: str = ""
    size: int = 0
    data: t.Optional[Ranges] = None
    sha256: str = ""
    shared: bool = False
    xattrs: t.Mapping[str, bytes] = field(default_factory=dict)

    @property
    def stored(self) -> Ranges:
        """Offset and length of each part of a file that is stored."""
        if self.data is not None:
            return self.data
        return ((0, self.size),) if self.size else ()


def to_line(entry: Entry) -> str:
    """The entry as JSON, in ASCII and without a line break."""
    known: t.Dict[str, t.Any] = {
        "path": entry.path,
        "type": entry.kind.value,
        "mode": "{0:04o}".format(entry.mode),
        "uid": entry.uid,
        "gid": entry.gid,
        "user": entry.user,
        "group": entry.group,
        "mtime_ns": entry.mtime_ns,
    }
    if entry.kind is Kind.FILE:
        known.update(size=entry.size, sha256=entry.sha256)
        if entry.data is not None:
            known["data"] = entry.data
        if entry.shared:
            known["shared"] = True
    elif entry.target:
        known["target"] = entry.target
    if entry.xattrs:
        known["xattrs"] = {
            name: base64.b64encode(value).decode("ascii") for name, value in sorted(entry.xattrs.items())
        }
    return json.dumps(known)


def from_line(line: str) -> Entry:
    """The entry of a line; raises :class:`ValueError` or :class:`TypeError`, saying why, for one that cannot be restored."""
    known = json.loads(line)
    if not isinstance(known, dict):
        raise TypeError("it is not an object")
    try:
        kind = Kind(known.pop("type"))
        entry = Entry(
            path=_text(known.pop("path")),
            kind=kind,
            mode=_mode(known.pop("mode")),
            uid=_number(known.pop("uid"), 0, _MOST_ID),
            gid=_number(known.pop("gid"), 0, _MOST_ID),
            user=_text(known.pop("user")),
            group=_text(known.pop("group")),
            mtime_ns=_number(known.pop("mtime_ns"), -_MOST_TIME, _MOST_TIME),
            xattrs=_xattrs(known.pop("xattrs", {})),
            **(_of_a_file(known) if kind is Kind.FILE else _of_a_link(known, kind)),
        )
    except KeyError as missing:
        raise ValueError("it has no {0}".format(missing)) from missing
    if known:
        raise ValueError("it has {0}, which a {1} has not".format(", ".join(sorted(known)), kind.value))
    parts_of(entry.path)
    return entry


def _of_a_file(known: t.Dict[str, t.Any]) -> t.Dict[str, t.Any]:
    size = _number(known.pop("size"), 0, _MOST_SIZE)
    shared = known.pop("shared", False)
    if not isinstance(shared, bool):
        raise TypeError("shared is {0!r}".format(shared))
    return {
        "size": size,
        "sha256": _digest(known.pop("sha256")),
        "data": _data(known.pop("data", None), size),
        "shared": shared,
    }


def _of_a_link(known: t.Dict[str, t.Any], kind: Kind) -> t.Dict[str, t.Any]:
    if kind not in (Kind.SYMLINK, Kind.HARDLINK):
        return {}
    target = _text(known.pop("target"))
    if not target:
        raise ValueError("it links to nothing")
    if kind is Kind.HARDLINK:
        parts_of(target)
    return {"target": target}


def _data(given: t.Any, size: int) -> t.Optional[Ranges]:
    if given is None:
        return None
    if not isinstance(given, list) or any(not isinstance(part, list) or len(part) != 2 for part in given):
        raise ValueError("its parts are {0!r}".format(given))
    end = 0
    for offset, length in given:
        end = _number(offset, end, size) + _number(length, 1, size - offset)
    return tuple((offset, length) for offset, length in given)


def _text(given: t.Any) -> str:
    if not isinstance(given, str) or "\0" in given:
        raise ValueError("{0!r} is not text without zero bytes".format(given))
    raw(given)
    return given


def _number(given: t.Any, least: int, most: int) -> int:
    if not isinstance(given, int) or isinstance(given, bool) or not least <= given <= most:
        raise ValueError("{0!r} is not a number from {1} to {2}".format(given, least, most))
    return given


def _mode(given: t.Any) -> int:
    if not isinstance(given, str) or len(given) != 4 or set(given) - set("01234567"):
        raise ValueError("its mode is {0!r}".format(given))
    return int(given, 8)


def _digest(given: t.Any) -> str:
    if not isinstance(given, str) or len(given) != 64 or set(given) - _SHA256_DIGITS:
        raise ValueError("its SHA-256 is {0!r}".format(given))
    return given


def _xattrs(given: t.Any) -> t.Dict[str, bytes]:
    if not isinstance(given, dict):
        raise TypeError("its extended attributes are {0!r}".format(given))
    try:
        return {_text(name): base64.b64decode(_text(value), validate=True) for name, value in given.items()}
    except binascii.Error as error:
        raise ValueError("an extended attribute is not in base64") from error
