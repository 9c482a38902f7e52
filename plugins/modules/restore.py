#!/usr/bin/python
# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible module: bring an app's data back from a snapshot."""

from __future__ import annotations

DOCUMENTATION = r"""
module: restore
short_description: Bring an app's data back from a snapshot
version_added: "0.2.0"
description:
  - Restores paths and databases from a snapshot that the module M(progressive.delivery.backup) took. In place, where everything is restored and
    checked beside what is live before the first of it changes; or into a folder of its own with O(into).
  - Each path and each source changes at once or not at all. What is live now is saved first, so that a restore can be taken back.
  - Killed at any instant, it leaves each path and database as it was or as it was saved, and the same task run again does the rest.
  - A program that has files open keeps the old ones. Stop it before, or restart it afterwards.
options:
  snapshot:
    description:
      - Which one; an id as M(progressive.delivery.backup_info) gives it, its beginning, V(newest) or V(newest_proven).
      - The newest are those of this host. Where another host's snapshot in the same repository is wanted, name its id.
    type: str
    required: true
  unproven:
    description: A snapshot that was never proven will do.
    type: bool
    default: false
  paths:
    description: What to restore, each as it was saved or within what was saved. Left out, all that was saved; an empty list restores sources only.
    type: list
    elements: path
  into:
    description:
      - A folder that is empty or not there. What was at C(/srv/data) comes to C(srv/data) in it, and dumps as they were dumped. Nothing live changes.
    type: path
  replace_links:
    description: A symbolic link at a path may be replaced by what was saved. Else that is an error.
    type: bool
    default: false
  safety:
    description:
      - Save what is live first, in the same repository, and read the snapshot through. A path that is not there any more is left out.
      - Say V(false) where what is live cannot be saved, for example a database that is broken.
    type: bool
    default: true
  work_directory:
    description:
      - A folder of this host for dumps and scratch.
      - The task works in a folder with the name of O(app) in it, of which only a lock file is left at the end. That folder must hold nothing else,
        and neither hold the repository nor be in it.
    type: path
    default: /var/lib/progressive.delivery/backups
extends_documentation_fragment:
  - progressive.delivery.attributes
  - progressive.delivery.attributes.actiongroup_delivery
  - progressive.delivery.backup
  - progressive.delivery.backup.sources
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: none
  platform:
    support: full
seealso:
  - module: progressive.delivery.backup
  - module: progressive.delivery.backup_info
author:
  - The progressive.delivery engineers (@progressive-delivery)
"""

EXAMPLES = r"""
- name: Bring the data of a shop back as it was before a rollout
  progressive.delivery.restore:
    app: shop
    repository: /mnt/backups/shop
    password: "{{ shop_backup_password }}"
    snapshot: 9f86d081884c7d65
    sources:
      - name: database
        postgresql:
          run_as: postgres

- name: Look at what was saved, elsewhere
  progressive.delivery.restore:
    app: shop
    repository: /mnt/backups/shop
    password: "{{ shop_backup_password }}"
    snapshot: newest
    unproven: true
    into: /tmp/shop-as-it-was
"""

RETURN = r"""
snapshot:
  description: What was restored from.
  type: dict
  returned: success
  sample: {"id": "9f86d081884c7d65", "taken": "2026-11-26T03:00:00Z"}
paths:
  description: The paths that were restored, or in check mode would be.
  type: list
  elements: str
  returned: success
sources:
  description: The sources that were.
  type: list
  elements: str
  returned: success
safety:
  description: The snapshot of what was live; null when none was taken.
  type: dict
  returned: success
left:
  description: Folders with old content that could not be removed, and why.
  type: dict
  returned: success
engine:
  description: What keeps the snapshots.
  type: str
  returned: success
  sample: restic
error:
  description: Name of the kind of failure, for example C(backup-restore-failed).
  type: str
  returned: failure
details:
  description: With C(restored), what had changed already when it failed.
  type: dict
  returned: when something had
"""

import os
import socket
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._backups import restoring, taking
from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.interface import Engine
from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.registry import engine_for
from ansible_collections.progressive.delivery.plugins.module_utils._backups.masked_module import MaskedModule
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import Labels, Snapshot
from ansible_collections.progressive.delivery.plugins.module_utils._backups.parameters import (
    WORK_DIRECTORY,
    apart,
    check_place,
    common_arguments,
    told,
    told_proof,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.registry import (
    arguments,
    sources_for,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.workplace import Workplace, held
from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError

Params = t.Mapping[str, t.Any]


def carry_out(params: Params, check_mode: bool) -> t.Dict[str, t.Any]:
    """Do what the task says; the keyword arguments for ``exit_json``.

    :raises DeliveryError: its details say what had changed already
    """
    check_place(params)
    engine, name = engine_for(params)
    snapshot = restoring.chosen(
        engine.snapshots(params["app"]), params["snapshot"], params["unproven"], socket.gethostname()
    )
    paths = snapshot.saved if params["paths"] is None else params["paths"]
    wanted = restoring.Wanted(tuple(paths), sources_for(params["sources"]), params["replace_links"])
    restoring.check(snapshot, wanted)
    taking.check_apart(paths if params["into"] is None else [params["into"]], apart(params))
    result = {"changed": True, "engine": name, "snapshot": told(snapshot), "safety": None, "left": {}}
    named = {"paths": paths, "sources": [source.name for source in wanted.sources]}
    if check_mode:
        return {**result, **named}
    if params["into"] is not None:
        restoring.into(engine, snapshot, wanted, params["into"])
        return {**result, **named}
    with held(params["work_directory"], params["app"], params["lock_timeout"]) as work:
        safety = _save_first(engine, snapshot, wanted, params, work) if params["safety"] else None
        restored = restoring.in_place(engine, snapshot, wanted, work)
    return {**result, **named, "safety": safety, "left": dict(restored.left)}


def _save_first(
    engine: Engine, snapshot: Snapshot, wanted: restoring.Wanted, params: Params, work: Workplace
) -> t.Optional[t.Dict[str, t.Any]]:
    """The snapshot of what is about to change, as the result has it; None when nothing of it is there."""
    there = tuple(path for path in wanted.paths if os.path.lexists(path))
    if not there and not wanted.sources:
        return None
    labels = Labels(params["app"], reason="before restoring {0}".format(snapshot.identifier))
    order = taking.Order(labels, there, (), wanted.sources, "checksum")
    taking.check(engine, order, apart(params), links=True)
    taken, proof = taking.take(engine, order, work)
    return {**told(taken.snapshot), "proven": told_proof(proof)}


def main() -> t.NoReturn:
    module = MaskedModule(
        argument_spec={
            **common_arguments(),
            "sources": arguments(),
            "snapshot": {"type": "str", "required": True},
            "unproven": {"type": "bool", "default": False},
            "paths": {"type": "list", "elements": "path"},
            "into": {"type": "path"},
            "replace_links": {"type": "bool", "default": False},
            "safety": {"type": "bool", "default": True},
            "work_directory": {"type": "path", "default": WORK_DIRECTORY},
        },
        mutually_exclusive=[["password", "password_file"]],
        supports_check_mode=True,
    )
    try:
        result = carry_out(module.params, module.check_mode)
    except DeliveryError as error:
        module.fail_json(**error.as_result())
    module.exit_json(**result)


if __name__ == "__main__":
    main()
