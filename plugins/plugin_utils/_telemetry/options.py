# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the callback's options say, as the process that ships is told.

PRIVATE to the collection.
"""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Options:
    """Each as the documentation of the callback has it.

    :param sinks: addresses, in which there may be passwords
    :param backlog_bytes: of each sink
    :param flush: seconds
    """

    sinks: tuple[str, ...]
    backlog: str
    backlog_bytes: int
    flush: float
    working_hours: str = ""
    runbooks: str = "docs/alerts.md"
    inventory: str = ""
