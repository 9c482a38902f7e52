# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task declares: from its options, and the files that they name, to a configuration and its files.

PRIVATE to the collection. Reads, and writes nothing.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.progressive.delivery.plugins.module_utils._environments.applying import Proposal
from ansible_collections.progressive.delivery.plugins.module_utils._environments.documents import (
    FORMATS,
    file_text,
    format_of,
    layer_of,
    settings_of,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.guards import made_for
from ansible_collections.progressive.delivery.plugins.module_utils._environments.model import Configuration, Layer
from ansible_collections.progressive.delivery.plugins.module_utils._environments.options import (
    RENDER_OPTIONS,
    STATE_DIRECTORY,
    renders_of,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.files import (
    configuration_hash,
    rendered,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.resolve import resolve
from ansible_collections.progressive.delivery.plugins.module_utils._environments.schema import AppSchema
from ansible_collections.progressive.delivery.plugins.module_utils._environments.secrets import registry

Options = t.Mapping[str, t.Any]

LAYERS: t.Dict[str, t.Any] = {
    "type": "list",
    "elements": "dict",
    "options": {
        "name": {"type": "str", "required": True},
        "path": {"type": "str", "required": True},
        "content": {"type": "str"},
        "format": {"type": "str", "choices": sorted(FORMATS)},
    },
}

DECLARED_OPTIONS: t.Dict[str, t.Any] = {
    "app": {"type": "str", "required": True},
    "environment": {"type": "str", "required": True},
    "layers": LAYERS,
    "schema": {"type": "dict"},
    "schema_path": {"type": "path"},
    # Its own secrets are marked below it; the rest are paths and addresses, which messages need.
    "secrets": {"type": "dict", "default": {}, "no_log": False, "options": dict(registry.OPTIONS)},
    "renders": {"type": "list", "elements": "dict", "default": [], "options": RENDER_OPTIONS},
    "state_directory": {"type": "path", "default": STATE_DIRECTORY},
}


@dataclass(frozen=True)
class Declared:
    """What the options ask for, and the app's schema, None where there is none."""

    proposal: Proposal
    schema: t.Optional[AppSchema]


def declared(params: Options) -> Declared:
    """The configuration that the options ask for.

    :raises DeliveryError: it cannot be, and nothing was written
    """
    renders = renders_of(params["renders"])
    schema = schema_of(params)
    configuration = resolve(
        params["app"],
        params["environment"],
        _layers(params["layers"]),
        schema,
        registry.Secrets(params["secrets"] or {}).value,
    )
    proposal = Proposal(configuration, rendered(configuration, renders), configuration_hash(configuration, renders))
    return Declared(proposal, schema)


def elsewhere(params: Options) -> t.Optional[Configuration]:
    """The configuration of the environment that is promoted from; its secrets are not read.

    The layers of the host are handed over with its own: those of them that are made for another environment are not of it.

    :raises DeliveryError: there is none
    """
    source = params["promoted_from"]
    if source is None:
        return None
    name = source["environment"]
    layers = [layer for layer in _layers(source["layers"]) if layer.name == name or name in made_for(layer, name)]
    return resolve(params["app"], name, layers, None, lambda _reference: "unread")


def schema_of(params: Options) -> t.Optional[AppSchema]:
    """The app's schema, None where the options name none.

    :raises DeliveryError: it cannot be read, or is none
    """
    path = params["schema_path"]
    if path is not None:
        return AppSchema(settings_of(file_text(path), path, format_of(path)), path)
    return None if params["schema"] is None else AppSchema(params["schema"], "schema")


def _layers(options: t.Sequence[Options]) -> t.List[Layer]:
    return [layer_of(one["name"], one["path"], one["content"], one["format"]) for one in options]
