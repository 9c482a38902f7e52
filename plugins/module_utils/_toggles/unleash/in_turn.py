# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One change of a flag at a time from one machine, as when many hosts' tasks are delegated to it.

PRIVATE to the collection. Changes from other machines are not kept away; they are found, see ``server.py``.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._toggles.interface import (
    Decision,
    Definition,
    Toggles,
)
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.one_writer import one_writer


class InTurn:
    """Flags that are changed one after the other by this machine's user.

    :param place: what tells the flags from others; never shown
    :param lock_timeout: seconds to wait for another process
    """

    def __init__(self, toggles: Toggles, place: t.Sequence[str], lock_timeout: float = 0.0) -> None:
        self._toggles = toggles
        self._place = place
        self._lock_timeout = lock_timeout

    def read(self, name: t.Optional[str] = None) -> t.Dict[str, Definition]:
        return self._toggles.read(name)

    def change(
        self, name: str, decide: Decision, dry: bool = False
    ) -> t.Tuple[t.Optional[Definition], t.Optional[Definition]]:
        with contextlib.nullcontext() if dry else self._lock(name):
            return self._toggles.change(name, decide, dry)

    def _lock(self, name: str) -> t.ContextManager[None]:
        what = hashlib.sha256("\0".join([*self._place, name]).encode("utf-8")).hexdigest()[:32]
        path = os.path.join(tempfile.gettempdir(), "progressive.delivery-{0}-{1}.lock".format(os.geteuid(), what))
        busy = "another process on this machine is changing the flag '{0}'".format(name)
        return one_writer(path, self._lock_timeout, busy, mode=0o600)
