# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""dotenv.

PRIVATE to the collection.
"""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._environments import dotenv_grammar
from ansible_collections.progressive.delivery.plugins.module_utils._environments.errors import UnreadableDocument
from ansible_collections.progressive.delivery.plugins.module_utils._environments.model import Value
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.formats.variables_file import (
    VariablesFile,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.interface import (
    NotOfThisFormat,
)

_OF_THE_SHELL = frozenset({"BASHOPTS", "BASH_VERSINFO", "EUID", "OPTIND", "PPID", "SHELLOPTS", "UID"})
"""Those that bash lets nobody set, and the one that dash takes nothing but a number for."""


class Dotenv(VariablesFile):
    """Variables for a shell and for readers of dotenv."""

    name = "dotenv"

    def refusal(self, variable: t.Tuple[str, str]) -> t.Optional[str]:
        if variable[0] not in _OF_THE_SHELL:
            return None
        return "shells keep the variable of that name for themselves; give a prefix"

    def write(self, found: t.Mapping[str, str]) -> str:
        return dotenv_grammar.render(found)

    def read(self, text: str) -> t.Optional[t.Dict[str, Value]]:
        try:
            return dict(dotenv_grammar.parse(text))
        except UnreadableDocument as error:
            raise NotOfThisFormat(error.message) from error
