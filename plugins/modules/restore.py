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
  - Restores paths and databases from a snapshot that the module M(progressive.delivery.backup) took; in place, or into a folder of its own with
    O(into).
  - In place, each path and each source changes at once or not at all, the sources in their order and then the paths. Before the first of it changes,
    everything asked for was found in the snapshot, the paths were restored beside what is live, and the dumps were read and are what was dumped.
    Whether a database takes its dump is found out when its turn comes, before it changes.
  - What the excludes of the backup left out of a folder, and sockets, are carried over as they are live. A folder that the snapshot has not got goes,
    with all that is in it.
  - What is live now is saved first, with the excludes of the snapshot, so that a restore can be taken back.
  - Killed at any instant, it leaves each path and database as it was or as it was saved, and the same task run again does the rest.
  - A program that has files open keeps the old ones. Stop it before, or restart it afterwards.
options:
  snapshot:
    description:
      - Which one; an id as M(progressive.delivery.backup_info) gives it, its beginning, V(newest) or V(newest_proven).
      - The newest are those of this host. Where another host's snapshot in the same repository is wanted, name its id.
      - What a restore saved before it, see O(safety), is neither of the newest; it is gone back to by its id.
    type: str
    required: true
  unproven:
    description: A snapshot that was never proven will do.
    type: bool
    default: false
  paths:
    description:
      - What to restore, each as it was saved or within what was saved. Left out, all that was saved; an empty list restores sources only.
      - Left out, and in place, O(sources) has to name at least one where the snapshot has dumps, so that files do not come back without their database
        by an oversight.
    type: list
    elements: path
  into:
    description:
      - A folder that is empty or not there. What was at C(/srv/data) comes to C(srv/data) in it, and dumps as they were dumped. Nothing live changes.
      - Without O(paths) all dumps come, whatever O(sources) names.
      - It has to belong to the task's account, and nobody else may be able to write to it or to put something else in its place. One that is made
        has mode 0700.
    type: path
  replace_links:
    description:
      - A symbolic link at a path may be replaced by what was saved. Else that is an error.
      - What the link leads to stays. O(safety) saves the link itself, and the result has it.
    type: bool
    default: false
  safety:
    description:
      - Save what is live first, in the same repository, and read the snapshot through. A path that is not there any more is left out.
      - The label C(before_restore_of) tells such a snapshot, which is never V(newest) nor V(newest_proven), from others.
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
    into: /srv/shop-as-it-was
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
links:
  description: Links that were replaced, or in check mode would be, and what they led to.
  type: dict
  returned: success
left:
  description: Folders with old content that could not be removed, and why.
  type: dict
  returned: success
lost:
  description: What was left out of the snapshot, was live and could not be carried over, and why.
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

from ansible_collections.progressive.delivery.plugins.module_utils._backups import elsewhere, restoring, taking
from ansible_collections.progressive.delivery.plugins.module_utils._backups.description import Description
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
from ansible_collections.progressive.delivery.plugins.module_utils._backups.wanted import (
    Wanted,
    check,
    check_all_named,
    check_live,
    check_plain,
    described,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.workplace import held as held_folder
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
    paths = snapshot.saved if params["paths"] is None else tuple(params["paths"])
    order = Wanted(paths, sources_for(params["sources"]), params["replace_links"])
    result = {
        "changed": True,
        "engine": name,
        "snapshot": told(snapshot),
        "safety": None,
        **{name: {} for name in ("left", "links", "lost")},
    }
    if params["into"] is not None:
        return {**result, **_elsewhere(engine, snapshot, order, params, check_mode)}
    held = described(engine, snapshot)
    check(snapshot, held, order)
    if params["paths"] is None:
        check_all_named(held, order)
    check_live(order, apart(params))
    safety = _safety(snapshot, held, order, params) if params["safety"] else None
    if safety is not None:
        taking.check(safety, apart(params))
        engine.check()
    named: t.Dict[str, t.Any] = {"paths": list(paths), "sources": [source.name for source in order.sources]}
    named["links"] = {path: os.readlink(path) for path in paths if os.path.islink(path)}
    if check_mode:
        return {**result, **named}
    with held_folder(params["work_directory"], params["app"], params["lock_timeout"]) as work:
        if safety is not None:
            taken, proof = taking.take(engine, safety, work)
            named["safety"] = {**told(taken.snapshot), "proven": told_proof(proof)}
        restored = restoring.in_place(engine, snapshot, order, held.excludes, work)
    return {**result, **named, "left": dict(restored.left), "lost": dict(restored.lost)}


def _elsewhere(
    engine: Engine, snapshot: Snapshot, order: Wanted, params: Params, check_mode: bool
) -> t.Dict[str, t.Any]:
    """With all paths come all dumps: nothing needs to be known of a database to look at its dump."""
    if params["paths"] is None and order.paths and not order.sources and not check_mode:
        # All of it comes, and so does what it says of itself, which need not be asked for before.
        check_plain(order.paths)
        taking.check_apart([params["into"]], apart(params))
        held = elsewhere.restore_all(engine, snapshot, params["into"])
        return {"paths": list(order.paths), "sources": [source.name for source in held.sources]}
    held = described(engine, snapshot)
    dumps = [source.name for source in held.sources] if params["paths"] is None or order.sources else []
    if order.paths or order.sources or not dumps:
        check(snapshot, held, order)
    elsewhere.check(params["into"])
    taking.check_apart([params["into"]], apart(params))
    if not check_mode:
        elsewhere.restore(engine, snapshot, [*order.paths, *([snapshot.dumps] if dumps else [])], params["into"])
    return {"paths": list(order.paths), "sources": dumps}


def _safety(snapshot: Snapshot, held: Description, order: Wanted, params: Params) -> t.Optional[taking.Order]:
    """What of what is about to change is to be saved; None when nothing of it is there."""
    saved = tuple(path for path in order.paths if os.path.lexists(path))
    if not saved and not order.sources:
        return None
    reason = "before restoring {0}".format(snapshot.identifier)
    labels = Labels(params["app"], reason=reason, before_restore_of=snapshot.identifier)
    return taking.Order(labels, saved, held.excludes, order.sources, "checksum", links=True)


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
