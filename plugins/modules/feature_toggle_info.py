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
  - Reads the feature flags in a file of flagd's, with the share of users that M(progressive.delivery.feature_toggle) gave a variant.
  - Runs on the host where the file is.
options:
  path:
    description: The file, in JSON. A file that does not exist has no flags.
    type: path
    required: true
  name:
    description: Key of the one flag to read. Left out, all are.
    type: str
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
- name: Read the flags
  progressive.delivery.feature_toggle_info:
    path: /etc/analyze-all/flags.json
  register: flags

- name: Say for how many a feature is on
  ansible.builtin.debug:
    msg: "{{ flags.toggles['analyze-all-ai'].audience.percent }} %"
"""

RETURN = r"""
toggles:
  description: The flags by name; empty when O(name) does not exist.
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
error:
  description: Name of the kind of failure, for example C(toggle-file-unreadable).
  type: str
  returned: failure
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.flagd_file import FlagdFile
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.options import told


def main() -> t.NoReturn:
    module = AnsibleModule(
        argument_spec={"path": {"type": "path", "required": True}, "name": {"type": "str"}},
        supports_check_mode=True,
    )
    wanted = module.params["name"]
    try:
        flags = FlagdFile(module.params["path"]).read()
    except DeliveryError as error:
        module.fail_json(**error.as_result())
    toggles = {name: told(flag) for name, flag in flags.items() if wanted in {None, name}}
    module.exit_json(changed=False, toggles=toggles)


if __name__ == "__main__":
    main()
