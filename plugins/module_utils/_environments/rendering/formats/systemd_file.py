# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file of systemd's ``EnvironmentFile=``.

PRIVATE to the collection.
"""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._environments import systemd_grammar
from ansible_collections.progressive.delivery.plugins.module_utils._environments.model import Value
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.formats.variables_file import (
    VariablesFile,
)


class SystemdEnvironmentFile(VariablesFile):
    """Variables for a service of systemd's."""

    name = "systemd"

    def refusal(self, variable: t.Tuple[str, str]) -> t.Optional[str]:
        return systemd_grammar.unreadable(variable[1])

    def write(self, found: t.Mapping[str, str]) -> str:
        return systemd_grammar.render(found)

    def read(self, text: str) -> t.Optional[t.Dict[str, Value]]:
        return dict(systemd_grammar.parse(text))
