# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a file holds, in one number.

PRIVATE to the collection.
"""

from __future__ import annotations

import hashlib
import typing as t

_CHUNK = 1 << 20


def size_and_sha256(path: str) -> t.Tuple[int, str]:
    """How many bytes are in the file, and their SHA-256 in hexadecimal digits. Raises :class:`OSError`."""
    digest = hashlib.sha256()
    size = 0
    with open(path, "rb") as stream:
        for chunk in iter(lambda: stream.read(_CHUNK), b""):
            digest.update(chunk)
            size += len(chunk)
    return size, digest.hexdigest()
