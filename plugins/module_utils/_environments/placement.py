# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a configuration where the app reads them.

PRIVATE to the collection.
"""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import stat
import typing as t
from dataclasses import dataclass, field

from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.files import RenderedFile
from ansible_collections.progressive.delivery.plugins.module_utils._environments.revisions.errors import (
    ConfigurationUnwritable,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.revisions.store import explained
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._files import atomic


@dataclass(frozen=True)
class Found:
    """What is at a path.

    :param content: None for what is no ordinary file
    :param owner: name, and number as text
    """

    owner: t.Tuple[str, str]
    group: t.Tuple[str, str]
    mode: int
    content: t.Optional[bytes] = field(default=None, repr=False)

    def is_as(self, file: RenderedFile) -> bool:
        """Whether nothing is to be done for *file*."""
        return (
            self.content == file.content
            and self.mode == file.mode
            and file.owner in {None, *self.owner}
            and file.group in {None, *self.group}
        )


def found_at(path: str) -> t.Optional[Found]:
    """What is at *path*; None where nothing is. A link is not followed.

    :raises ConfigurationUnwritable: it may not be read
    """
    with explained("read", path):
        try:
            known = os.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        content = None
        if stat.S_ISREG(known.st_mode):
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(descriptor, "rb") as handle:
                content = handle.read()
        return Found(
            owner=(_user_name(known.st_uid), str(known.st_uid)),
            group=(_group_name(known.st_gid), str(known.st_gid)),
            mode=stat.S_IMODE(known.st_mode),
            content=content,
        )


def check_placeable(file: RenderedFile) -> None:
    """Refuse a file that could not be placed, before anything is touched.

    :raises InvalidOption: its user or group does not exist, or may not be given it
    :raises ConfigurationUnwritable: its folder is not there or may not be written, or something else is at its path
    """
    _owner_of(file)
    folder = os.path.dirname(file.path)
    if not os.path.isdir(folder):
        raise ConfigurationUnwritable("there is no folder {0} for {1}".format(folder, file.path))
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ConfigurationUnwritable("user id {0} may not write in {1}".format(os.geteuid(), folder))
    if os.path.isdir(file.path) and not os.path.islink(file.path):
        raise ConfigurationUnwritable("{0} is a folder".format(file.path))


def check_removable(path: str) -> None:
    """Refuse to remove what is no file any more; raises ConfigurationUnwritable."""
    if os.path.isdir(path) and not os.path.islink(path):
        raise ConfigurationUnwritable(
            "{0}, which the configuration has no more, is a folder; move it away".format(path)
        )
    if not os.access(os.path.dirname(path), os.W_OK | os.X_OK):
        raise ConfigurationUnwritable("user id {0} may not write in {1}".format(os.geteuid(), os.path.dirname(path)))


def place(file: RenderedFile) -> None:
    """Write a file, whole or not at all; raises what :func:`check_placeable` raises."""
    owner = _owner_of(file)
    with explained("write", file.path):
        atomic.place_file(file.path, file.content, file.mode, owner)


def take_away(path: str) -> bool:
    """Remove a file; whether it was there."""
    with explained("remove", path):
        try:
            os.unlink(path)
        except FileNotFoundError:
            return False
        atomic.sync_folder(os.path.dirname(path))
        return True


def sweep(path: str) -> None:
    """Remove what a run that was killed while it placed the file has left."""
    with explained("remove", path), contextlib.suppress(FileNotFoundError, NotADirectoryError):
        os.unlink(atomic.name_while_placed(path))


def _owner_of(file: RenderedFile) -> t.Tuple[int, int]:
    user = -1 if file.owner is None else _number(file.owner, "owner", lambda name: pwd.getpwnam(name).pw_uid)
    group = -1 if file.group is None else _number(file.group, "group", lambda name: grp.getgrnam(name).gr_gid)
    if os.geteuid() and user not in {-1, os.geteuid()}:
        raise InvalidOption("{0}: only root may give a file to the user {1}".format(file.path, file.owner))
    if os.geteuid() and group != -1 and group not in {os.getegid(), *os.getgroups()}:
        raise InvalidOption("{0}: only root may give a file to the group {1}".format(file.path, file.group))
    return user, group


def _number(name: str, what: str, known: t.Callable[[str], int]) -> int:
    if name.isdigit():
        return int(name)
    try:
        return known(name)
    except KeyError:
        raise InvalidOption("{0} {1!r} does not exist on this host".format(what, name)) from None


def _user_name(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _group_name(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)
