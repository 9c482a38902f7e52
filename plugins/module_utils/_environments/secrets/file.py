# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets in files: ``file:/run/secrets/db``. One line break at the end is not part of it.

PRIVATE to the collection.
"""

from __future__ import annotations

import os
import stat
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._environments.errors import (
    InvalidReference,
    SecretUnavailable,
)

_LARGEST = 1024 * 1024
"""Bytes; more is no secret."""


class Files:
    """Secrets that are a file each.

    :param folder: where paths begin that do not begin at the root; without it there can be none
    """

    def __init__(self, folder: t.Optional[str] = None) -> None:
        self._folder = folder

    def value(self, place: str) -> str:
        return secret_in(path_below(self._folder, place))


def path_below(folder: t.Optional[str], place: str) -> str:
    """The path of a file that a reference names; raises InvalidReference."""
    if not place or "\0" in place:
        raise InvalidReference("it names no file")
    if not os.path.isabs(place) and folder is None:
        raise InvalidReference("the path {0} does not begin with /, and no folder is given for such".format(place))
    if not os.path.isabs(place) and ".." in place.split("/"):
        raise InvalidReference("the path {0} leads out of the folder; say it from / on".format(place))
    return os.path.join(folder or "/", place)


def secret_in(path: str) -> str:
    """The text of a file; raises SecretUnavailable."""
    try:
        # A pipe, into which nobody may ever write, is not waited for.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise SecretUnavailable("{0} is no file".format(path))
            with os.fdopen(descriptor, "rb", closefd=False) as handle:
                content = handle.read(_LARGEST + 1)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise SecretUnavailable("{0} cannot be read: {1}".format(path, error.strerror)) from error
    if len(content) > _LARGEST:
        raise SecretUnavailable("{0} is larger than {1} bytes".format(path, _LARGEST))
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        # Without its cause, which holds the content.
        raise SecretUnavailable("{0} is no UTF-8".format(path)) from None
    return text[:-1] if text.endswith("\n") else text
