# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets in files that sops has encrypted: ``sops:/etc/shop/secrets.yml#db.password``.

PRIVATE to the collection. The program ``sops`` does the work, with the keys that the
account has; a file is decrypted once, whatever is taken from it.
"""

from __future__ import annotations

import json
import subprocess
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._environments.errors import (
    InvalidReference,
    SecretUnavailable,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.keys import path_of
from ansible_collections.progressive.delivery.plugins.module_utils._environments.secrets.file import path_below

_SHOWN = 400
"""Characters of what the program says when it fails: the cause stands before what can be done in general."""


class Sops:
    """Secrets in encrypted files.

    :param program: its name or path
    :param folder: where paths begin that do not begin at the root; without it there can be none
    :param timeout: seconds for one file; it may ask a key service
    """

    def __init__(self, program: str = "sops", folder: t.Optional[str] = None, timeout: float = 30.0) -> None:
        self._program = program
        self._folder = folder
        self._timeout = timeout
        self._files: t.Dict[str, t.Any] = {}

    def value(self, place: str) -> str:
        name, _sign, key = place.partition("#")
        try:
            parts = path_of(key)
        except ValueError:
            raise InvalidReference("after the path stands # and a key such as db.password") from None
        path = path_below(self._folder, name)
        if path not in self._files:
            self._files[path] = self._decrypted(path)
        found = self._files[path]
        for part in parts:
            found = _below(found, part)
        if found is None:
            raise SecretUnavailable("{0} has no {1}".format(path, key))
        if not isinstance(found, str):
            raise SecretUnavailable("{0} in {1} is no text".format(key, path))
        return found

    def _decrypted(self, path: str) -> t.Any:
        argv = [self._program, "--decrypt", "--output-type", "json", path]
        try:
            ended = subprocess.run(
                argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=self._timeout, check=False
            )
        except subprocess.TimeoutExpired:
            # Without its cause, which holds what was written so far.
            raise SecretUnavailable(
                "{0} did not decrypt {1} within {2:g} seconds".format(self._program, path, self._timeout)
            ) from None
        except OSError as error:
            raise SecretUnavailable(
                "the program {0} cannot be run here: {1}".format(self._program, error.strerror)
            ) from error
        if ended.returncode:
            # Its lines are broken anywhere, and begin with a bar.
            words = ended.stderr.decode("utf-8", "replace").split()
            said = " ".join(word for word in words if word != "|")[:_SHOWN]
            raise SecretUnavailable("{0} cannot decrypt {1}: {2}".format(self._program, path, said))
        try:
            return json.loads(ended.stdout)
        except (ValueError, RecursionError):
            raise SecretUnavailable("{0} decrypted {1} to no JSON".format(self._program, path)) from None


def _below(value: t.Any, part: str) -> t.Any:
    """What a part of a key leads to; None for nothing."""
    if isinstance(value, dict):
        return value.get(part)
    if isinstance(value, list) and part.isdecimal() and int(part) < len(value):
        return value[int(part)]
    return None
