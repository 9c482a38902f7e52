# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which sums belong together where they are kept until somebody scrapes them.

PRIVATE to the collection. Pure.
"""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._metrics.model import Labels, Sum

JOB = "progressive_delivery"
"""The job that whatever is not told another is kept as."""


def grouped(sums: t.Iterable[Sum], by: t.Collection[str]) -> t.Dict[Labels, t.List[Sum]]:
    """By the values of the labels *by*: whoever writes a group replaces what was in it, and nothing of another."""
    found: t.Dict[Labels, t.List[Sum]] = {}
    for each in sums:
        group = tuple(pair for pair in each.labels if pair[0] in by)
        found.setdefault(group, []).append(each)
    return found
