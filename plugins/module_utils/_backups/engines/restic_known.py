# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What restic said of the snapshots in a folder, kept so that it need not be asked again.

PRIVATE to the collection. Which snapshots there are is always read from the
repository: the name of each is the hash of its content, which therefore never
changes. Only what a name stands for is kept, beside restic's own cache, under a
seal that nobody can make, and nobody is let past, without the password.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive import signature
from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.restic_folder import Folder
from ansible_collections.progressive.delivery.plugins.module_utils._files.atomic import write_file

Entry = t.Mapping[str, t.Any]
"""A snapshot as ``restic snapshots --json`` lists it: ``id``, ``hostname``, ``tags``, ``paths`` and, of what restic listed itself, ``time``."""

_ABOUT = "restic-snapshots"


class KnownSnapshots:
    """The entries of a repository's snapshots, as far as this host was told of them.

    A file that cannot be read or written costs a call of restic, and is otherwise of no matter.

    :param cache: the folder that restic's cache is in; its own choice unless it is given
    """

    def __init__(self, folder: Folder, password: str, cache: t.Optional[str]) -> None:
        self._folder = folder
        self._password = password
        name = hashlib.sha256(os.fsencode(folder.path)).hexdigest()
        self._path = os.path.join(cache or _usual_cache(), "progressive_delivery", name)
        self._key: t.Optional[t.Tuple[str, bytes]] = None

    def all(self) -> t.Optional[t.List[Entry]]:
        """Of every snapshot that the repository has now; None when one of them is not known, there is none, or the password is another."""
        names = self._folder.snapshots()
        known = self._read()
        return [known[name] for name in names] if names and set(names) <= known.keys() else None

    def keep(self, entries: t.Iterable[Entry]) -> None:
        """Know these too; those that the repository has no more are forgotten."""
        there = set(self._folder.snapshots())
        known = {**self._read(), **{entry["id"]: entry for entry in entries}}
        content = json.dumps({"of": self._config(), "known": [known[name] for name in sorted(there & known.keys())]})
        salt, key = self._key or self._new_key()
        with contextlib.suppress(OSError):
            os.makedirs(os.path.dirname(self._path), mode=0o700, exist_ok=True)
            sealed = "\n".join((salt, signature.sealed(key, _ABOUT, content.encode("ascii")), content))
            write_file(self._path, sealed, mode=0o600)

    def _read(self) -> t.Dict[str, Entry]:
        try:
            with open(self._path, encoding="ascii") as stream:
                salt, seal, content = stream.read().split("\n")
        except (OSError, ValueError):
            return {}
        if not signature.is_salt(salt):
            return {}
        if self._key is None or self._key[0] != salt:
            self._key = salt, signature.key_of(self._password, salt)
        if not signature.same(seal, signature.sealed(self._key[1], _ABOUT, content.encode("ascii"))):
            return {}
        held = json.loads(content)
        return {entry["id"]: entry for entry in held["known"]} if held["of"] == self._config() else {}

    def _new_key(self) -> t.Tuple[str, bytes]:
        salt = signature.new_salt()
        self._key = salt, signature.key_of(self._password, salt)
        return self._key

    def _config(self) -> str:
        """What tells this repository from any other that was at its place."""
        try:
            with open(os.path.join(self._folder.path, "config"), "rb") as stream:
                return hashlib.sha256(stream.read()).hexdigest()
        except OSError:
            return ""


def _usual_cache() -> str:
    return os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "restic")
