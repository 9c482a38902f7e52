# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What data comes from, and how one more kind is added.

PRIVATE to the collection. A driver a kind of source: ``postgresql.py``,
``mysql.py``, ``sqlite.py``, ``redis.py``, ``command.py``. To add another,
write its file and name it in ``registry.py``. Paths are not among them: the
engine saves those where they are.
"""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import Facts


class Source:
    """Something that is not a file and is saved as one, consistent although it is in use.

    :param name: what the dump is called; unique in a backup, and a plain file name
    :param notes: what people should know of a check or a dump that went well
    """

    kind: str
    name: str
    notes: t.Sequence[str] = ()

    def check(self) -> None:
        """Find out, changing nothing, whether it can be dumped: programs, connection, rights. Raises :class:`SourceUnusable`."""
        raise NotImplementedError

    def size(self) -> int:
        """At most how many bytes a dump takes, as far as can be told beforehand."""
        raise NotImplementedError

    def dump(self, folder: str) -> Facts:
        """Write the dump into the empty *folder*; the facts are of the very state that was dumped. Raises :class:`DumpFailed`."""
        raise NotImplementedError

    def prove(self, folder: str, facts: Facts, scratch: str) -> None:
        """Restore the dump in *folder* into something of its own, compare it with *facts*, and take it away again.

        :param scratch: an empty folder to work in
        :raises NotProven: with what differs
        """
        raise NotImplementedError

    def check_restore(self) -> None:
        """Find out, changing nothing, whether the task says how it is put back. Raises :class:`RestoreFailed`."""

    def restore(self, folder: str, facts: Facts, scratch: str) -> None:
        """Put the dump in *folder* in the place of what is live, which changes at once or not at all.

        What was live before is gone then; whoever calls has it saved. Killed on the way, it can be called again.

        :raises RestoreFailed: what is live is as it was
        """
        raise NotImplementedError
