# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a pool, or a part of it, is called among those that are vouched for, or undone.

PRIVATE to the collection. Pure.
"""

from __future__ import annotations

import typing as t


def part(pool: str, hosts: t.Sequence[str]) -> str:
    """How a pool, or some hosts of it, is named among those that are vouched for."""
    return "{0}: {1}".format(pool, ", ".join(hosts)) if hosts else pool


def is_of(pool: str, name: str) -> bool:
    """Whether *name* is what :func:`part` made of *pool*."""
    return name == pool or name.startswith(pool + ": ")
