# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which members of an archive may be unpacked, decided before any of them is.

PRIVATE to the collection. Pure: members are values, nothing is read or written.
"""

from __future__ import annotations

import enum
import typing as t
from dataclasses import dataclass, replace

from ansible_collections.progressive.delivery.plugins.module_utils._releases.errors import UnsafeArchive

RECORD = ".release.json"
_MOST_LINKS = 40

Path = t.Tuple[str, ...]


class Kind(enum.Enum):
    """What a member is."""

    FILE = "file"
    FOLDER = "folder"
    SYMLINK = "symbolic link"
    HARDLINK = "hard link"
    OTHER = "device, pipe or other special file"


@dataclass(frozen=True)
class Member:
    """One entry of an archive.

    :param position: its place in the archive, by which its content is read
    :param name: as the archive has it, later the normalised path below the release
    :param target: of a link: as the archive has it; of a hard link later the normalised path
    :param size: bytes of content
    """

    position: int
    name: str
    kind: Kind
    target: str = ""
    mode: int = 0o644
    size: int = 0
    modified: float = 0.0


def safe_members(members: t.Iterable[Member], strip: int = 0, shared: t.Collection[str] = ()) -> t.Tuple[Member, ...]:
    """The members to unpack, in order, with normalised names.

    Refused, with :class:`UnsafeArchive`: names that are absolute or climb with
    ``..``; links that lead outside the release however they are followed;
    hard links to anything but an earlier regular file; devices and pipes;
    members given twice or below something that is not a folder; a member that
    takes the place of the release's own record.

    A shared path becomes a link to a place elsewhere, and what the archive has
    there may move to that place. So a link that climbs after it has come to a
    shared path is refused too, as are one from inside that leaves it, a hard
    link between inside and outside, and what is no folder above it.

    :param strip: leading folders to take off every name; members with no more are left out
    :param shared: the checked shared paths of the release
    """
    places = frozenset(tuple(path.split("/")) for path in shared)
    kept = [member for member in (_normalised(member, strip) for member in members) if member is not None]
    by_path: t.Dict[Path, Member] = {}
    for member in kept:
        path = tuple(member.name.split("/"))
        _refuse_duplicate(member, by_path.get(path))
        _refuse_bad_hardlink(member, by_path)
        by_path.setdefault(path, member)
    links = {path: tuple(member.target.split("/")) for path, member in by_path.items() if member.kind is Kind.SYMLINK}
    for path, member in by_path.items():
        _refuse_below_non_folder(member, path, by_path)
        _refuse_above_shared(member, path, places)
        if member.kind is Kind.SYMLINK:
            _refuse_leading_out(member, path, links, places)
        elif member.kind is Kind.HARDLINK:
            _refuse_across(member, path, places)
    return tuple(by_path.values())


def total_size(members: t.Iterable[Member]) -> int:
    """Bytes that the contents of *members* take when unpacked."""
    return sum(member.size for member in members if member.kind is Kind.FILE)


def resolve(
    folder: Path, target: Path, links: t.Mapping[Path, Path], shared: t.Collection[Path] = ()
) -> t.Optional[Path]:
    """Where a relative *target* leads, seen from *folder*, when every link is followed as the system does.

    None when it leads outside, through more links than the system follows, or
    climbs from a shared path, whose place is not in the release.

    :param links: all symbolic links: their path and the parts of their relative targets
    """
    here = list(folder)
    ahead = list(reversed(target))
    followed = 0
    while ahead:
        part = ahead.pop()
        if part == "..":
            if not here or _shared_place(tuple(here), shared) is not None:
                return None
            here.pop()
        elif part not in ("", "."):
            here.append(part)
            onward = links.get(tuple(here))
            if onward is not None and _shared_place(tuple(here), shared) is None:
                followed += 1
                if followed > _MOST_LINKS:
                    return None
                here.pop()
                ahead.extend(reversed(onward))
    return tuple(here)


def _normalised(member: Member, strip: int) -> t.Optional[Member]:
    if member.kind is Kind.OTHER:
        raise _refused(member, "is a {0}".format(member.kind.value))
    parts = _parts(member, member.name)[strip:]
    if not parts:
        return None
    if parts[0] == RECORD:
        raise _refused(member, "takes the place of the release's own record")
    if member.kind is Kind.SYMLINK and (not member.target or member.target.startswith("/") or "\0" in member.target):
        raise _refused(member, "links to {0!r}, which is not inside the release".format(member.target))
    target = member.target
    if member.kind is Kind.HARDLINK:
        target = "/".join(_parts(member, member.target)[strip:])
    return replace(member, name="/".join(parts), target=target)


def _parts(member: Member, path: str) -> t.List[str]:
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if path.startswith("/") or "\0" in path:
        raise _refused(member, "has the absolute or impossible path {0!r}".format(path))
    if ".." in parts:
        raise _refused(member, "climbs with '..' in {0!r}".format(path))
    return parts


def _refuse_duplicate(member: Member, earlier: t.Optional[Member]) -> None:
    if earlier is not None and not (member.kind is Kind.FOLDER and earlier.kind is Kind.FOLDER):
        raise _refused(member, "is there twice")


def _refuse_below_non_folder(member: Member, path: Path, by_path: t.Mapping[Path, Member]) -> None:
    for length in range(1, len(path)):
        above = by_path.get(path[:length])
        if above is not None and above.kind is not Kind.FOLDER:
            raise _refused(member, "lies below {0!r}, which is a {1}".format(above.name, above.kind.value))


def _refuse_bad_hardlink(member: Member, by_path: t.Mapping[Path, Member]) -> None:
    if member.kind is not Kind.HARDLINK:
        return
    earlier = by_path.get(tuple(member.target.split("/")))
    if earlier is None or earlier.kind not in (Kind.FILE, Kind.HARDLINK):
        raise _refused(member, "is a hard link to {0!r}, which is no earlier file of the archive".format(member.target))


def _refuse_above_shared(member: Member, path: Path, shared: t.Collection[Path]) -> None:
    for place in shared:
        if member.kind is not Kind.FOLDER and len(path) < len(place) and place[: len(path)] == path:
            raise _refused(member, "is a {0} above the shared path {1!r}".format(member.kind.value, "/".join(place)))


def _refuse_leading_out(member: Member, path: Path, links: t.Mapping[Path, Path], shared: t.Collection[Path]) -> None:
    place = _shared_place(path[:-1], shared)
    if place is not None:
        depth = len(place)
        inside = {link[depth:]: target for link, target in links.items() if link[:depth] == place}
        if resolve(path[depth:-1], links[path], inside) is None:
            raise _refused(
                member,
                "links to {0!r}, which leads outside the shared path {1!r}".format(member.target, "/".join(place)),
            )
    elif resolve(path[:-1], links[path], links) is None:
        raise _refused(member, "links to {0!r}, which leads outside the release".format(member.target))
    elif resolve(path[:-1], links[path], links, shared) is None:
        raise _refused(member, "links to {0!r}, which climbs from a shared path".format(member.target))


def _refuse_across(member: Member, path: Path, shared: t.Collection[Path]) -> None:
    # Both names are one file, so what is written to the shared one would change the release.
    if _shared_place(path, shared) != _shared_place(tuple(member.target.split("/")), shared):
        raise _refused(member, "is a hard link to {0!r}, and only one of them is shared".format(member.target))


def _shared_place(path: Path, shared: t.Collection[Path]) -> t.Optional[Path]:
    """The shared path that *path* is or lies in."""
    return next((place for place in shared if path[: len(place)] == place), None)


def _refused(member: Member, reason: str) -> UnsafeArchive:
    return UnsafeArchive("archive member {0!r} {1}".format(member.name, reason), member=member.name)
