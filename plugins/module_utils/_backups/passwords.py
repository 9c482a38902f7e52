# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files with a password that are nowhere on a disk and gone when nobody has them open.

PRIVATE to the collection. A program that reads its password from a file gets
one in memory, as an inherited descriptor; so none is left where the process
that made it is killed.
"""

from __future__ import annotations

import contextlib
import os
import typing as t


@contextlib.contextmanager
def file_in_memory(content: str, owner: t.Optional[int] = None) -> t.Iterator[int]:
    """Its descriptor, to be inherited under the same number; :func:`path_of` is how the program opens it.

    :param owner: the user who may read it, beside this one
    """
    descriptor = os.memfd_create("password")
    try:
        os.fchmod(descriptor, 0o600)
        os.write(descriptor, content.encode("utf-8", "surrogateescape"))
        if owner is not None and owner != os.geteuid():
            os.fchown(descriptor, owner, -1)
        yield descriptor
    finally:
        os.close(descriptor)


def path_of(descriptor: int) -> str:
    """What a program that inherited *descriptor* calls the file."""
    return "/proc/self/fd/{0}".format(descriptor)
