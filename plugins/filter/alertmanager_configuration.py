# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A configuration of Alertmanager, made of what teams say about whom to tell of what and when."""

from __future__ import annotations

DOCUMENTATION = r"""
name: alertmanager_configuration
short_description: Make Alertmanager's configuration of who is told of what and when
version_added: "0.2.0"
author:
  - The progressive.delivery engineers (@progressive-delivery)
description:
  - Makes what Alertmanager's file holds. Routes by the labels C(team) and C(severity) and by the hours of the week, maintenance windows that come
    back, and inhibition, by which one cause calls people once.
  - The role P(progressive.delivery.alerting#role) lays it down, has it read, and keeps the maintenance windows that have a date.
options:
  _input:
    description:
      - By the label C(team), and there by severity, which is V(info), V(warning) or V(critical), who is told. A receiver's name, or a list, each
        a name or a dictionary with C(to), the receiver, and C(within) or C(outside), the name of hours in which it is told or is not.
      - What a team does not name goes where O(otherwise) says.
    type: dict
    required: true
  receivers:
    description:
      - Alertmanager's receivers, each with its C(name). Secrets are better kept in files that they name, such as C(api_url_file).
      - The receiver V(nobody) is always there.
    type: list
    elements: dict
    default: []
  otherwise:
    description: By severity, who is told of the alerts of no team, and of what a team does not name.
    type: dict
    default: {}
  hours:
    description: By name, hours of the week, such as V(Mon-Fri 08:00-18:00 Europe/Berlin). They may go over midnight; without a time zone it is UTC.
    type: dict
    default: {}
  maintenance:
    description:
      - Windows that come back each week, each with the name of its C(hours), and C(matchers) as the module P(progressive.delivery.silence#module)
        takes them. Of alerts that fit, nobody is told in these hours. There are four at most.
    type: list
    elements: dict
    default: []
  watchdog:
    description: The receiver that gets the alert C(Watchdog) every minute, and calls somebody when it stops. Nobody, by default.
    type: str
  rollback:
    description:
      - C(to), the receiver that starts a rollback, and C(matchers) of the alerts that do. See C(docs/rollback-on-an-alert.md).
    type: dict
  wait:
    description:
      - For how long alerts that are not critical are gathered, so that those that belong together are told at once. Critical ones are told immediately.
    type: str
    default: 5s
  again:
    description: After which time what lasts is told again.
    type: str
    default: 4h
  inhibit:
    description: Further rules of inhibition, as Alertmanager has them.
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: Lay down whom Alertmanager tells
  ansible.builtin.copy:
    content: "{{ teams | progressive.delivery.alertmanager_configuration(receivers=receivers, otherwise=otherwise, hours=hours) | to_nice_yaml }}"
    dest: /etc/prometheus/alertmanager.yml
    mode: "0640"
    validate: amtool check-config %s
  vars:
    hours: {office: "Mon-Fri 08:00-18:00 Europe/Berlin"}
    receivers:
      - name: chat
        slack_configs: [{api_url_file: /etc/prometheus/slack, channel: "#alerts"}]
      - name: on-call
        pagerduty_configs: [{routing_key_file: /etc/prometheus/pagerduty}]
    otherwise: {critical: on-call, warning: chat}
    teams:
      search:
        warning:
          - {to: chat, within: office}
          - {to: on-call, outside: office}
"""

RETURN = r"""
_value:
  description: What Alertmanager's file holds.
  type: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError
from ansible_collections.progressive.delivery.plugins.plugin_utils._monitoring.routing import configuration, routing_of


def alertmanager_configuration(teams: t.Any, **settings: t.Any) -> dict[str, t.Any]:
    """See above.

    :raises AnsibleFilterError: a team or a setting cannot be meant
    """
    try:
        return configuration(routing_of(teams, **settings))
    except DeliveryError as error:
        raise AnsibleFilterError("alertmanager_configuration: {0}".format(error)) from error


class FilterModule:
    """What Ansible asks for its filters."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"alertmanager_configuration": alertmanager_configuration}
