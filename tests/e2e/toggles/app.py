# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for what a running app sees of a change."""

from __future__ import annotations

import time
import typing as t

# Only so that a hang is told.
LIMIT = 60


def wait_until(what: t.Callable[[], bool]) -> None:
    end = time.monotonic() + LIMIT
    while not what():
        assert time.monotonic() < end, f"not within {LIMIT} s"
        time.sleep(0.02)
