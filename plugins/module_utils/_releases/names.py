# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a version, a shared path and a checksum may look like.

PRIVATE to the collection. Pure.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._release_name import RULE, is_release_name
from ansible_collections.progressive.delivery.plugins.module_utils._releases.members import RECORD

_DIGITS = {"sha256": 64, "sha384": 96, "sha512": 128}


@dataclass(frozen=True)
class Checksum:
    """A digest to compare a file's with; ``str()`` gives ``algorithm:digits`` back."""

    algorithm: str
    digits: str

    def __str__(self) -> str:
        return "{0}:{1}".format(self.algorithm, self.digits)


def check_version(version: str) -> str:
    """*version* itself; raises :class:`InvalidOption` if it cannot name a folder safely."""
    if is_release_name(version):
        return version
    raise InvalidOption("version {0!r} is not a release's name: {1}".format(version, RULE))


def check_shared(paths: t.Iterable[str]) -> t.Tuple[str, ...]:
    """The shared *paths*, normalised.

    Raises :class:`InvalidOption` for one that is not strictly inside the
    release, or that lies within another.
    """
    known: t.List[str] = []
    for path in paths:
        parts = [part for part in path.split("/") if part not in ("", ".")]
        if path.startswith("/") or not parts or ".." in parts or not path.isprintable():
            raise InvalidOption("shared path {0!r} must be a path inside the release, without '..'".format(path))
        if parts[0] == RECORD:
            raise InvalidOption("shared path {0!r} is the release's own record".format(path))
        known.append("/".join(parts))
    for path in known:
        if any(other != path and (path + "/").startswith(other + "/") for other in known) or known.count(path) > 1:
            raise InvalidOption("shared path {0!r} is given twice, or lies within another shared path".format(path))
    return tuple(known)


def parse_checksum(text: str) -> Checksum:
    """``sha256:…`` as a :class:`Checksum`; raises :class:`InvalidOption`."""
    algorithm, colon, digits = text.partition(":")
    digits = digits.lower()
    if colon and len(digits) == _DIGITS.get(algorithm, -1) and re.match(r"[0-9a-f]+\Z", digits):
        return Checksum(algorithm, digits)
    raise InvalidOption(
        "checksum {0!r} must be sha256:, sha384: or sha512: and the digest in hexadecimal digits".format(text)
    )
