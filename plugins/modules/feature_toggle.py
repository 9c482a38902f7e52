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
  - Changes one feature flag in a file of flagd's, or on an Unleash server. Apps in any language read the file with an OpenFeature SDK and its
    flagd provider, in their own process or through flagd; they see a change within moments and without a restart. Of a server they learn it
    when their SDK asks next.
  - O(percent) gives a variant to a share of the users. Raising it only adds users; nobody who has the variant loses it.
  - Runs on the host where the file is, or on any that reaches the server. Any number of tasks may change one file or one server at the same
    time; none of the changes is lost. Whoever reads the file finds it whole, also when the module is killed.
  - A flag is checked against flagd's published JSON schema before it is written. One that is not valid changes nothing.
  - Who gets what is decided in this order, and the first that fits decides. O(killed), O(state), the schedule of O(from) and O(until),
    O(deny), O(allow), O(rules), O(percent), O(default_variant).
requirements:
  - jsonschema >= 3.2
  - requests and tenacity >= 8.2, for O(backend=unleash)
options:
  name:
    description: The flag's key.
    type: str
    required: true
  state:
    description:
      - V(present) makes a new flag that is enabled, and leaves an existing one enabled or disabled as it is.
      - V(enabled) lets the flag work. With V(disabled) apps use their own default, as if there were no flag.
        The rest of the flag is kept, and comes back with V(enabled).
      - V(absent) takes the flag out of the file. On a server it is taken out of the environment, and archived where no other one has it.
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
      - The variant of everyone who is not in the share, and whom no rule fits. Needed for a share, for O(rules) and for a schedule.
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
  rules:
    description:
      - Rules of your own, in place of those that the flag has. An empty list takes all away.
      - The first that fits decides, also for users without a key. Whoever meets none may be in the share.
    type: list
    elements: dict
    suboptions:
      when:
        description:
          - The condition, in JsonLogic with flagd's operators, over the attributes of OpenFeature's evaluation context.
          - In it, C($ref) with the name of a shared rule (O(evaluators)) stands for that rule.
        type: dict
        required: true
      variant:
        description:
          - What those get who meet it. The name of a variant, or JsonLogic that gives one, such as V(fractional) over several variants.
        type: raw
        required: true
  from:
    description:
      - The date and time, in ISO 8601 and with a zone, before which everyone gets the default variant. An empty text takes it away.
      - The flag's readers go by it themselves, with the clock of the machine that they run on. Nothing needs to run at that moment.
    type: str
  until:
    description: The date and time, as in O(from), from which everyone gets the default variant again.
    type: str
  killed:
    description:
      - The kill switch. V(true) turns the flag off whatever else is said of it, now or by later tasks. Apps use their own default,
        as if there were no flag. The flag's rules and O(state) are kept and may be changed meanwhile.
      - V(false) is all it takes to undo that. Nothing else undoes it, also not O(definition) and O(rollback), but V(absent) in O(state).
    type: bool
  evaluators:
    description:
      - Rules that the flags of this file share, by name. Those that are named are added or replaced, and others stay.
        V(null) takes one away, which is refused while a flag refers to it.
      - A shared rule cannot refer to another. Its texts are in ASCII, without C($), quotes, backslashes and line breaks,
        for readers in Python and Java would otherwise drop the whole file. So C($flagd.timestamp) belongs into O(rules).
    type: dict
  description:
    description: What the flag is for. An empty text takes it away.
    type: str
  owner:
    description: Who answers for the flag. An empty text takes it away.
    type: str
  expires:
    description:
      - The last day, in ISO 8601, on which the flag should be there, in UTC. An empty text takes it away.
      - It changes nothing for users. M(progressive.delivery.feature_toggle_info) tells flags whose last day is over.
    type: str
  environment:
    description:
      - The environment whose file this is. It is written into the file, and a file that is another environment's is refused.
      - Each environment has a file of its own.
    type: str
  expected_version:
    description:
      - The RV(version) of the flag that this change was decided upon, V(absent) where there was none.
        When the flag has another by now, the task is refused, also if the flag is already as it is to be.
    type: str
  definition:
    description:
      - The whole flag in flagd's form, in place of every option that changes a part of it. It may have any targeting rules.
      - With RV(was) of an earlier task, that task is taken back. Where RV(was) is null there was no flag, and O(state=absent) takes it back.
    type: dict
  rollback:
    description:
      - The number of a revision. The flag becomes what it was then, and is taken away if it was not there. Other flags and O(evaluators)
        stay as they are.
    type: int
  keep_revisions:
    description:
      - How many revisions of the file are kept, the newest, which is what the file holds, among them.
      - They are whole files in a folder beside it. What somebody has changed by hand is kept too, by the next task that changes something.
      - Left out, they are 20.
    type: int
  lock_timeout:
    description:
      - Seconds to wait for another process that is changing the file, or with O(backend=unleash) the same flag from the same machine.
    type: float
    default: 10.0
extends_documentation_fragment:
  - progressive.delivery.toggles
  - progressive.delivery.toggles.unleash
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
  - A flag in a file with targeting rules that this module did not write is not given a share, O(rules) or a schedule. All else of it may be changed.
  - >-
    The metadata of a flag in a file keeps when it was last changed in what it gives (C(changed_at)), and, while it is killed, the state to which
    it comes back (C(killed)).
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
    killed: true

- name: Bring it back as it was
  progressive.delivery.feature_toggle:
    path: /etc/analyze-all/flags.json
    name: analyze-all-ai
    killed: false

