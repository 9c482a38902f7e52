# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the processor of this host can do by itself.

PRIVATE to the collection.
"""

from __future__ import annotations

_FLAGS = {"sha_ni", "sha2"}
"""As Linux calls it on x86 and on ARM."""


def has_sha256(path: str = "/proc/cpuinfo") -> bool:
    """Whether it has instructions for SHA-256, as far as the system tells in the file at *path*."""
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return any(
                not _FLAGS.isdisjoint(line.partition(":")[2].split())
                for line in stream
                if line.startswith(("flags", "Features"))
            )
    except OSError:
        return False
