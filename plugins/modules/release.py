#!/usr/bin/python
# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: release
short_description: Put an immutable release on a host, and make it the current one
version_added: "0.1.0"
description:
  - Fetches, checks and unpacks a release into C(releases/VERSION) below O(root), where it never changes again, and points
    the symbolic link C(current) to it in one step.
  - Everything is checked before anything is written. A release is put together under a hidden name and appears only when
    it is complete and on the disk. A run that fails leaves nothing, and one that is killed leaves only hidden folders,
    which the next run removes; C(current) is valid at every instant.
  - Old releases are removed, but never the current one, never the one that was current before it, and never one of O(protect).
options:
  root:
    description: Absolute path of the folder that holds C(releases/), C(shared/) and C(current).
    type: path
    required: true
  version:
    description: The release's name. Up to 128 letters, digits, C(.), C(_), C(+), C(~) and C(-), beginning with a letter or digit, without C(..).
    type: str
    required: true
  state:
    description:
      - V(present) puts the release in place.
      - V(current) also makes it the current one.
      - V(absent) removes it; the current one and those of O(protect) are refused.
      - V(prepared) makes an empty folder, RV(staging), for whoever puts the release together by other means.
        A later call with O(source.type=prepared) puts it in place. Does nothing when the release is there.
      - V(checked) only checks O(source), as check mode does, for instance on the machine that is to send an archive elsewhere.
        It needs nothing of O(root) and changes nothing.
    type: str
    choices: [present, current, absent, prepared, checked]
    default: current
  source:
    description:
      - What the release is made from. May be left out when it is there already.
      - A release that is there and was made from something else is an error.
    type: dict
    suboptions:
      type:
        description:
          - V(archive) is a tar (also gzip, bzip2, xz) or zip file, V(git) a commit.
          - V(container) and V(package) live elsewhere. The release then holds C(container.env) or C(package.env), which names them.
          - V(prepared) is a folder made by O(state=prepared) and filled since.
        type: str
        choices: [archive, git, container, package, prepared]
        default: archive
      path:
        description: Path of the archive on this host.
        type: path
      url:
        description: Address of the archive, if it has no O(source.path). User, password and query are neither shown nor written down.
        type: str
      checksum:
        description: Digest of the archive, as V(sha256:…), V(sha384:…) or V(sha512:…). Required unless O(source.unverified=true).
        type: str
      unverified:
        description: Take an archive without a checksum.
        type: bool
        default: false
      strip:
        description: How many leading folders to take off the names in the archive.
        type: int
        default: 0
      url_username:
        description: User name for O(source.url), sent as basic authentication.
        type: str
      url_password:
        description: Password for O(source.url).
        type: str
      headers:
        description: Headers for the request of O(source.url). Their values are not shown.
        type: dict
        default: {}
      validate_certs:
        description: Whether the certificate of O(source.url) must be valid.
        type: bool
        default: true
      timeout:
        description: Seconds to wait for each answer of O(source.url).
        type: float
        default: 30
      repo:
        description: Address of the git repository. User, password and query are neither shown nor written down.
        type: str
      ref:
        description: Tag, branch or full commit id. It is resolved once, when the release is put in place. Submodules are not followed.
        type: str
      image:
        description: The container image, best with its digest.
        type: str
      engine:
        description: The program that runs the image. It is written down; another one makes no other release.
        type: str
        default: /usr/bin/podman
      name:
        description: Name of the package.
        type: str
      version:
        description: Exact version of the package.
        type: str
      identity:
        description: Any text that tells one prepared content from another; a release prepared with another identity differs.
        type: str
        default: ""
  shared:
    description:
      - Paths in the release that are links into C(shared/), which outlives releases.
      - What the first release brings at such a path becomes the shared content; what later ones bring is dropped.
        A path that nothing brings becomes a folder.
    type: list
    elements: str
    default: []
  shared_owner:
    description: User who owns what is made in C(shared/). By default the user who runs this.
    type: str
  keep:
    description: How many releases to keep, the newest by the order in which they were put in place.
    type: int
    default: 5
  protect:
    description: Versions that are never removed, for instance one that a rollback may need.
    type: list
    elements: str
    default: []
  lock_timeout:
    description: Seconds to wait for another run that works on the same O(root).
    type: float
    default: 300
