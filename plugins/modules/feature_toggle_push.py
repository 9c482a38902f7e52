#!/usr/bin/python
# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible module: one host's part in pushing a file of feature flags to many hosts at once."""

from __future__ import annotations

DOCUMENTATION = r"""
module: feature_toggle_push
short_description: Prepare and activate a pushed file of feature flags
version_added: "0.2.0"
description:
  - One host's part in pushing a file of flagd's to many hosts. The role P(progressive.delivery.feature_toggles#role) calls it, so that a file is
    activated on no host before it is prepared on all.
  - What is prepared lies beside the live file, on the same file system, and was checked against flagd's published JSON schema. It becomes live by one
    rename, and apps see it within moments and without a restart.
  - The file is made elsewhere, for example with M(progressive.delivery.feature_toggle) on the controller. A host where somebody has changed it
    since the last push refuses to have that written over, so a flag that was killed on a host stays so.
requirements:
  - jsonschema >= 3.2
options:
  command:
    description:
      - V(look) tells what is there. V(prepare) lays O(content) beside the live file. V(activate) lets what is prepared take its place.
        V(discard) takes away what is prepared.
      - V(finish) activates what a run that was killed had begun to activate on some hosts. That is what some of O(looks) have live and all
        others prepared. Where there is no such file it does nothing.
    type: str
    choices: [look, prepare, finish, activate, discard]
    required: true
  path:
    description: The live file. Its folder must be there. A link stays a link.
    type: path
    required: true
  content:
    description: The text of the file, for O(command=prepare).
    type: str
  digest:
    description: The RV(digest) of what is to be activated, for O(command=activate).
    type: str
  looks:
    description: The RV(look) of all hosts, for O(command=finish).
    type: list
    elements: dict
    suboptions:
      live:
        description: As a host returned it.
        type: str
      prepared:
        description: As a host returned it.
        type: str
  overwrite:
    description: Prepare also where somebody has changed the live file since the last push, or where there is one that was never pushed.
    type: bool
    default: false
  environment:
    description: The environment whose file this is. O(content) and a live file that are another environment's are refused.
    type: str
  keep_revisions:
    description: How many revisions of the file are kept, as M(progressive.delivery.feature_toggle) keeps them.
    type: int
    default: 20
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
    support: none
  idempotent:
    support: full
  platform:
    support: full
seealso:
  - module: progressive.delivery.feature_toggle
author:
  - The progressive.delivery engineers (@progressive-delivery)
"""

EXAMPLES = r"""
- name: Lay the file beside the live one
  progressive.delivery.feature_toggle_push:
    command: prepare
    path: /etc/analyze-all/flags.json
    content: "{{ lookup('ansible.builtin.file', 'flags.json', rstrip=false) }}"
  register: prepared

- name: Activate it
  progressive.delivery.feature_toggle_push:
    command: activate
    path: /etc/analyze-all/flags.json
    digest: "{{ prepared.digest }}"
"""

RETURN = r"""
look:
  description: What is there after the task, or in check mode before it.
  type: dict
  returned: success
  contains:
    live:
      description: SHA-256 of what apps read. Null when there is no file.
      type: str
    prepared:
      description: SHA-256 of what may take its place. Null when nothing is prepared, or the live file was changed since.
      type: str
digest:
  description: SHA-256 of O(content).
  type: str
  returned: when O(command=prepare)
error:
  description: Name of the kind of failure, for example C(toggle-file-changed-here).
  type: str
  returned: failure
"""

import math
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError, InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.flagd_file import KEEP
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.push import Look, PushedFile, begun

NEEDED = (("command", "prepare", ["content"]), ("command", "activate", ["digest"]), ("command", "finish", ["looks"]))


def carry_out(params: t.Mapping[str, t.Any], check_mode: bool) -> t.Dict[str, t.Any]:
    """Do the command; the keyword arguments for ``exit_json``; raises DeliveryError."""
    if params["keep_revisions"] < 1:
        raise InvalidOption("keep_revisions: {0} is no number from 1".format(params["keep_revisions"]))
    if not 0 <= params["lock_timeout"] < math.inf:
        raise InvalidOption("lock_timeout: {0} is no number of seconds, 0 or more".format(params["lock_timeout"]))
    file = PushedFile(params["path"], params["lock_timeout"], params["environment"], params["keep_revisions"])
    command, result = params["command"], {}
    if command == "prepare":
        found, digest = file.prepare(params["content"], params["overwrite"], dry=check_mode)
        changed, result = found.live != digest, {"digest": digest}
    elif command == "discard":
        changed = file.look().prepared is not None if check_mode else file.discard()
    elif command == "look":
        changed = False
    else:
        changed = _activate(file, _wanted(params), check_mode)
    look = file.look()
    return {"changed": changed, "look": {"live": look.live, "prepared": look.prepared}, **result}


def _wanted(params: t.Mapping[str, t.Any]) -> t.Optional[str]:
    if params["command"] == "activate":
        return str(params["digest"])
    return begun([Look(look["live"], look["prepared"]) for look in params["looks"]])


def _activate(file: PushedFile, digest: t.Optional[str], check_mode: bool) -> bool:
    if digest is None:
        return False
    return file.look().live != digest if check_mode else file.activate(digest)


def main() -> t.NoReturn:
    module = AnsibleModule(
        argument_spec={
            "command": {
                "type": "str",
                "choices": ["look", "prepare", "finish", "activate", "discard"],
                "required": True,
            },
            "path": {"type": "path", "required": True},
            "content": {"type": "str"},
            "digest": {"type": "str"},
            "looks": {
                "type": "list",
                "elements": "dict",
                "options": {"live": {"type": "str"}, "prepared": {"type": "str"}},
            },
            "overwrite": {"type": "bool", "default": False},
            "environment": {"type": "str"},
            "keep_revisions": {"type": "int", "default": KEEP},
            "lock_timeout": {"type": "float", "default": 10.0},
        },
        required_if=NEEDED,
        supports_check_mode=True,
    )
    try:
        result = carry_out(module.params, module.check_mode)
    except DeliveryError as error:
        module.fail_json(**error.as_result())
    module.exit_json(**result)


if __name__ == "__main__":
    main()
