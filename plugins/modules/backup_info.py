#!/usr/bin/python
# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible module: list an app's backups, and when each was last proven."""

from __future__ import annotations

DOCUMENTATION = r"""
module: backup_info
short_description: List an app's backups, and when each was last proven
version_added: "0.2.0"
description:
  - Reads the snapshots of an app from their repository, with their labels and proofs.
extends_documentation_fragment:
  - progressive.delivery.attributes
  - progressive.delivery.attributes.actiongroup_delivery
  - progressive.delivery.attributes.info_module
  - progressive.delivery.backup
attributes:
  platform:
    support: full
seealso:
  - module: progressive.delivery.backup
  - module: progressive.delivery.restore
author:
  - The progressive.delivery engineers (@progressive-delivery)
"""

EXAMPLES = r"""
- name: Read the backups of a shop
  progressive.delivery.backup_info:
    app: shop
    repository: /mnt/backups/shop
    password: "{{ shop_backup_password }}"
  register: backups

- name: Fail when the newest that was proven is older than a day
  ansible.builtin.assert:
    that: backups.newest_proven and (now(utc=true) - (backups.newest_proven.taken | to_datetime('%Y-%m-%dT%H:%M:%SZ'))).days < 1
"""

RETURN = r"""
snapshots:
  description: All of the app, oldest first.
  type: list
  elements: dict
  returned: success
  contains: &snapshot
    id:
      description: What it is called in its repository.
      type: str
    taken:
      description: When, ISO 8601 in UTC.
      type: str
    host:
      description: Where.
      type: str
    paths:
      description: What was saved beside the sources.
      type: list
      elements: str
    labels:
      description:
        - The labels that were given. With C(before_restore_of) it is what was live before the restore of that snapshot.
      type: dict
    proven:
      description: When and how it was last proven; null when it never was.
      type: dict
      sample: {"at": "2026-11-26T03:00:11Z", "how": "restore"}
newest:
  description: The newest snapshot of the host on which the task runs, but for those that were taken before a restore; null when there is none.
  type: dict
  returned: success
  contains: *snapshot
newest_proven:
  description: The newest of them that was proven; null when there is none.
  type: dict
  returned: success
  contains: *snapshot
engine:
  description: What keeps the snapshots.
  type: str
  returned: success
  sample: restic
error:
  description: Name of the kind of failure, for example C(backup-wrong-password).
  type: str
  returned: failure
"""

import socket
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.progressive.delivery.plugins.module_utils._backups import restoring
from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.registry import engine_for
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import of_host
from ansible_collections.progressive.delivery.plugins.module_utils._backups.parameters import (
    check_place,
    common_arguments,
    told,
)
from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError


def read(params: t.Mapping[str, t.Any]) -> t.Dict[str, t.Any]:
    """What the repository has; the keyword arguments for ``exit_json``.

    :raises DeliveryError: it cannot be read
    """
    check_place(params)
    engine, name = engine_for(params)
    snapshots = engine.snapshots(params["app"])
    own = of_host(snapshots, socket.gethostname())
    newest, proven = restoring.newest(own), restoring.newest(own, proven=True)
    return {
        "changed": False,
        "engine": name,
        "snapshots": [told(snapshot) for snapshot in snapshots],
        "newest": None if newest is None else told(newest),
        "newest_proven": None if proven is None else told(proven),
    }


def main() -> t.NoReturn:
    module = AnsibleModule(
        argument_spec=common_arguments(),
        mutually_exclusive=[["password", "password_file"]],
        supports_check_mode=True,
    )
    try:
        result = read(module.params)
    except DeliveryError as error:
        module.fail_json(**error.as_result())
    module.exit_json(**result)


if __name__ == "__main__":
    main()