extends_documentation_fragment:
  - progressive.delivery.attributes
  - progressive.delivery.attributes.actiongroup_delivery
attributes:
  check_mode:
    support: full
    details:
      - Checks the source too, as far as it can be without changing anything. An archive at a path is checked completely;
        for an address or a repository only that it is there.
  diff_mode:
    support: full
  idempotent:
    support: full
seealso:
  - module: progressive.delivery.release_info
author:
  - The progressive.delivery engineers (@progressive-delivery)
"""

EXAMPLES = r"""
- name: Put release 1.1.0 in place and make it the current one
  progressive.delivery.release:
    root: /opt/analyze-all
    version: "1.1.0"
    source:
      url: https://artifacts.example.com/analyze-all-1.1.0.tar.gz
      checksum: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    shared: [data]

- name: Go back to a release that is still there
  progressive.delivery.release:
    root: /opt/analyze-all
    version: "1.0.0"

- name: Check on the controller an archive that is to be sent to the hosts
  progressive.delivery.release:
    root: /opt/analyze-all
    version: "1.1.0"
    state: checked
    source:
      path: "{{ inventory_dir }}/analyze-all-1.1.0.tar.gz"
      checksum: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
  delegate_to: localhost
  run_once: true

- name: Put a tag in place without using it yet
  progressive.delivery.release:
    root: /opt/analyze-all
    version: "1.2.0"
    state: present
    source:
      type: git
      repo: https://git.example.com/analyze-all.git
      ref: v1.2.0
"""

RETURN = r"""
folder:
  description: The release's folder.
  returned: success, but for O(state=checked)
  type: str
  sample: /opt/analyze-all/releases/1.1.0
current:
  description: The current release.
  returned: success, but for O(state=checked)
  type: str
  sample: 1.1.0
previous:
  description: The release that was current before it and is still there; the one to go back to.
  returned: success, but for O(state=checked)
  type: str
  sample: 1.0.0
releases:
  description: All releases, the one put in place first first.
  returned: success, but for O(state=checked)
  type: list
  elements: str
  sample: ["1.0.0", "1.1.0"]
revision:
  description: A text that changes when a version has been removed and put in place again.
  returned: when the release is there
  type: str
  sample: "1.1.0@2026-11-23T20:08:11.123456Z"
staged:
  description: Whether the release was put in place by this call.
  returned: success, but for O(state=checked)
  type: bool
activated:
  description: Whether this call made the release the current one.
  returned: success, but for O(state=checked)
  type: bool
removed:
  description: Releases that were removed.
  returned: success, but for O(state=checked)
  type: list
  elements: str
staging:
  description: The folder to fill.
  returned: with O(state=prepared), when the release is not there
  type: str
error:
  description: Name of the kind of failure, for example C(checksum-differs), C(release-differs) or C(disk-full).
  returned: failure
  type: str
  sample: checksum-differs
details:
  description: Further facts of the failure, where there are any.
  returned: failure, for some kinds of it
  type: dict
  contains:
    made_from:
      description: With C(release-differs), what the release that is there was made from.
      type: dict
    needed_bytes:
      description: With C(disk-full), the room that the release takes, when that is known.
      type: int
    free_bytes:
      description: With C(disk-full), the room that there is.
      type: int
