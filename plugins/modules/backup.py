#!/usr/bin/python
# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible module: save an app's data, and prove that it can be had back."""

from __future__ import annotations

DOCUMENTATION = r"""
module: backup
short_description: Save an app's data, and prove that it can be had back
version_added: "0.2.0"
description:
  - Saves paths, and databases as they are at one moment, as one snapshot in a repository of restic, of borg or of archives.
  - Proves the snapshot. With O(verify=restore) it is restored into a scratch place and compared with what was saved; a database is restored into
    a scratch database, and the rows and a checksum of each table are compared. A snapshot that cannot be proven fails the task.
  - Takes snapshots away that are too old, but never the newest proven one of a host (what a restore saved before it does not count), nor one that
    O(protect) names.
  - Runs on the host that has the data. Killed at any instant it leaves every earlier snapshot whole, and the next task goes on.
requirements:
  - restic >= 0.14 or borg >= 1.2, for these engines
  - the client programs of the databases that are saved
options:
  state:
    description:
      - V(taken) saves, proves and takes away what is too old. Each such task takes a snapshot.
      - V(proven) proves O(snapshot), which was taken earlier. What changed on the host since then is not held against it.
      - V(pruned) only takes away what is too old. In check mode it tells what would go.
    type: str
    choices: [taken, proven, pruned]
    default: taken
  snapshot:
    description: With O(state=proven), which one; an id as M(progressive.delivery.backup_info) gives it, its beginning, or V(newest), which is the
      newest of this host.
    type: str
    default: newest
  paths:
    description: Files and folders to save, absolute. None may be within another, nor hold the repository, nor be a symbolic link.
    type: list
    elements: path
    default: []
  excludes:
    description:
      - Shell patterns of what is left out. One that begins with a slash is held against the whole path, another against each name on the way.
    type: list
    elements: str
    default: []
  verify:
    description:
      - V(restore) restores the snapshot and compares it; where all files of a path changed since, which leaves nothing to compare, it proves as
        V(checksum) does, and the result says so. V(checksum) reads all of it against the checksums that it was saved with. V(none) proves
        nothing, so that neither a restore nor a rollback will use it unasked.
    type: str
    choices: [none, checksum, restore]
    default: restore
  environment_name:
    description: A label, the environment that the data belongs to.
    type: str
  release:
    description: A label, the release that serves.
    type: str
  rollout:
    description: A label, the id of the rollout that asked for it.
    type: str
  reason:
    description: A label, why it is taken.
    type: str
  keep:
    description:
      - What retention keeps. Left out, or with nothing in it, everything is kept.
      - Of the newest so many hours, days, weeks, months and years (UTC) in which there are snapshots, the newest one is kept, as with restic and borg;
        where one of them was proven, the newest of those.
      - The snapshots of each host that saves the app into the repository are counted for themselves.
      - The snapshot that was taken just now stays, and so does one whose time is still to come, as some clock was wrong. It is not counted.
    type: dict
    suboptions:
      last:
        description: How many of the newest, and how many of the newest that were proven.
        type: int
        default: 0
      within:
        description: All that are not older by this than the newest one that was there before the task, for example V(14d) or V(1y6m).
        type: str
      hourly:
        description: Hours.
        type: int
        default: 0
      daily:
        description: Days.
        type: int
        default: 0
      weekly:
        description: Weeks, from Monday.
        type: int
        default: 0
      monthly:
        description: Months.
        type: int
        default: 0
      yearly:
        description: Years.
        type: int
        default: 0
  protect:
    description:
      - Ids of snapshots that stay whatever O(keep) says, or the beginnings of such ids. One that names no snapshot is refused, as what it was
        meant for would not stay.
    type: list
    elements: str
    default: []
  protect_where_there:
    description:
      - As O(protect), but what names no snapshot is passed over. For those that a rollout under way may go back to, which may be in the repositories of
        other hosts.
    type: list
    elements: str
    default: []
  work_directory:
    description:
      - A folder of this host for dumps and scratch restores. Has to have room for the dumps, and with O(verify=restore) for all that is saved.
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
    support: full
    details:
      - Shows the snapshots before and after.
  idempotent:
    support: partial
    details:
      - With O(state=taken) each task takes a snapshot, and with O(state=proven) each adds a proof.
  platform:
    support: full
seealso:
  - module: progressive.delivery.backup_info
  - module: progressive.delivery.restore
author:
  - The progressive.delivery engineers (@progressive-delivery)
"""

