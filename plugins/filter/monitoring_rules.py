# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules by which a Prometheus watches apps and hosts, made of what an inventory says of the apps."""

from __future__ import annotations

DOCUMENTATION = r"""
name: monitoring_rules
short_description: Make Prometheus' rules for apps, hosts and the monitoring itself
version_added: "0.2.0"
author:
  - The progressive.delivery engineers (@progressive-delivery)
description:
  - Makes what a file of rules holds. For each app, how much of its availability and latency is missed in windows from five minutes to 30 days, what
    is left of its error budget, its uptime, and alerts when the budget is spent too fast.
  - Beside that, alerts on what does not answer, on certificates, on a canary that is worse than its stable pool, on hosts, and on the
    monitoring itself. All of them are on the page C(docs/monitoring.md).
options:
  _input:
    description:
      - The apps, each with its C(name). By default an availability of 99.9 % is promised, and probes of blackbox_exporter with the label C(app)
        tell of it.
      - C(availability) may have an C(objective) of its own, and the selectors C(total) and C(bad) of counters of requests.
      - C(latency) has an C(objective), and the selectors C(total) and C(good) of counters, such as a histogram's count and one of its buckets.
      - C(pools) has the selectors C(total) and C(bad), and the C(label) by which pools are told apart.
      - C(saturation) is an expression that is 1 when the app is full.
      - C(labels) are those of all of its rules.
    type: list
    elements: dict
    required: true
  interval:
    description: How often rules are evaluated.
    type: str
    default: 1s
  down_for:
    description: For how long something may not answer before people are told.
    type: str
    default: 2s
  runbooks:
    description: The address of the page that says what to do about an alert, which is linked with the alert's name behind C(#).
    type: str
    default: docs/monitoring.md
  labels:
    description: Labels of all alerts, such as the environment.
    type: dict
    default: {}
  jobs:
    description:
      - The jobs that are watched, where Prometheus has others' too. Hosts are those with the label C(host) then. By default all are.
    type: list
    elements: str
    default: []
  escalation:
    description:
      - Steps by which an alert that lasts comes to matter more, each with C(alert), its name, C(after), how long it has lasted by then, such as
        V(30m), and C(severity), V(warning) or V(critical).
      - The alert of the higher severity has the label C(escalated), and goes to whom Alertmanager routes that severity.
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: Lay down the rules
  ansible.builtin.copy:
    content: "{{ apps | progressive.delivery.monitoring_rules(labels={'environment': 'production'}) | to_nice_yaml }}"
    dest: /etc/prometheus/rules/progressive_delivery.yml
    mode: "0644"
    validate: promtool check rules %s
  vars:
    apps:
      - name: shop
        availability:
          objective: 0.999
          total: haproxy_backend_http_responses_total{proxy=~"shop[.].*"}
          bad: haproxy_backend_http_responses_total{proxy=~"shop[.].*", code="5xx"}
        pools:
          total: haproxy_backend_http_responses_total{proxy=~"shop[.].*"}
          bad: haproxy_backend_http_responses_total{proxy=~"shop[.].*", code="5xx"}
          label: proxy
"""

RETURN = r"""
_value:
  description: What a file of rules holds, with its C(groups).
  type: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError
from ansible_collections.progressive.delivery.plugins.plugin_utils._monitoring.rules import rules_of


def monitoring_rules(apps: t.Any, **settings: t.Any) -> dict[str, t.Any]:
    """See above.

    :raises AnsibleFilterError: an app or a setting cannot be meant
    """
    try:
        return rules_of(apps, **settings)
    except DeliveryError as error:
        raise AnsibleFilterError("monitoring_rules: {0}".format(error)) from error


class FilterModule:
    """What Ansible asks for its filters."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"monitoring_rules": monitoring_rules}
