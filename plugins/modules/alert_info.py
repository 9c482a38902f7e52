#!/usr/bin/python
# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible module: read which alerts last, and which are silenced."""

from __future__ import annotations

DOCUMENTATION = r"""
module: alert_info
short_description: Read which alerts last, and which are silenced
version_added: "0.2.0"
description:
  - Reads from Alertmanager the alerts that last, and the silences that are in force or will be.
extends_documentation_fragment:
  - progressive.delivery.alertmanager
  - progressive.delivery.alertmanager.matchers
  - progressive.delivery.http_api
  - progressive.delivery.attributes
  - progressive.delivery.attributes.actiongroup_delivery
  - progressive.delivery.attributes.info_module
attributes:
  platform:
    support: full
seealso:
  - module: progressive.delivery.alert
  - module: progressive.delivery.silence
author:
  - The progressive.delivery engineers (@progressive-delivery)
"""

EXAMPLES = r"""
- name: Read what is the matter with the shop
  progressive.delivery.alert_info:
    addresses: ["http://alerts1.example.com:9093"]
    matchers:
      - name: app
        value: shop
  register: known

- name: Deliver only when nothing critical is the matter
  ansible.builtin.assert:
    that: "known.alerts | selectattr('labels.severity', 'equalto', 'critical') | list | length == 0"
"""

RETURN = r"""
alerts:
  description: The alerts, those that began first first.
  type: list
  elements: dict
  returned: success
  contains:
    labels:
      description: What it is about, its name as C(alertname) and its C(severity) among them.
      type: dict
    annotations:
      description: What there is to say of it.
      type: dict
    starts:
      description: When it began, in seconds since the epoch.
      type: float
    ends:
      description: When it is over if nobody raises it again, in seconds since the epoch.
      type: float
    silenced:
      description: Whether nobody is told of it, because of a silence.
      type: bool
    inhibited:
      description: Whether nobody is told of it, because of another alert.
      type: bool
    receivers:
      description: Who is told of it.
      type: list
      elements: str
    fingerprint:
      description: Alertmanager's name for its labels.
      type: str
silences:
  description: >-
    The silences, all of them whatever O(matchers) are, with C(id), C(matchers), C(starts) and C(ends) in seconds since the epoch, C(author)
    and C(comment).
  type: list
  elements: dict
  returned: success
error:
  description: Name of the kind of failure, for example C(alertmanager-unreachable).
  type: str
  returned: failure
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.progressive.delivery.plugins.module_utils._alerts.parameters import (
    ALERTMANAGER,
    MATCHERS,
    alertmanager_of,
    matchers_of,
)
from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError


def look(params: t.Mapping[str, t.Any]) -> t.Dict[str, t.Any]:
    """Read them; the keyword arguments for ``exit_json``; raises DeliveryError."""
    alertmanager = alertmanager_of(params)
    alerts = [
        {
            "labels": dict(alert.labels),
            "annotations": dict(alert.annotations),
            "starts": alert.starts,
            "ends": alert.ends,
            "silenced": bool(told["status"]["silencedBy"]),
            "inhibited": bool(told["status"]["inhibitedBy"]),
            "receivers": [each["name"] for each in told["receivers"]],
            "fingerprint": told["fingerprint"],
        }
        for alert, told in alertmanager.alerts(sorted(matchers_of(params)))
    ]
    silences = [
        {
            "id": each.identifier,
            "matchers": [str(matcher) for matcher in sorted(each.matchers)],
            "starts": each.starts,
            "ends": each.ends,
            "author": each.author,
            "comment": each.comment,
        }
        for each in alertmanager.silences()
    ]
    return {"alerts": sorted(alerts, key=lambda each: each["starts"]), "silences": silences}


def main() -> t.NoReturn:
    module = AnsibleModule(argument_spec={**ALERTMANAGER, **MATCHERS}, supports_check_mode=True)
    try:
        result = look(module.params)
    except DeliveryError as error:
        module.fail_json(**error.as_result())
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