EXAMPLES = r"""
- name: Save the files and the database of a shop, and prove it
  progressive.delivery.backup:
    app: shop
    repository: /mnt/backups/shop
    password: "{{ shop_backup_password }}"
    paths: [/srv/shop/uploads]
    excludes: ["*.tmp", /srv/shop/uploads/cache]
    sources:
      - name: database
        postgresql:
          run_as: postgres
          databases: [shop]
    keep:
      last: 10
      daily: 14
      monthly: 12

- name: Prove the newest snapshot again, as every night
  progressive.delivery.backup:
    app: shop
    repository: /mnt/backups/shop
    password: "{{ shop_backup_password }}"
    state: proven
    sources:
      - name: database
        postgresql:
          run_as: postgres

- name: See what retention would take away
  progressive.delivery.backup:
    app: shop
    repository: /mnt/backups/shop
    password: "{{ shop_backup_password }}"
    state: pruned
    keep:
      within: 90d
  check_mode: true
"""

RETURN = r"""
snapshot:
  description: The snapshot that was taken or proven.
  type: dict
  returned: when O(state) is V(taken) or V(proven), outside check mode
  contains:
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
      description: The labels that were given.
      type: dict
    proven:
      description: When and how it was proven; null when it was not.
      type: dict
      sample: {"at": "2026-11-26T03:00:11Z", "how": "restore"}
files:
  description: How many files it holds.
  type: int
  returned: when one was taken
bytes:
  description: What they hold together.
  type: int
  returned: when one was taken
added:
  description: Bytes by which the repository grew.
  type: int
  returned: when one was taken
removed:
  description: Ids of the snapshots that retention took away, or in check mode would.
  type: list
  elements: str
  returned: when O(state) is V(taken) or V(pruned)
kept:
  description: Of each snapshot that stays, by its id, why.
  type: dict
  returned: when O(state) is V(taken) or V(pruned)
  sample: {"9f86d081": ["last", "daily"]}
engine:
  description: What keeps the snapshots.
  type: str
  returned: success
  sample: restic
notes:
  description: What people should know of a backup that went well.
  type: list
  elements: str
  returned: success
error:
  description: Name of the kind of failure, for example C(backup-not-proven).
  type: str
  returned: failure
"""

import socket
import time
import typing as t
from dataclasses import replace

