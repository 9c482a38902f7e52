#!/usr/bin/python
# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible module: ask a source of metrics."""

from __future__ import annotations

DOCUMENTATION = r"""
module: metric_info
short_description: Ask a source of metrics
version_added: "0.2.0"
description:
  - Asks queries of whatever M(progressive.delivery.analysis) can ask, as nearly as may be at one instant, and returns the numbers.
options:
  queries:
    description: The queries, by the names under which the answers are returned.
    type: dict
    required: true
extends_documentation_fragment:
  - progressive.delivery.metric_provider
  - progressive.delivery.attributes
  - progressive.delivery.attributes.actiongroup_delivery
  - progressive.delivery.attributes.info_module
attributes:
  platform:
    support: full
seealso:
  - module: progressive.delivery.metric
  - module: progressive.delivery.analysis
author:
  - The progressive.delivery engineers (@progressive-delivery)
"""

EXAMPLES = r"""
- name: Read how much of the error budget is left
  progressive.delivery.metric_info:
    provider:
      type: prometheus
      address: http://metrics.example.com:9090
    queries:
      budget: slo:error_budget_remaining:ratio{app="shop"}
  register: measured

- name: Deliver only when there is some
  ansible.builtin.assert:
    that: measured.answers.budget[0].value > 0
"""

RETURN = r"""
answers:
  description: >-
    By the name of the query, the series that it yields, each with its C(labels) and C(value). Empty where there is no data; a value that is no
    number is null.
  type: dict
  returned: success
  sample: {"budget": [{"labels": {"app": "shop"}, "value": 0.83}]}
error:
  description: Name of the kind of failure, for example C(provider-refused).
  type: str
  returned: failure
"""

import math
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.interface import NothingYet
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.registry import (
    OPTIONS,
    provider_of,
)
from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError, InvalidOption


def look(params: t.Mapping[str, t.Any]) -> t.Dict[str, t.Any]:
    """Ask them; the keyword arguments for ``exit_json``; raises DeliveryError."""
    queries = {name: str(query) for name, query in params["queries"].items()}
    if not queries:
        raise InvalidOption("queries: there are none")
    provider = provider_of(params["provider"])
    for name, query in queries.items():
        try:
            provider.check(query)
        except InvalidOption as error:
            raise InvalidOption("queries: {0}: {1}".format(name, error.message)) from error
    try:
        measured = provider.measure(list(queries.values()))
    except NothingYet as error:
        raise InvalidOption("queries: one is about the time between two looks, and this is the only one") from error
    return {
        "answers": {
            name: [{"labels": dict(sorted(each.labels)), "value": shown(each.value)} for each in series]
            for name, series in zip(queries, measured)
        }
    }


def shown(value: t.Any) -> t.Any:
    """A value as JSON has it."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def main() -> t.NoReturn:
    module = AnsibleModule(
        argument_spec={
            "queries": {"type": "dict", "required": True},
            "provider": {"type": "dict", "required": True, "options": OPTIONS},
        },
        supports_check_mode=True,
    )
    try:
        result = look(module.params)
    except DeliveryError as error:
        module.fail_json(**error.as_result())
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