- name: On for the staff and for new versions of the app, and for a tenth of all others, in January
  progressive.delivery.feature_toggle:
    path: /etc/analyze-all/flags.json
    name: analyze-all-ai
    evaluators:
      staff:
        ends_with: [{var: email}, "@example.com"]
    rules:
      - when: {$ref: staff}
        variant: "on"
      - when:
          sem_ver: [{var: version}, ">=", 2.1.0]
        variant: "on"
    percent: 10
    from: "2027-01-01T00:00:00Z"
    until: "2027-02-01T00:00:00Z"
    expires: "2027-03-31"

- name: Change it only if nobody else has since it was looked at
  progressive.delivery.feature_toggle:
    path: /etc/analyze-all/flags.json
    name: analyze-all-ai
    percent: 25
    expected_version: "{{ flags.toggles['analyze-all-ai'].version }}"

- name: Make it what it was in revision 7
  progressive.delivery.feature_toggle:
    path: /etc/analyze-all/flags.json
    name: analyze-all-ai
    rollback: 7

- name: Turn it on for a quarter of the users, on an Unleash server
  progressive.delivery.feature_toggle:
    backend: unleash
    unleash:
      address: https://unleash.example.com
      environment: production
      token_file: /etc/unleash/token
    name: analyze-all-ai
    variants: {"on": true, "off": false}
    default_variant: "off"
    percent: 25
    state: enabled
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
name:
  description: The flag's key.
  type: str
  returned: success
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
rules:
  description: The flag's O(rules). None are told of rules that this module did not write.
  type: list
  elements: dict
  returned: success
  sample: [{"when": {"$ref": "staff"}, "variant": "on"}]
schedule:
  description: C(from) and C(until), in UTC. Null when the flag has neither, or rules that this module did not write.
  type: dict
  returned: success
  sample: {"from": "2027-01-01T00:00:00Z", "until": null}
killed:
  description: Whether the kill switch is on.
  type: bool
  returned: success
version:
  description: What a later task may give as O(expected_version). V(absent) when the flag does not exist.
  type: str
  returned: success
  sample: 3d1f6b0c9a8e7d52
evaluators:
  description: All rules that the flags of the file share, by name. With O(backend=unleash) there are none.
  type: dict
  returned: success
revision:
  description: >-
    The number of what the file holds after the task; in check mode, that it would have. Null when it was not changed, and has none yet, and
    with O(backend=unleash).
  type: int
  returned: success
  sample: 8
error:
  description: Name of the kind of failure, for example C(invalid-toggle-definition) or C(unknown-toggle).
  type: str
  returned: failure
"""

import time
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.backends import (
    OPTIONS,
    place_of,
    toggles_of,
)
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.document import EVALUATORS
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.flagd_file import FlagdFile
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.interface import Toggles
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.options import decision
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.telling import told

TEXTS = (
    "default_variant",
    "variant",
    "bucket_by",
    "from",
    "until",
    "description",
    "owner",
    "expires",
    "environment",
    "expected_version",
)
RULE = {"when": {"type": "dict", "required": True}, "variant": {"type": "raw", "required": True}}


def carry_out(toggles: Toggles, params: t.Mapping[str, t.Any], check_mode: bool) -> t.Dict[str, t.Any]:
    """Change the flag; the keyword arguments for ``exit_json``.

    :raises DeliveryError: in a file, nothing was changed then; on a server, what was carried out stays
    """
    name = params["name"]
    shared: t.Tuple[t.Mapping[str, t.Any], t.Mapping[str, t.Any]] = ({}, {})
    revision = None
    if isinstance(toggles, FlagdFile):
        decide = decision(params, int(time.time()), toggles.flags_of)
        edit = toggles.edit(name, decide, params["evaluators"], dry=check_mode)
        was, now, revision = edit.was, edit.now, edit.revision
        shared = (edit.evaluators_were, edit.evaluators)
    else:
        was, now = toggles.change(name, decision(params), dry=check_mode)
    shown: t.List[t.Dict[str, t.Any]] = [{} if flag is None else {name: flag} for flag in (was, now)]
    if shared[0] != shared[1]:
        shown = [{**flag, EVALUATORS: rules} for flag, rules in zip(shown, shared)]
    place = place_of(params)
    return {
        "changed": shown[0] != shown[1],
        "name": name,
        "was": was,
        "evaluators": shared[1],
        "revision": revision,
        "diff": {"before": shown[0], "after": shown[1], "before_header": place, "after_header": place},
        **told(now),
    }


def main() -> t.NoReturn:
    module = AnsibleModule(
        argument_spec={
            **OPTIONS,
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "enabled", "disabled", "absent"], "default": "present"},
            "variants": {"type": "dict"},
            "percent": {"type": "raw"},
            "allow": {"type": "list", "elements": "str"},
            "deny": {"type": "list", "elements": "str"},
            "rules": {"type": "list", "elements": "dict", "options": RULE},
            "killed": {"type": "bool"},
            "evaluators": {"type": "dict"},
            "definition": {"type": "dict"},
            "rollback": {"type": "int"},
            "keep_revisions": {"type": "int"},
            "lock_timeout": {"type": "float", "default": 10.0},
            **{name: {"type": "str"} for name in TEXTS},
        },
        supports_check_mode=True,
    )
    try:
        result = carry_out(toggles_of(module.params), module.params, module.check_mode)
    except DeliveryError as error:
        module.fail_json(**error.as_result())
    module.exit_json(**result)


if __name__ == "__main__":
    main()
