# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What JSON, YAML and TOML have in common: settings keep their types and their nesting.

PRIVATE to the collection.
"""

from __future__ import annotations

import abc
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._environments.documents import settings_of
from ansible_collections.progressive.delivery.plugins.module_utils._environments.errors import UnreadableDocument
from ansible_collections.progressive.delivery.plugins.module_utils._environments.leaves import leaves
from ansible_collections.progressive.delivery.plugins.module_utils._environments.model import Configuration, Value
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.holding import Holder
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.interface import (
    NotOfThisFormat,
    ReadableFormat,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.secrecy import revealed, secrets_in
from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import MissingLibrary


class TypedFile(ReadableFormat):
    """:cvar holder: which values the format can hold"""

    holder: t.ClassVar[Holder]

    def render(self, configuration: Configuration) -> str:
        self.holder.check(configuration.settings)
        return self.write(revealed(configuration.settings))

    def read(self, text: str) -> t.Optional[t.Dict[str, Value]]:
        try:
            return leaves(settings_of(text, "it", self.name))
        except UnreadableDocument as error:
            raise NotOfThisFormat(error.message) from error
        except MissingLibrary:
            return None

    def secret_keys(self, settings: t.Mapping[str, Value]) -> t.FrozenSet[str]:
        return frozenset(key for key, value in leaves(settings).items() if secrets_in(value))

    @abc.abstractmethod
    def write(self, settings: t.Mapping[str, Value]) -> str:
        """The text of settings that :attr:`holder` has passed."""
