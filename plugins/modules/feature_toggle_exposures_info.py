#!/usr/bin/python
# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible module: read which users saw which variant of a feature."""

from __future__ import annotations

DOCUMENTATION = r"""
module: feature_toggle_exposures_info
short_description: Read which users saw which variant of a feature
version_added: "0.2.0"
description:
  - Reads what an app has told of its users' exposures to feature toggles, counts them, and turns them into events.
  - An app tells of them by OpenTelemetry's event C(feature_flag.evaluation), in a file of OTLP's JSON form, an export request a line. The
    app may write it itself, or a collector with its file exporter.
  - Runs on the host where the file is.
options:
  path:
    description: The file.
    type: path
    required: true
  name:
    description: Key of the one flag to read of. Left out, all are.
    type: str
  since:
    description: Leave out what was before that moment, in UTC or with an offset, such as V(2026-11-27T03:00:00Z).
    type: str
  events:
    description: Return an event for each exposure.
    type: bool
    default: false
extends_documentation_fragment:
  - progressive.delivery.attributes
  - progressive.delivery.attributes.actiongroup_delivery
  - progressive.delivery.attributes.info_module
attributes:
  platform:
    support: full
seealso:
  - module: progressive.delivery.feature_toggle
author:
  - The progressive.delivery engineers (@progressive-delivery)
"""

EXAMPLES = r"""
- name: Read who saw what
  progressive.delivery.feature_toggle_exposures_info:
    path: /var/log/analyze-all/exposures.jsonl
    name: analyze-all-ai
  register: seen

- name: Say how many use what is new
  ansible.builtin.debug:
    msg: "{{ seen.toggles['analyze-all-ai'].on.users }} users"
"""

RETURN = r"""
toggles:
  description: By flag, by variant, how many C(users) saw it, told apart by what the app says in place of their names, and how many C(exposures) were told.
  type: dict
  returned: success
  sample: {"analyze-all-ai": {"on": {"users": 251, "exposures": 251}, "off": {"users": 749, "exposures": 749}}}
events:
  description:
    - A CloudEvent for each exposure, with C(app), C(toggle), C(variant), C(user) and C(reason), and with C(environment), C(release) and C(host)
      where the app says them. One that is read twice has the same C(id).
  type: list
  elements: dict
  returned: when O(events=true)
skipped:
  description: How many lines were no export request of logs; the last one may still be written.
  type: int
  returned: success
error:
  description: Name of the kind of failure, for example C(exposures-unreadable).
  type: str
  returned: failure
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError
from ansible_collections.progressive.delivery.plugins.module_utils._toggles import moments
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.errors import ExposuresUnreadable
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.exposures import (
    Exposure,
    as_event,
    counted,
    exposures_in,
)


def look(params: t.Mapping[str, t.Any]) -> t.Dict[str, t.Any]:
    """Read the file; the keyword arguments for ``exit_json``; raises DeliveryError."""
    since = 0 if params["since"] is None else moments.read(params["since"], "since") * 10**9
    exposures: t.List[Exposure] = []
    skipped = 0
    try:
        with open(params["path"], encoding="utf-8", errors="replace") as lines:
            for line in lines:
                try:
                    found = exposures_in(line)
                except ValueError:
                    skipped += 1
                    continue
                exposures += [one for one in found if one.at >= since and params["name"] in {None, one.toggle}]
    except OSError as error:
        raise ExposuresUnreadable("{0}: {1}".format(params["path"], error.strerror)) from error
    events = {"events": [as_event(exposure) for exposure in exposures]} if params["events"] else {}
    return {"toggles": counted(exposures), "skipped": skipped, **events}


def main() -> t.NoReturn:
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "name": {"type": "str"},
            "since": {"type": "str"},
            "events": {"type": "bool", "default": False},
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
