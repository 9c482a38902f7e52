#!/usr/bin/python
# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible module: send measurements to where they are looked at."""

from __future__ import annotations

DOCUMENTATION = r"""
module: metric
short_description: Send measurements to where they are looked at
version_added: "0.2.0"
description:
  - Sends one measurement, or many at once, to a store of metrics.
  - What it sends is new each time, so the task is always changed; in check mode nothing is sent.
options:
  to:
    description:
      - Where it goes. User and password in an address of HTTP are refused; give O(secret_headers).
      - V(pushgateway+http://HOST:9091) is Prometheus' Pushgateway. Metrics of the same names and the same group are replaced there, see O(group_by).
      - V(remote-write+http://HOST:9090/api/v1/write) is whatever takes Prometheus' remote write.
      - V(otlp+http://HOST:4318) is whatever takes OpenTelemetry's protocol over HTTP.
      - V(textfile:/PATH) is the folder of node_exporter's textfile collector, in which the group's file is replaced.
      - V(statsd:HOST:8125) is StatsD over UDP, of which nobody hears whether it came.
    type: str
    required: true
  metrics:
    description: The measurements.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Its name without a unit, such as V(export), or whole when O(metrics[].unit) is left out.
        type: str
        required: true
      kind:
        description: >-
          V(gauge) for a value that is, V(counter) for what was counted, V(histogram) for how observations are spread. For StatsD a counter is
          what was counted since last time.
        type: str
        choices: [gauge, counter, histogram]
        default: gauge
      unit:
        description: Its unit, added to the name, as V(seconds), V(bytes) or V(ratio). C(_total) is added to a counter.
        type: str
      about:
        description: One sentence for people.
        type: str
        default: ""
      value:
        description: Its value. For a gauge and a counter.
        type: float
      observations:
        description: The values that were observed. For a histogram.
        type: list
        elements: float
      buckets:
        description: The highest value of each bucket, rising. For a histogram. By default from 10 ms to half an hour in seconds.
        type: list
        elements: float
      labels:
        description: What tells it from others of that name. A label of which there is ever another value makes ever more series.
        type: dict
        default: {}
  group_by:
    description: >-
      Labels by which it is told apart who measures. For Pushgateway and textfile, which keep what was sent last of each group.
    type: list
    elements: str
    default: []
requirements:
  - prometheus_client, for all but StatsD and OpenTelemetry
  - cramjam and protobuf, for remote write
  - opentelemetry-proto, for OpenTelemetry
  - statsd, for StatsD
extends_documentation_fragment:
  - progressive.delivery.http_api
  - progressive.delivery.attributes
  - progressive.delivery.attributes.actiongroup_delivery
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
    details: What was measured before is not the same measurement.
  idempotent:
    support: none
    details: Each measurement is a new one.
  platform:
    support: full
seealso:
  - module: progressive.delivery.metric_info
author:
  - The progressive.delivery engineers (@progressive-delivery)
"""

EXAMPLES = r"""
- name: Say how the export went
  progressive.delivery.metric:
    to: pushgateway+http://metrics.example.com:9091
    group_by: [app]
    metrics:
      - name: export_size
        unit: bytes
        value: "{{ exported.size }}"
        labels:
          app: shop
      - name: export_step
        kind: histogram
        unit: seconds
        observations: "{{ steps | map(attribute='seconds') }}"
        labels:
          app: shop
"""

RETURN = r"""
sent:
  description: The names of the metrics that were sent, or in check mode would be, whole.
  type: list
  elements: str
  returned: success
  sample: [export_size_bytes, export_step_seconds]
error:
  description: Name of the kind of failure, for example C(metric-store-unreachable).
  type: str
  returned: failure
"""

import time
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError
from ansible_collections.progressive.delivery.plugins.module_utils._http_options import HTTP, PATIENCE, access_to
from ansible_collections.progressive.delivery.plugins.module_utils._metrics.given import points_of
from ansible_collections.progressive.delivery.plugins.module_utils._metrics.model import Sums
from ansible_collections.progressive.delivery.plugins.module_utils._metrics.stores.registry import store_at


def carry_out(params: t.Mapping[str, t.Any], check_mode: bool) -> t.Dict[str, t.Any]:
    """Send them; the keyword arguments for ``exit_json``; raises DeliveryError."""
    points = points_of(params["metrics"], time.time())
    store = store_at(params["to"], lambda address: access_to(address, params), params["group_by"], "to")
    if not check_mode:
        store.put(Sums(len(points)).plus(points), points)
    return {"changed": True, "sent": list(dict.fromkeys(point.metric.name for point in points))}


def main() -> t.NoReturn:
    module = AnsibleModule(
        argument_spec={
            "to": {"type": "str", "required": True},
            "metrics": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "name": {"type": "str", "required": True},
                    "kind": {"type": "str", "choices": ["gauge", "counter", "histogram"], "default": "gauge"},
                    "unit": {"type": "str"},
                    "about": {"type": "str", "default": ""},
                    "value": {"type": "float"},
                    "observations": {"type": "list", "elements": "float"},
                    "buckets": {"type": "list", "elements": "float"},
                    "labels": {"type": "dict", "default": {}},
                },
            },
            "group_by": {"type": "list", "elements": "str", "default": []},
            **PATIENCE,
            **HTTP,
        },
        supports_check_mode=True,
    )
    try:
        result = carry_out(module.params, module.check_mode)
    except DeliveryError as error:
        module.fail_json(**error.as_result())
    module.exit_json(**result)


if __name__ == "__main__":
    main()
