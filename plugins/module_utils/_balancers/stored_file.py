# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in a file of a balancer, whatever somebody made of it.

PRIVATE to the collection.
"""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._balancers.errors import PermissionMissing


def text_of(path: str) -> t.Optional[str]:
    """What the file at *path* holds, with a mark for each byte that is no text.

    None when there is none, when something else is in its place, or when it cannot be read.

    :raises PermissionMissing: this user may not read it
    """
    try:
        with open(path, encoding="utf-8", errors="replace") as handle:
            return handle.read()
    except PermissionError as error:
        raise PermissionMissing("cannot read {0}: {1}".format(path, error.strerror)) from error
    except OSError:
        return None
