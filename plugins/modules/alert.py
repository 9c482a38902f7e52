#!/usr/bin/python
# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible module: tell people of something as long as it lasts."""

from __future__ import annotations

DOCUMENTATION = r"""
module: alert
short_description: Tell people of something as long as it lasts
version_added: "0.2.0"
description:
  - Raises an alert in Alertmanager, or ends it, and reads it back. Alertmanager groups it, tells people, and is silent where a silence says so.
  - Without an Alertmanager, tells people by whatever service O(notify) names. Such a notification cannot be read back, so the task tells them
    each time that it runs, and is always changed.
options:
  name:
    description: What has happened, in a word or two without spaces, as the label C(alertname).
    type: str
    required: true
  state:
    description: Whether it lasts, V(raised), or is over, V(resolved).
    type: str
    choices: [raised, resolved]
    default: raised
  severity:
    description: How much it matters, as the label C(severity).
    type: str
    choices: [info, warning, critical]
    default: warning
  labels:
    description: What it is about. An alert with the same name, severity and labels is the same one.
    type: dict
    default: {}
  summary:
    description: What has happened, in a sentence. Needed to raise it.
    type: str
  description:
    description: More of it, such as the figures.
    type: str
  command:
    description: What is to be run, to the letter.
    type: str
  runbook:
    description: The address of what says what to do.
    type: str
  annotations:
    description: More to say of it, by name.
    type: dict
    default: {}
  minutes:
    description:
      - For how long it lasts when nobody raises it again.
      - A task that raises it again prolongs it once less than half of that is left, and changes nothing before.
    type: float
    default: 60
  notify:
    description: >-
      Addresses of services in Apprise's form, such as C(slack://…), C(pagerduty://…), C(mailtos://…) or C(jsons://…), in place of
      O(addresses). They are not shown.
    type: list
    elements: str
requirements:
  - apprise, with O(notify)
extends_documentation_fragment:
  - progressive.delivery.alertmanager
  - progressive.delivery.http_api
  - progressive.delivery.attributes
  - progressive.delivery.attributes.actiongroup_delivery
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: partial
    details: A notification by O(notify) is sent each time.
  platform:
    support: full
seealso:
  - module: progressive.delivery.alert_info
  - module: progressive.delivery.silence
author:
  - The progressive.delivery engineers (@progressive-delivery)
"""

EXAMPLES = r"""
- name: Call somebody, as the data is to be put right by hand
  progressive.delivery.alert:
    addresses: ["http://alerts1.example.com:9093", "http://alerts2.example.com:9093"]
    name: MigrationStuck
    severity: critical
    labels:
      app: shop
      environment: production
    summary: The migration of shop waits for a lock
    command: ansible-playbook -i production migrate.yml
    minutes: 120

- name: Say that it is over
  progressive.delivery.alert:
    addresses: ["http://alerts1.example.com:9093", "http://alerts2.example.com:9093"]
    name: MigrationStuck
    state: resolved
    severity: critical
    labels:
      app: shop
      environment: production

- name: Tell the team without an Alertmanager
  progressive.delivery.alert:
    notify: ["{{ team_chat }}"]
    name: MigrationDone
    severity: info
    summary: The migration of shop is done
"""

RETURN = r"""
alert:
  description: The alert with its C(labels) and C(annotations), and when it C(ends) if nobody raises it again, in seconds since the epoch.
  type: dict
  returned: success
  sample:
    labels: {"alertname": "MigrationStuck", "severity": "critical", "app": "shop"}
    annotations: {"summary": "The migration of shop waits for a lock"}
    ends: 1795778000.0
error:
  description: Name of the kind of failure, for example C(alertmanager-unreachable).
  type: str
  returned: failure
"""

import time
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.progressive.delivery.plugins.module_utils._alerts.model import (
    SEVERITIES,
    Alert,
    ended,
    need_labels,
    to_raise,
)
from ansible_collections.progressive.delivery.plugins.module_utils._alerts.notifying import Notifier, message
from ansible_collections.progressive.delivery.plugins.module_utils._alerts.parameters import (
    ALERTMANAGER,
    alertmanager_of,
    seconds_of,
)
from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError, InvalidOption


def wanted(params: t.Mapping[str, t.Any], now: float) -> Alert:
    """The alert that a task means; raises InvalidOption."""
    labels = {name: str(value) for name, value in params["labels"].items()}
    need_labels(labels, "labels")
    for name in ("alertname", "severity"):
        if name in labels:
            raise InvalidOption("labels: {0} has an option of its own".format(name))
    if not params["name"].strip():
        raise InvalidOption("name: it is empty")
    if params["state"] == "raised" and not params["summary"]:
        raise InvalidOption("summary: who gets the alert is to know what has happened")
    annotations = {name: str(value) for name, value in params["annotations"].items()}
    annotations.update(
        {name: params[name] for name in ("summary", "description", "command", "runbook") if params[name]}
    )
    labels.update(alertname=params["name"], severity=params["severity"])
    return Alert(labels, annotations, now, now + seconds_of(params["minutes"]))


def carry_out(params: t.Mapping[str, t.Any], check_mode: bool) -> t.Dict[str, t.Any]:
    """Raise or end it; the keyword arguments for ``exit_json``; raises DeliveryError."""
    now = time.time()
    alert = wanted(params, now)
    lasts = params["state"] == "raised"
    if params["notify"]:
        if params["addresses"]:
            raise InvalidOption("notify: with addresses, Alertmanager tells people")
        notifier = Notifier(params["notify"])
        if not check_mode:
            title = "{0}{1}".format("" if lasts else "Over: ", alert.annotations.get("summary") or params["name"])
            notifier.notify(title, message(alert.annotations), params["severity"], over=not lasts)
        return result(alert, None, True, lasts)
    alertmanager = alertmanager_of(params)
    found = alertmanager.alert(alert.labels)
    changed = to_raise(found, alert, now) if lasts else found is not None
    if changed and not check_mode:
        alertmanager.told(ended(found, now) if found and not lasts else alert, lasts)
    return result(alert if changed or found is None else found, found, changed, lasts)


def result(alert: Alert, found: t.Optional[Alert], changed: bool, lasts: bool) -> t.Dict[str, t.Any]:
    """What there is to tell of it; an alert's end is left out of the difference, as it moves with the clock."""
    before, after = (
        {"labels": dict(each.labels), "annotations": dict(each.annotations)} if each else {} for each in (found, alert)
    )
    return {
        "changed": changed,
        "alert": {**after, "ends": alert.ends},
        "diff": {"before": before, "after": after if lasts else {}},
    }


def main() -> t.NoReturn:
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["raised", "resolved"], "default": "raised"},
            "severity": {"type": "str", "choices": list(SEVERITIES), "default": "warning"},
            "labels": {"type": "dict", "default": {}},
            "summary": {"type": "str"},
            "description": {"type": "str"},
            "command": {"type": "str"},
            "runbook": {"type": "str"},
            "annotations": {"type": "dict", "default": {}},
            "minutes": {"type": "float", "default": 60.0},
            "notify": {"type": "list", "elements": "str", "no_log": True},
            **ALERTMANAGER,
        },
        supports_check_mode=True,
    )
    try:
        done = carry_out(module.params, module.check_mode)
    except DeliveryError as error:
        module.fail_json(**error.as_result())
    module.exit_json(**done)


if __name__ == "__main__":
    main()
