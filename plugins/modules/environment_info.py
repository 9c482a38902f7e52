#!/usr/bin/python
# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: environment_info
short_description: Read which configuration of an app is in force on a host, and how the host has drifted from it
version_added: "0.2.0"
description:
  - Says which revisions of the configuration the host keeps, and what of its files is not as it should be, by variable or key.
  - With O(layers) that is held against what is declared now, and RV(changes) says what M(progressive.delivery.environment) would change.
    Without, against what was last brought into force.
  - With O(promoted_from) it also says in what the environment will differ from the one that it is promoted from.
  - Values of secrets are never shown, nor of what nobody has declared.
options:
  promoted_from:
    description: Another environment to hold the declared settings against.
    type: dict
    suboptions:
      environment:
        description: Its name.
        type: str
        required: true
      layers:
        description:
          - Its layers, as O(layers). Its secrets are not read; references are compared.
        type: list
        elements: dict
        required: true
        suboptions:
          name:
            description: As O(layers[].name).
            type: str
            required: true
          path:
            description: As O(layers[].path).
            type: str
            required: true
          content:
            description: As O(layers[].content).
            type: str
          format:
            description: As O(layers[].format).
            type: str
            choices: [dotenv, json, toml, yaml]
extends_documentation_fragment:
  - progressive.delivery.environment
  - progressive.delivery.attributes
  - progressive.delivery.attributes.info_module
  - progressive.delivery.attributes.actiongroup_delivery
seealso:
  - module: progressive.delivery.environment
author:
  - The progressive.delivery engineers (@progressive-delivery)
"""

EXAMPLES = r"""
- name: See whether somebody has changed the app's configuration on the host
  progressive.delivery.environment_info:
    app: analyze-all
    environment: production
  register: configuration

- name: Fail where somebody has
  ansible.builtin.assert:
    that: not configuration.drifted
    fail_msg: "{{ configuration.drift }}"
"""

RETURN = r"""
current:
  description: The revision in force; null where none is.
  type: dict
  returned: success
  contains: &revision
    revision:
      description: Its number.
      type: int
    hash:
      description: Tells one configuration from another, on whatever host. Secrets count by their references.
      type: str
    made_at:
      description: When it was made, in UTC.
      type: str
    release:
      description: The release that it was made for.
      type: str
    releases:
      description: All releases that it was in force with.
      type: list
      elements: str
    rollout:
      description: Id of the rollout that made it.
      type: str
    files:
      description: Paths of its files.
      type: list
      elements: str
previous:
  description: Number of the revision that was in force before it and is still there.
  type: int
  returned: success
revisions:
  description: All revisions that can be gone back to, the oldest first.
  type: list
  elements: dict
  returned: success
  contains: *revision
releases:
  description: Every release that had a configuration on the host, the newest first, whether its revision is still kept or not.
  type: list
  elements: str
  returned: success
  sample: ["1.1.0", "1.0.0"]
damaged:
  description: Numbers of the revisions whose records cannot be read. With the one in force among them RV(current) is null, and RV(drift) says it.
  type: list
  elements: int
  returned: success
drifted:
  description: Whether RV(drift) is not empty.
  type: bool
  returned: success
drift:
  description: What is not as it should be.
  type: list
  elements: dict
  returned: success
  contains:
    path:
      description: The file.
      type: str
    key:
      description: The variable or dotted key; empty for what is about the whole file.
      type: str
    kind:
      description:
        - V(value), V(owner), V(group), V(mode), V(text) where the settings cannot be told apart, or V(file).
        - V(record) where what is kept of the revision in force is damaged.
      type: str
    cause:
      description: V(edited) for what somebody has changed since it was written; V(pending) for what is declared otherwise since.
      type: str
    declared:
      description: As it should be. Of secrets, and of what nobody declared, not the value.
      type: raw
    actual:
      description: As it is.
      type: raw
changes:
  description: The settings that would change or, with O(promoted_from), in which the two environments will differ.
  type: list
  elements: dict
  returned: with O(layers)
  contains:
    key:
      description: The dotted key.
      type: str
    elsewhere:
      description: What it is in the environment of O(promoted_from).
      type: raw
    now:
      description: What is in force.
      type: raw
    then:
      description: What is declared.
      type: raw
    changes:
      description: Whether it would change.
      type: bool
    differs:
      description: Whether the two environments will differ in it.
      type: bool
    origin:
      description: The file of settings that it comes from.
      type: str
error:
  description: Name of the kind of failure, for example C(revision-damaged).
  type: str
  returned: failure
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.progressive.delivery.plugins.module_utils._environments import promotion
from ansible_collections.progressive.delivery.plugins.module_utils._environments.applying import Host
from ansible_collections.progressive.delivery.plugins.module_utils._environments.declared import (
    DECLARED_OPTIONS,
    LAYERS,
    declared,
    elsewhere,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.options import (
    check_names,
    told_findings,
    told_of,
    told_rows,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.survey import surveyed
from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError, InvalidOption


def found(params: t.Mapping[str, t.Any]) -> t.Dict[str, t.Any]:
    """What there is; the keyword arguments for ``exit_json``.

    :raises DeliveryError: it cannot be told
    """
    check_names(params)
    store = Host(params["state_directory"], params["app"], params["environment"]).store
    kept = store.read()
    result: t.Dict[str, t.Any] = {
        "changed": False,
        "current": told_of(kept, kept.current),
        "previous": kept.previous,
        "revisions": [told_of(kept, number) for number in sorted(kept.revisions)],
        "releases": list(kept.releases),
        "damaged": sorted((kept.numbers | ({kept.current} if kept.current else set())) - set(kept.revisions)),
    }
    if params["layers"] is None:
        if params["promoted_from"]:
            raise InvalidOption("promoted_from: it needs layers, which it is held against")
        findings = surveyed(store, kept, None)
    else:
        proposal = declared(params).proposal
        in_force = kept.revisions.get(kept.last_in_force or 0)
        result["changes"] = told_rows(promotion.rows(proposal.configuration, in_force, elsewhere(params)))
        findings = surveyed(store, kept, proposal.files)
    return {**result, "drifted": bool(findings), "drift": told_findings(findings)}


def main() -> t.NoReturn:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            **DECLARED_OPTIONS,
            "promoted_from": {
                "type": "dict",
                "options": {"environment": {"type": "str", "required": True}, "layers": {**LAYERS, "required": True}},
            },
        },
        mutually_exclusive=[("schema", "schema_path")],
        supports_check_mode=True,
    )
    try:
        result = found(module.params)
    except DeliveryError as error:
        module.fail_json(**error.as_result())
    module.exit_json(**result)


if __name__ == "__main__":
    main()
