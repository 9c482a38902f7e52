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
from ansible_collections.progressive.delivery.plugins.module_utils._environments.model import (
    Configuration,
    Secret,
    Value,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.flattening import variables
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.interface import (
    NotOfThisFormat,
    ReadableFormat,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.secrecy import revealed


class Dotenv(ReadableFormat):
    """Variables for a shell and for readers of dotenv."""

    name = "dotenv"
    wordings = frozenset({"prefix", "separator", "list_separator"})

    def render(self, configuration: Configuration) -> str:
        return dotenv_grammar.render(revealed(variables(configuration.settings, self.wording, self.name)))

    def read(self, text: str) -> t.Optional[t.Dict[str, Value]]:
        try:
            return dict(dotenv_grammar.parse(text))
        except UnreadableDocument as error:
            raise NotOfThisFormat(error.message) from error

    def secret_keys(self, settings: t.Mapping[str, Value]) -> t.FrozenSet[str]:
        found = variables(settings, self.wording, self.name)
        return frozenset(name for name, value in found.items() if isinstance(value, Secret))
