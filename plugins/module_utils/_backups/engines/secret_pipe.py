# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hands a secret to a program by an open pipe: on no command line, in no environment and in no file.

PRIVATE to the collection.
"""

from __future__ import annotations

import contextlib
import os
import typing as t


@contextlib.contextmanager
def handed(secret: str) -> t.Iterator[int]:
    """The descriptor at whose other end *secret* lies, to be read once; a pipe holds at least 4096 bytes."""
    reading, writing = os.pipe()
    try:
        try:
            os.set_blocking(writing, False)
            os.write(writing, os.fsencode(secret))
        finally:
            os.close(writing)
        yield reading
    finally:
        os.close(reading)