"""

import os
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError, InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._releases import disk, names
from ansible_collections.progressive.delivery.plugins.module_utils._releases.decision import (
    Wanted,
    check_not_overtaken,
    decide,
)
from ansible_collections.progressive.delivery.plugins.module_utils._releases.plan import Plan, Present, after_plan
from ansible_collections.progressive.delivery.plugins.module_utils._releases.shared import owner_of
from ansible_collections.progressive.delivery.plugins.module_utils._releases.snapshot import Snapshot
from ansible_collections.progressive.delivery.plugins.module_utils._releases.source_options import (
    SOURCE_OPTIONS,
    shown_options,
    source_of,
)
from ansible_collections.progressive.delivery.plugins.module_utils._releases.sources import Source
from ansible_collections.progressive.delivery.plugins.module_utils._releases.store import Store


def take_source(module: AnsibleModule) -> t.Optional[t.Dict[str, t.Any]]:
    """The option ``source``, of which from here on only what is no secret is among the module's parameters.

    ``no_log`` kept it out of the system's log and out of what is said of options that are not understood.
    It would also mask every text of it wherever that occurs in the result: versions behind a header
    ``X-Version: 1.0``, numbers behind ``strip: 1``. The result holds nothing of the secrets; a password
    is masked in any case.
    """
    source: t.Optional[t.Dict[str, t.Any]] = module.params["source"]
    if source is not None:
        module.params["source"] = shown_options(source)
        module.no_log_values = {source["url_password"]} if source["url_password"] else set()
    return source


def run(module: AnsibleModule, source_options: t.Optional[t.Dict[str, t.Any]]) -> t.Dict[str, t.Any]:
    """Do what the options ask for; the result."""
    params = module.params
    wanted = Wanted(
        version=params["version"],
        state=params["state"],
        keep=params["keep"],
        protect=tuple(params["protect"]),
        shared=names.check_shared(params["shared"]),
    )
    owner = owner_of(params["shared_owner"])
    if not os.path.isabs(params["root"]):
        raise InvalidOption("root must be an absolute path, not {0!r}".format(params["root"]))
    store = Store(os.path.normpath(params["root"]))
    source = source_of(source_options, store.git_cache)
    if wanted.state == "checked":
        return check(wanted, source)
    before, source, made = look(store, wanted, source)
    if module.check_mode:
        if made:
            disk.check_writable(store.releases)
        if made.stage:
            check(wanted, source)
        return result_of(wanted.version, store, before, after_plan(before.present, wanted.version, made), made)
    if made.stage and source is not None:
        source.find()
    with store.locked(params["lock_timeout"]):
        now, source, made = look(store, wanted, source)
        check_not_overtaken(before, now, made)
        failed = store.carry_out(made, wanted.version, source, wanted.shared, owner)
    for removed, reason in failed.items():
        module.warn("release {0} could not be removed completely: {1}".format(removed, reason))
    return result_of(wanted.version, store, now, store.read().present, made)


def look(store: Store, wanted: Wanted, source: t.Optional[Source]) -> t.Tuple[Snapshot, t.Optional[Source], Plan]:
    """What is there, the source as far as it must be known beside that, and what is to be done."""
    snapshot = store.read()
    if source is not None and wanted.version in snapshot.records:
        source = source.examined()
    return snapshot, source, decide(wanted, snapshot, source)


def check(wanted: Wanted, source: t.Optional[Source]) -> t.Dict[str, t.Any]:
    """Check the source alone."""
    if source is None:
        raise InvalidOption("state {0} needs a source".format(wanted.state))
    source.check(wanted.shared)
    return {"changed": False}


def result_of(version: str, store: Store, before: Snapshot, after: Present, made: Plan) -> t.Dict[str, t.Any]:
    """What the module returns."""
    result = {
        "changed": bool(made),
        "folder": store.path(version),
        "current": after.current,
        "previous": after.previous,
        "releases": after.in_order,
        "staged": made.stage,
        "activated": made.activate,
        "removed": [removed for removed in made.remove if removed not in after.staged],
        "diff": {"before": _shown(before.present), "after": _shown(after)},
    }
    if made.prepare:
        result["staging"] = store.prepared_path(version)
    record = store.read().records.get(version)
    if record is not None:
        result["revision"] = record.revision
    return result


def _shown(present: Present) -> t.Dict[str, t.Any]:
    return {"current": present.current, "releases": present.in_order}


def main() -> t.NoReturn:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "root": {"type": "path", "required": True},
            "version": {"type": "str", "required": True},
            "state": {
                "type": "str",
                "choices": ["present", "current", "absent", "prepared", "checked"],
                "default": "current",
            },
            "source": {"type": "dict", "options": SOURCE_OPTIONS, "no_log": True},
            "shared": {"type": "list", "elements": "str", "default": []},
            "shared_owner": {"type": "str"},
            "keep": {"type": "int", "default": 5},
            "protect": {"type": "list", "elements": "str", "default": []},
            "lock_timeout": {"type": "float", "default": 300},
        },
        supports_check_mode=True,
    )
    try:
        result = run(module, take_source(module))
    except DeliveryError as error:
        module.fail_json(**error.as_result())
    module.exit_json(**result)


if __name__ == "__main__":
    main()
