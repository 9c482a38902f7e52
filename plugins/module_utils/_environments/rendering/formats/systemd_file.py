# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file of systemd's ``EnvironmentFile=``.

PRIVATE to the collection.
"""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._environments import systemd_grammar
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


class SystemdEnvironmentFile(ReadableFormat):
    """Variables for a service of systemd's."""

    name = "systemd"
    wordings = frozenset({"prefix", "separator", "list_separator"})

    def render(self, configuration: Configuration) -> str:
        found: t.Dict[str, str] = revealed(variables(configuration.settings, self.wording, self.name))
        for name, text in found.items():
            reason = systemd_grammar.unreadable(text)
            if reason:
                raise ValueNotRenderable(name, self.name, reason)
        return systemd_grammar.render(found)

    def read(self, text: str) -> t.Optional[t.Dict[str, Value]]:
        return dict(systemd_grammar.parse(text))

    def secret_keys(self, settings: t.Mapping[str, Value]) -> t.FrozenSet[str]:
        found = variables(settings, self.wording, self.name)
        return frozenset(name for name, value in found.items() if isinstance(value, Secret))
