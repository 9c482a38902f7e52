# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How it is known that a manifest is the one that was written.

PRIVATE to the collection. With a password, a seal is an HMAC-SHA256 with a key
that scrypt makes of it: without the password nobody can make one. Without, it
is a SHA-256 and tells damage only.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import EngineMissing

_SALT_BYTES = 32
_COST = 1 << 15
_BLOCK_SIZE = 8
_MEMORY = 3 * 128 * _COST * _BLOCK_SIZE // 2


def new_salt() -> str:
    """A salt that no other repository has, in hexadecimal digits."""
    return os.urandom(_SALT_BYTES).hex()


def is_salt(given: t.Any) -> bool:
    """Whether *given* is a salt as :func:`new_salt` makes them."""
    return isinstance(given, str) and len(given) == 2 * _SALT_BYTES and not set(given) - set("0123456789abcdef")


def key_of(password: str, salt: str) -> bytes:
    """The key that belongs to *password*; takes some tenths of a second and 32 MB, so that trying passwords does too."""
    if not hasattr(hashlib, "scrypt"):
        raise EngineMissing("this Python was built without scrypt, which signing needs")
    return hashlib.scrypt(
        password.encode("utf-8", "surrogateescape"),
        salt=bytes.fromhex(salt),
        n=_COST,
        r=_BLOCK_SIZE,
        p=1,
        maxmem=_MEMORY,
        dklen=32,
    )


class Seal:
    """A seal that is made of what passes by.

    :param key: None for one that tells damage only
    """

    def __init__(self, key: t.Optional[bytes], about: str) -> None:
        if key is None:
            self._name = "sha256"
            self._digest: t.Any = hashlib.sha256()
        else:
            # With what it is about in it, the signature of one thing is never that of another.
            self._name = "hmac-sha256"
            self._digest = hmac.new(key, about.encode("ascii") + b"\n", hashlib.sha256)

    def update(self, chunk: bytes) -> None:
        """Add *chunk* to what is sealed."""
        self._digest.update(chunk)

    def text(self) -> str:
        """The seal: how it was made, and its digits."""
        return "{0} {1}".format(self._name, self._digest.hexdigest())


def sealed(key: t.Optional[bytes], about: str, content: bytes) -> str:
    """The seal of *content*."""
    seal = Seal(key, about)
    seal.update(content)
    return seal.text()


def same(one: str, other: str) -> bool:
    """Whether two seals are the same, in a time that tells nothing of where they differ."""
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))
