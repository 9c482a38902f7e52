# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON.

PRIVATE to the collection.
"""

from __future__ import annotations

import json
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._environments.model import Value
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.formats.typed_file import (
    TypedFile,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.holding import Holder


class Json(TypedFile):
    """One object, indented, its keys sorted."""

    name = "json"
    holder = Holder("json", null=True, largest=None)

    def write(self, settings: t.Mapping[str, Value]) -> str:
        return json.dumps(settings, ensure_ascii=False, allow_nan=False, indent=2, sort_keys=True) + "\n"
