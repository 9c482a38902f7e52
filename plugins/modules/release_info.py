#!/usr/bin/python
# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: release_info
short_description: Tell which releases a host has, and which is the current one
version_added: "0.1.0"
description:
  - Reads what M(progressive.delivery.release) has put below a folder.
options:
  root:
    description: Absolute path of the folder that holds C(releases/) and C(current). It need not be there.
    type: path
    required: true
extends_documentation_fragment:
  - progressive.delivery.attributes
  - progressive.delivery.attributes.info_module
  - progressive.delivery.attributes.actiongroup_delivery
seealso:
  - module: progressive.delivery.release
author:
  - The progressive.delivery engineers (@progressive-delivery)
"""

EXAMPLES = r"""
- name: Read the releases
  progressive.delivery.release_info:
    root: /opt/analyze-all
  register: __releases

- name: Say which release there is to go back to
  ansible.builtin.debug:
    msg: "{{ __releases.current }} is current, {{ __releases.previous | default('none', true) }} was before"
"""

RETURN = r"""
current:
  description: The current release; none when there is no valid one.
  returned: success
  type: str
  sample: 1.1.0
previous:
  description: The release that was current before it and is still there; none when there is none.
  returned: success
  type: str
  sample: 1.0.0
activations:
  description: Versions in the order in which they became current; the last is the current one.
  returned: success
  type: list
  elements: str
  sample: ["1.0.0", "1.1.0"]
releases:
  description: All releases, the one put in place first first.
  returned: success
  type: list
  elements: dict
  contains:
    version:
      description: The release's name.
      type: str
      sample: 1.1.0
    path:
      description: Its folder.
      type: str
      sample: /opt/analyze-all/releases/1.1.0
    staged_at:
      description: When it was put in place, UTC. None for a folder that was not made by M(progressive.delivery.release).
      type: str
      sample: "2026-11-23T20:08:11.123456Z"
    revision:
      description: A text that changes when the version has been removed and put in place again.
      type: str
      sample: "1.1.0@2026-11-23T20:08:11.123456Z"
    source:
      description: What it was made from.
      type: dict
      sample: {"type": "git", "repository": "https://git.example.com/analyze-all.git", "ref": "v1.1.0", "commit": "5c0b36…"}
error:
  description: Name of the kind of failure, for example C(record-unreadable) or C(permission-missing).
  returned: failure
  type: str
  sample: record-unreadable
"""

import os
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError
from ansible_collections.progressive.delivery.plugins.module_utils._releases.snapshot import Snapshot
from ansible_collections.progressive.delivery.plugins.module_utils._releases.store import Store


def result_of(snapshot: Snapshot, store: Store) -> t.Dict[str, t.Any]:
    """What the module returns."""
    return {
        "current": snapshot.current,
        "previous": snapshot.previous,
        "activations": list(snapshot.activations),
        "releases": [_release(version, snapshot, store) for version in snapshot.present.in_order],
    }


def _release(version: str, snapshot: Snapshot, store: Store) -> t.Dict[str, t.Any]:
    record = snapshot.records[version]
    return {
        "version": version,
        "path": store.path(version),
        "staged_at": record.staged_at if record else None,
        "revision": record.revision if record else None,
        "source": dict(record.source) if record else {},
    }


def main() -> t.NoReturn:
    """Run the module."""
    module = AnsibleModule(argument_spec={"root": {"type": "path", "required": True}}, supports_check_mode=True)
    store = Store(os.path.normpath(module.params["root"]))
    try:
        result = result_of(store.read(), store)
    except DeliveryError as error:
        module.fail_json(**error.as_result())
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
