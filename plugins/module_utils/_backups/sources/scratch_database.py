# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What sources have in common that restore into databases beside the live ones.

PRIVATE to the collection.
"""

from __future__ import annotations

import contextlib
import hashlib
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import BackupError, RepositoryFull
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import Facts
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources import dumped
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.facts import unlike

OURS = "progressive_delivery_"
"""How the names of scratch databases begin; no database of anybody else is called so."""
PROOF, FRESH, OLD = "proof", "fresh", "old"
_FULL = ("No space left", "Disk quota exceeded", "is full")


def scratch_name(use: str, database: str) -> str:
    """What a scratch database for *database* is called: always the same, so that the next run knows it."""
    return "{0}{1}_{2}".format(OURS, use, short(database))


def short(database: str) -> str:
    """The name of a database as 64 bits in hexadecimal digits."""
    return hashlib.sha256(database.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def compare(kind: t.Type[BackupError], source: str, saved: Facts, found: Facts) -> None:
    """Raise *kind* where a scratch database is not what was saved."""
    wrong = unlike(saved, found)
    if wrong:
        raise kind(
            "{0}: what the dump restores is not what was saved: {1}".format(source, "; ".join(wrong)), differences=wrong
        )


@contextlib.contextmanager
def explained(
    kind: t.Type[BackupError],
    message: str,
    refused: t.Type[Exception],
    with_more: t.Callable[[str], str] = str,
) -> t.Iterator[None]:
    """Turn what goes wrong into *kind*, or a full disk, with the reason after *message*.

    :param refused: what the programs of the server raise
    :param with_more: what a reason becomes that says too little
    """
    try:
        yield
    except (refused, dumped.Damaged, OSError) as error:
        reason = str(error)
        full = any(words in reason for words in _FULL)
        raise (RepositoryFull if full else kind)("{0}: {1}".format(message, with_more(reason))) from error
