# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many random examples a test tries that is slower, or is to try more, than others."""

from __future__ import annotations

from hypothesis import settings

USUAL = 100
"""How many a test tries at a desk that says nothing."""


def examples(number: int) -> int:
    """So many at a desk; in another profile as many more or fewer as of the usual ones."""
    return max(1, number * settings.default.max_examples // USUAL)
