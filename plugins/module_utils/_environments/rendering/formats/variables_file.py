# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What files of variables have in common: settings are texts, each with a name.

PRIVATE to the collection.
"""

from __future__ import annotations

import abc
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._environments.model import (
    Configuration,
    Secret,
    Value,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.errors import (
    ValueNotRenderable,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.flattening import variables
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.interface import (
    ReadableFormat,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.secrecy import revealed


class VariablesFile(ReadableFormat):
    """A file of names and texts."""

    wordings = frozenset({"prefix", "separator", "list_separator"})

    def render(self, configuration: Configuration) -> str:
        found: t.Dict[str, str] = revealed(variables(configuration.settings, self.wording, self.name))
        for variable in found.items():
            reason = self.refusal(variable)
            if reason:
                raise ValueNotRenderable(variable[0], self.name, reason)
        return self.write(found)

    def secret_keys(self, settings: t.Mapping[str, Value]) -> t.FrozenSet[str]:
        found = variables(settings, self.wording, self.name)
        return frozenset(name for name, value in found.items() if isinstance(value, Secret))

    @abc.abstractmethod
    def refusal(self, variable: t.Tuple[str, str]) -> t.Optional[str]:
        """Why the format cannot hold a variable, of which it is given name and text; None where it can."""

    @abc.abstractmethod
    def write(self, found: t.Mapping[str, str]) -> str:
        """The text of variables of which :meth:`refusal` has refused none."""
