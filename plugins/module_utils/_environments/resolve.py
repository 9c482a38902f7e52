# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From layers to the configuration that an app is to run with.

PRIVATE to the collection.
"""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._environments.guards import check_made_for
from ansible_collections.progressive.delivery.plugins.module_utils._environments.interpolation import interpolate
from ansible_collections.progressive.delivery.plugins.module_utils._environments.merge import merge
from ansible_collections.progressive.delivery.plugins.module_utils._environments.model import Configuration, Layer
from ansible_collections.progressive.delivery.plugins.module_utils._environments.schema import AppSchema


def resolve(
    app: str,
    environment: str,
    layers: t.Sequence[Layer],
    schema: t.Optional[AppSchema],
    secret_of: t.Callable[[str], str],
) -> Configuration:
    """The configuration that layers come to, the first lowest; nothing is written.

    :param schema: None for an app that ships none; no key is unknown then, and none is marked
    :param secret_of: reads a secret by its reference, as ``Secrets.value`` of the registry does
    :raises MadeForAnotherEnvironment: a layer is for another environment
    :raises MergeConflict: layers do not fit together
    :raises UnknownMark: a key begins with ``$`` and means nothing
    :raises InterpolationFailed: a ``${key}`` leads nowhere
    :raises InvalidReference: a secret is referred to in a way that means nothing
    :raises SecretUnavailable: a secret cannot be had
    :raises InvalidConfiguration: the schema does not allow what comes out
    :raises UnusableSchema: the schema turns out to be none
    """
    check_made_for(layers, environment)
    merged = merge(layers)
    settings = interpolate(merged, secret_of)
    if schema is not None:
        schema.check(settings, merged.origins)
    return Configuration(app, environment, settings, merged.origins)
