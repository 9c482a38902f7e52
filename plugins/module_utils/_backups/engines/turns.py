# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking turns on a repository that one process at a time may change.

PRIVATE to the collection.
"""

from __future__ import annotations

import time
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import RepositoryLocked

_PAUSE = 0.5

_T = t.TypeVar("_T")


def in_turn(attempt: t.Callable[[], _T], free_of_the_dead: t.Callable[[], bool], patience: float) -> _T:
    """What *attempt* returns, as soon as nothing is in its way.

    :param attempt: raises :class:`RepositoryLocked` while another process has the repository
    :param free_of_the_dead: removes locks whose owners are no more, and tells whether there were any
    :param patience: seconds to wait for those that live
    """
    until = time.monotonic() + patience
    while True:
        try:
            return attempt()
        except RepositoryLocked:
            if free_of_the_dead():
                continue
            if time.monotonic() >= until:
                raise
            time.sleep(_PAUSE)