from ansible_collections.progressive.delivery.plugins.module_utils._backups import proving, restoring, taking
from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.interface import Engine
from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.registry import engine_for
from ansible_collections.progressive.delivery.plugins.module_utils._backups.masked_module import MaskedModule
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import (
    DUMPS,
    Labels,
    Proof,
    Snapshot,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.parameters import (
    WORK_DIRECTORY,
    apart,
    check_place,
    common_arguments,
    keep_for,
    told,
    told_proof,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.retention import protected, reasons_to_keep
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.interface import Source
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.registry import (
    arguments,
    sources_for,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.workplace import held
from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError

Result = t.Dict[str, t.Any]


def carry_out(params: t.Mapping[str, t.Any], check_mode: bool) -> Result:
    """Do what the task says; the keyword arguments for ``exit_json``.

    :raises DeliveryError: what was there before is whole
    """
    check_place(params)
    engine, name = engine_for(params)
    sources = sources_for(params["sources"])
    keep_for(params["keep"])
    result = _BY_STATE[params["state"]](engine, sources, params, check_mode)
    notes = [note for source in sources for note in source.notes]
    return {"engine": name, "notes": notes, **result}


def _take(engine: Engine, sources: t.Sequence[Source], params: t.Mapping[str, t.Any], check_mode: bool) -> Result:
    labels = Labels(params["app"], params["environment_name"], params["release"], params["rollout"], params["reason"])
    order = taking.Order(labels, tuple(params["paths"]), tuple(params["excludes"]), tuple(sources), params["verify"])
    taking.check(order, apart(params))
    before = engine.snapshots(params["app"])
    engine.check()
    protected(before, params["protect"])
    if check_mode:
        coming = _coming(order, params["verify"])
        return {**_prune(engine, before, [*before, coming], params, check_mode, coming.identifier), "changed": True}
    with held(params["work_directory"], params["app"], params["lock_timeout"]) as work:
        taken, proof = taking.take(engine, order, work)
    snapshot = replace(taken.snapshot, proofs=() if proof is None else (proof,))
    made = {"snapshot": {**told(snapshot), "proven": told_proof(proof)}}
    after = sorted([*before, snapshot], key=lambda each: each.taken)
    if not all(_reasons(before, after, params, snapshot.identifier).values()):
        # Others may have saved and removed meanwhile, so what goes is chosen from what is there now.
        after = engine.snapshots(params["app"])
    pruned = _prune(engine, before, after, params, check_mode, taken.snapshot.identifier)
    return {**pruned, **made, "files": taken.files, "bytes": taken.bytes, "added": taken.added, "changed": True}


def _coming(order: taking.Order, verify: str) -> Snapshot:
    """What stands for the snapshot that a task would take, were it not in check mode."""
    now = time.time()
    proofs = () if verify == "none" else (Proof(now, verify),)
    return Snapshot("(to be taken)", now, order.labels, socket.gethostname(), (*order.paths, "/" + DUMPS), proofs)


def _prove(engine: Engine, sources: t.Sequence[Source], params: t.Mapping[str, t.Any], check_mode: bool) -> Result:
    listed = engine.snapshots(params["app"])
    snapshot = restoring.chosen(listed, params["snapshot"], unproven=True, host=socket.gethostname())
    if check_mode:
        return {"changed": params["verify"] != "none"}
    with held(params["work_directory"], params["app"], params["lock_timeout"]) as work:
        proof = proving.prove(engine, snapshot, params["verify"], sources, work)
    return {"changed": proof is not None, "snapshot": {**told(snapshot), "proven": told_proof(proof or snapshot.proof)}}


def _only_prune(
    engine: Engine, _sources: t.Sequence[Source], params: t.Mapping[str, t.Any], check_mode: bool
) -> Result:
    snapshots = engine.snapshots(params["app"])
    return _prune(engine, snapshots, snapshots, params, check_mode)


def _prune(
    engine: Engine,
    before: t.Sequence[Snapshot],
    snapshots: t.Sequence[Snapshot],
    params: t.Mapping[str, t.Any],
    check_mode: bool,
    taken: str = "",
) -> Result:
    reasons = _reasons(before, snapshots, params, taken)
    removed = [snapshot for snapshot in snapshots if not reasons[snapshot.identifier]]
    if removed and not check_mode:
        engine.remove(removed)
    left = [snapshot for snapshot in snapshots if reasons[snapshot.identifier]]
    diff = {"before": [told(snapshot) for snapshot in before], "after": [told(snapshot) for snapshot in left]}
    kept = {snapshot.identifier: reasons[snapshot.identifier] for snapshot in left}
    removed_ids = [snapshot.identifier for snapshot in removed]
    return {"changed": bool(removed), "removed": removed_ids, "kept": kept, "diff": diff}


def _reasons(
    before: t.Sequence[Snapshot], snapshots: t.Sequence[Snapshot], params: t.Mapping[str, t.Any], taken: str
) -> t.Dict[str, t.List[str]]:
    """Of each snapshot, by its identifier, why it stays; none for one that is to go."""
    stays = protected(before, params["protect"], params["protect_where_there"])
    return reasons_to_keep(snapshots, keep_for(params["keep"]), time.time(), stays, taken)


_BY_STATE = {"taken": _take, "proven": _prove, "pruned": _only_prune}


def main() -> t.NoReturn:
    count = {"type": "int", "default": 0}
    module = MaskedModule(
        argument_spec={
            **common_arguments(),
            "sources": arguments(),
            "state": {"type": "str", "choices": ["taken", "proven", "pruned"], "default": "taken"},
            "snapshot": {"type": "str", "default": "newest"},
            "paths": {"type": "list", "elements": "path", "default": []},
            "excludes": {"type": "list", "elements": "str", "default": []},
            "verify": {"type": "str", "choices": ["none", "checksum", "restore"], "default": "restore"},
            **{name: {"type": "str"} for name in ("environment_name", "release", "rollout", "reason")},
            "keep": {
                "type": "dict",
                "options": {
                    "within": {"type": "str"},
                    **dict.fromkeys(("last", "hourly", "daily", "weekly", "monthly", "yearly"), count),
                },
            },
            **{name: {"type": "list", "elements": "str", "default": []} for name in ("protect", "protect_where_there")},
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
