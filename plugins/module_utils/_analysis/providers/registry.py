# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which types of providers there are, and what a task may say of them.

PRIVATE to the collection. Each says of itself what it takes and needs, in its ``KIND``.
"""

from __future__ import annotations

import os
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers import (
    cloudwatch,
    datadog,
    envoy,
    graphite,
    haproxy,
    influxdb,
    prometheus,
    scrape,
    sql,
    web,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.interface import Provider
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.kind import Kind
from ansible_collections.progressive.delivery.plugins.module_utils._attempts import need_patience
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._http_options import PATIENCE, Options, Params

KINDS: t.Mapping[str, Kind] = {
    "prometheus": prometheus.KIND,
    "scrape": scrape.KIND,
    "web": web.KIND,
    "haproxy": haproxy.KIND,
    "envoy": envoy.KIND,
    "graphite": graphite.KIND,
    "influxdb": influxdb.KIND,
    "datadog": datadog.KIND,
    "cloudwatch": cloudwatch.KIND,
    "sql": sql.KIND,
}

OPTIONS: Options = {
    "type": {"type": "str", "choices": list(KINDS), "required": True},
    **PATIENCE,
    **{name: spec for kind in KINDS.values() for name, spec in kind.options.items()},
}
"""The argument specification of a provider: all that any type takes."""


def provider_of(params: Params) -> Provider:
    """The provider that a task names.

    :raises InvalidOption: its settings cannot be meant
    :raises MissingLibrary: what it needs is not installed
    """
    kind = KINDS[params["type"]]
    taken = {"type", *PATIENCE, *kind.options}
    for name, spec in OPTIONS.items():
        if name not in taken and params[name] != spec.get("default"):
            raise InvalidOption("provider: with type {0} it takes no {1}".format(params["type"], name))
    for name in kind.needs:
        if not params[name]:
            raise InvalidOption("provider: type {0} needs the option {1}".format(params["type"], name))
    need_patience(params["timeout"], params["attempts"])
    if params["ca_path"] and not os.path.exists(params["ca_path"]):
        raise InvalidOption("provider: ca_path: there is no {0}".format(params["ca_path"]))
    return kind.build(params)
