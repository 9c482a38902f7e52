# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The formats by name.

PRIVATE to the collection.
"""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.formats.dotenv_file import (
    Dotenv,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.formats.json_file import Json
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.formats.systemd_file import (
    SystemdEnvironmentFile,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.formats.template_file import (
    Template,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.formats.toml_file import Toml
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.formats.yaml_file import Yaml
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.interface import Format

FORMATS: t.Dict[str, t.Type[Format]] = {
    form.name: form for form in (Dotenv, Json, SystemdEnvironmentFile, Template, Toml, Yaml)
}
