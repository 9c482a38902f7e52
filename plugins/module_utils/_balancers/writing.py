# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the system says when a file of a balancer cannot be written, as errors of the collection.

PRIVATE to the collection.
"""

from __future__ import annotations

import contextlib
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._balancers.errors import (
    NotWritten,
    PermissionMissing,
)


@contextlib.contextmanager
def writing(path: str) -> t.Iterator[None]:
    """Run the block that writes *path*.

    :raises PermissionMissing: this user may not
    :raises NotWritten: anything else is in the way: no space, a read-only or broken file system, something else in its place
    """
    try:
        yield
    except PermissionError as error:
        raise PermissionMissing("cannot write {0}: {1}".format(path, error.strerror)) from error
    except OSError as error:
        raise NotWritten("cannot write {0}: {1}".format(path, error.strerror or error)) from error
