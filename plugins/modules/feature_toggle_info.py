#!/usr/bin/python
# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible module: read which features are on, and for whom."""

from __future__ import annotations

DOCUMENTATION = r"""
module: feature_toggle_info
short_description: Read which features are on, and for whom
version_added: "0.2.0"
description:
  - Reads the feature flags in a file of flagd's, or on an Unleash server, with the share of users that
    M(progressive.delivery.feature_toggle) gave a variant.
  - Runs on the host where the file is, or on any that reaches the server.
requirements:
  - requests and tenacity >= 8.2, for O(backend=unleash)
notes:
  - With O(backend=unleash), O(environment), O(revision) and O(stale_days) are refused. No flag of a server is told as expired or stale.
options:
  name:
    description: Key of the one flag to read. Left out, all are.
    type: str
  environment:
    description: The environment whose file this is. A file that is another environment's is refused.
    type: str
  revision:
    description: The number of the revision to read, in place of what the file holds.
    type: int
  stale_days:
    description: For how many days a flag may give everyone one variant before it is told as stale. Left out, they are 30.
    type: float
extends_documentation_fragment:
  - progressive.delivery.toggles
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
- name: Read the flags
  progressive.delivery.feature_toggle_info:
    path: /etc/analyze-all/flags.json
  register: flags

- name: Name the flags that should be taken out of the code
  ansible.builtin.debug:
    msg: "{{ item.key }} ({{ item.value.definition.metadata.owner | default('nobody') }})"
  loop: "{{ flags.toggles | dict2items }}"
  when: item.value.expired or item.value.stale

- name: Read what a flag was in an earlier revision
  progressive.delivery.feature_toggle_info:
    path: /etc/analyze-all/flags.json
    name: analyze-all-ai
    revision: "{{ flags.revisions[0] }}"

- name: Say for how many a feature is on
  ansible.builtin.debug:
    msg: "{{ flags.toggles['analyze-all-ai'].audience.percent }} %"
"""

RETURN = r"""
toggles:
  description: The flags by name; empty when O(name) does not exist. A server's flag of which nothing was said in the environment is none.
  type: dict
  returned: success
  contains:
    definition:
      description: The whole flag, in flagd's form.
      type: dict
    audience:
      description:
        - Who gets another variant than the default. Null when the flag has no share, or rules that the module did not write.
      type: dict
      sample: {"variant": "on", "percent": 5, "bucket_by": "targetingKey", "allow": [], "deny": []}
    rules:
      description: Rules of somebody's own that the module was given, in the order in which they are tried.
      type: list
      elements: dict
    schedule:
      description: C(from) and C(until), in UTC. Null when the flag has neither, or rules that the module did not write.
      type: dict
    killed:
      description: Whether the kill switch is on.
      type: bool
    version:
      description: What a later task may give as C(expected_version).
      type: str
    changed_at:
      description: When what the flag gives was last changed, in UTC. Null when the flag does not say.
      type: str
    expires:
      description: The last day on which it should be there. Null when it has none.
      type: str
    expired:
      description: Whether that day is over, in UTC.
      type: bool
    stale:
      description:
        - Whether the flag has done its work. It was not changed for more than O(stale_days) days, and all that time everyone got one variant.
          It was disabled or killed, or had no share, or one of 0 or 100 %, or its schedule was over. Keys that are allowed or denied
          do not count. Rules that are somebody's own do, for it is not known whom they fit.
        - Never true of a flag that does not say when it was changed.
      type: bool
evaluators:
  description: The rules that the flags share, by name. Those that the file has now, also with O(revision). With O(backend=unleash) there are none.
  type: dict
  returned: success
revision:
  description: >-
    The number of what the file holds. Null when somebody has changed it by hand since, or nothing has changed it yet,
    and with O(backend=unleash).
  type: int
  returned: success
revisions:
  description: The numbers of the revisions that are kept, the oldest first. With O(backend=unleash) there are none.
  type: list
  elements: int
  returned: success
error:
  description: Name of the kind of failure, for example C(toggle-file-unreadable).
  type: str
  returned: failure
"""

import math
import time
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError, InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.backends import OPTIONS, toggles_of
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.flagd_file import FlagdFile
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.interface import Toggles
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.telling import told, told_of_age

STALE_DAYS = 30.0
"""Where it is not said."""


def look(toggles: Toggles, params: t.Mapping[str, t.Any]) -> t.Dict[str, t.Any]:
    """Read the flags; the keyword arguments for ``exit_json``; raises DeliveryError."""
    days = STALE_DAYS if params["stale_days"] is None else params["stale_days"]
    if not 0 <= days < math.inf:
        raise InvalidOption("stale_days: {0} is no number of days, 0 or more".format(days))
    name, revision, at = params["name"], params["revision"], int(time.time())
    of_file: t.Dict[str, t.Any] = {"evaluators": {}, "revision": None, "revisions": []}
    if isinstance(toggles, FlagdFile):
        of_file = {
            "evaluators": toggles.evaluators(),
            "revision": toggles.revision(),
            "revisions": toggles.revisions(),
        }
    if revision is not None and isinstance(toggles, FlagdFile):
        flags = {each: flag for each, flag in toggles.flags_of(revision).items() if name in {None, each}}
    else:
        flags = toggles.read(name)
    return {
        "toggles": {each: {**told(flag), **told_of_age(flag, at, days)} for each, flag in flags.items()},
        **of_file,
    }


def main() -> t.NoReturn:
    module = AnsibleModule(
        argument_spec={
            **OPTIONS,
            "name": {"type": "str"},
            "environment": {"type": "str"},
            "revision": {"type": "int"},
            "stale_days": {"type": "float"},
        },
        supports_check_mode=True,
    )
    try:
        result = look(toggles_of(module.params), module.params)
    except DeliveryError as error:
        module.fail_json(**error.as_result())
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
