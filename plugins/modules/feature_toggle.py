#!/usr/bin/python
# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible module: turn a feature on for some, for all, or for nobody."""

from __future__ import annotations

DOCUMENTATION = r"""
module: feature_toggle
short_description: Turn a feature on for some, for all, or for nobody
version_added: "0.2.0"
description:
  - Changes one feature flag in a file of flagd's. Apps in any language read the file with an OpenFeature SDK and its flagd provider,
    in their own process or through flagd; they see a change within moments and without a restart.
  - O(percent) gives a variant to a share of the users. Raising it only adds users; nobody who has the variant loses it.
  - Runs on the host where the file is. Any number of tasks may change one file at the same time; none of the changes is lost, and whoever
    reads the file finds it whole, also when the module is killed.
  - A flag is checked against flagd's published JSON schema before it is written. One that is not valid changes nothing.
requirements:
  - jsonschema >= 3.2
options:
  path:
    description:
      - The file, in JSON. It is made when there is none; its folder must be there.
      - The lock is a file beside it, which stays. A link stays a link.
    type: path
    required: true
  name:
    description: The flag's key.
    type: str
    required: true
  state:
    description:
      - V(present) makes a new flag that is enabled, and leaves an existing one enabled or disabled as it is.
      - V(enabled) lets the flag work. V(disabled) is the kill switch, and apps use their own default, as if there were no flag.
        The rest of the flag is kept, and comes back with V(enabled).
      - V(absent) takes the flag out of the file.
    type: str
    choices: [present, enabled, disabled, absent]
    default: present
  variants:
    description:
      - What the flag can be, by name. The values are all booleans, all numbers, all texts or all dictionaries.
      - Needed for a new flag. Left out, as every option below, it stays as it is.
      - Quote names such as V(on) and V(off), which YAML takes for booleans.
    type: dict
  default_variant:
    description:
      - The variant of everyone who is not in the share. Needed for a share.
      - When it becomes the variant of the share, the share has done its work, and its rules are taken away.
    type: str
  variant:
    description: The variant that the share gets. It need not be said when there are only two.
    type: str
  percent:
    description:
      - The share of users that gets O(variant), from 0 to 100, with at most two decimals. Who is in is decided by a hash of the flag's name and
        the user's key, so it is the same on every host and after every restart, and another flag has other users.
      - Users without a key are not in, even at 100.
    type: raw
  bucket_by:
    description:
      - The attribute of OpenFeature's evaluation context that is the user's key, V(targetingKey) for a new share. Its values are texts.
      - Another attribute is another selection, so users who have the variant may lose it.
    type: str
  allow:
    description: Keys that get O(variant) whatever the share. An empty list takes all away.
    type: list
    elements: str
  deny:
    description: Keys that never get O(variant).
    type: list
    elements: str
  description:
    description: What the flag is for. An empty text takes it away.
    type: str
  owner:
    description: Who answers for the flag. An empty text takes it away.
    type: str
  definition:
    description:
      - The whole flag in flagd's form, in place of every option above but O(path) and O(name). It may have targeting rules of your own.
      - With RV(was) of an earlier task, that task is taken back. Where RV(was) is null there was no flag, and O(state=absent) takes it back.
    type: dict
  lock_timeout:
    description: Seconds to wait for another process that is changing the file.
    type: float
    default: 10.0
extends_documentation_fragment:
  - progressive.delivery.attributes
  - progressive.delivery.attributes.actiongroup_delivery
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
  platform:
    support: full
notes:
  - >-
    Evaluators of flagd have hashed keys in three ways so far. Each of them keeps who is in when the share grows, and two of them put
    different users in. Let all readers of a flag have evaluators of one generation, and expect other users in when they are upgraded across one.
  - A flag with targeting rules that this module did not write is not given a share. Its O(state) and O(variants) may be changed.
seealso:
  - module: progressive.delivery.feature_toggle_info
  - name: flagd's flag definitions
    description: The format of the file.
    link: https://flagd.dev/reference/flag-definitions/
author:
  - The progressive.delivery engineers (@progressive-delivery)
"""

EXAMPLES = r"""
- name: Make a flag that is off for everyone
  progressive.delivery.feature_toggle:
    path: /etc/analyze-all/flags.json
    name: analyze-all-ai
    variants: {"on": true, "off": false}
    default_variant: "off"
    description: Findings by the language model
    owner: search team

- name: Turn it on for a twentieth of the users, and for the testers
  progressive.delivery.feature_toggle:
    path: /etc/analyze-all/flags.json
    name: analyze-all-ai
    percent: 5
    allow: [ada@example.com, grace@example.com]
  register: raised

- name: Take that back
  progressive.delivery.feature_toggle:
    path: /etc/analyze-all/flags.json
    name: analyze-all-ai
    definition: "{{ raised.was or omit }}"
    state: "{{ 'present' if raised.was else 'absent' }}"

- name: Turn it on for everyone
  progressive.delivery.feature_toggle:
    path: /etc/analyze-all/flags.json
    name: analyze-all-ai
    default_variant: "on"

- name: Kill it
  progressive.delivery.feature_toggle:
    path: /etc/analyze-all/flags.json
    name: analyze-all-ai
    state: disabled
"""

RETURN = r"""
was:
  description: The whole flag before the task, in flagd's form; null when it did not exist.
  type: dict
  returned: success
  sample: {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off"}
definition:
  description: The whole flag after it; null when it does not exist.
  type: dict
  returned: success
audience:
  description:
    - Who gets another variant than the default. Null when the flag has no share, or rules that this module did not write.
  type: dict
  returned: success
  sample: {"variant": "on", "percent": 5, "bucket_by": "targetingKey", "allow": [], "deny": []}
error:
  description: Name of the kind of failure, for example C(invalid-toggle-definition) or C(unknown-toggle).
  type: str
  returned: failure
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.flagd_file import FlagdFile
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.interface import Toggles
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.options import decision, told


def carry_out(toggles: Toggles, params: t.Mapping[str, t.Any], check_mode: bool) -> t.Dict[str, t.Any]:
    """Change the flag; the keyword arguments for ``exit_json``.

    :raises DeliveryError: nothing was changed then
    """
    name, decide = params["name"], decision(params)
    if check_mode:
        was = toggles.read().get(name)
        now = decide(was)
    else:
        was, now = toggles.change(name, decide)
    shown = [{} if flag is None else {name: flag} for flag in (was, now)]
    diff = {"before": shown[0], "after": shown[1], "before_header": params["path"], "after_header": params["path"]}
    return {"changed": was != now, "was": was, "diff": diff, **told(now)}


def main() -> t.NoReturn:
    texts = ("default_variant", "variant", "bucket_by", "description", "owner")
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "enabled", "disabled", "absent"], "default": "present"},
            "variants": {"type": "dict"},
            "percent": {"type": "raw"},
            "allow": {"type": "list", "elements": "str"},
            "deny": {"type": "list", "elements": "str"},
            "definition": {"type": "dict"},
            "lock_timeout": {"type": "float", "default": 10.0},
            **{name: {"type": "str"} for name in texts},
        },
        supports_check_mode=True,
    )
    try:
        toggles = FlagdFile(module.params["path"], module.params["lock_timeout"])
        result = carry_out(toggles, module.params, module.check_mode)
    except DeliveryError as error:
        module.fail_json(**error.as_result())
    module.exit_json(**result)


if __name__ == "__main__":
    main()
