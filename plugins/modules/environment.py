#!/usr/bin/python
# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: environment
short_description: Bring an app's configuration into force on a host, or go back to an earlier one
version_added: "0.2.0"
description:
  - Merges layers of settings, puts secrets in, checks the result against the app's schema, and writes it as the files that the app reads.
  - Everything is checked before anything is written. Each file is replaced in one step and has its owner and mode from the first instant.
    A run that is killed leaves every file whole, and the next one finishes.
  - What was written is kept as a numbered revision, with its hash, its release and its rollout, and can be gone back to without the layers.
    What is the same already makes no revision. The last revision, the one before it, those of the newest releases and those of
      O(retain) are never removed.
  - Values of secrets are never shown, in no result and no difference; of each, the reference is.
options:
  state:
    description:
      - V(present) brings the configuration of O(layers) into force.
      - V(revision) goes back to O(revision), to the one that O(release) had, or without either to the one before the one in force.
        Files that only the present one has are removed.
        For a release that had a revision which is kept no more, RV(error) is C(revision-pruned).
      - V(absent) removes the files. The revisions stay, to go back to.
    type: str
    choices: [present, revision, absent]
    default: present
  revision:
    description: Number of the revision to go back to.
    type: int
  release:
    description:
      - The release of the app that runs with the configuration. Going back to the release finds it by that.
      - Without it the one that was last said stays.
    type: str
  rollout:
    description: Id of the rollout that brings it.
    type: str
  confirm:
    description:
      - Dotted keys that the app's schema marks with C(x-dangerous) and that may change in a protected environment.
      - The first configuration on a host changes nothing for anybody and needs none. One that was taken away since still counts.
      - Where the record of what was in force is damaged, every key that is marked counts as changed.
    type: list
    elements: str
    default: []
  protected:
    description: The environments in which keys that are marked as dangerous change only where O(confirm) names them.
    type: list
    elements: str
    default: [production]
  keep:
    description: How many revisions to keep, the newest; and of how many releases, two at least, to keep the last revision in any case.
    type: int
    default: 10
  retain:
    description: Releases, and ids of rollouts, whose revisions are never removed, such as those that a live rollout may go back to.
    type: list
    elements: str
    default: []
  lock_timeout:
    description: Seconds to wait for another run that works on the same app and environment.
    type: float
    default: 60
extends_documentation_fragment:
  - progressive.delivery.environment
  - progressive.delivery.attributes
  - progressive.delivery.attributes.actiongroup_delivery
attributes:
  check_mode:
    support: full
    details:
      - Secrets are read and everything is checked, as without it. A change that needs a confirmation and has none is shown, with a
        warning and RV(unconfirmed); without check mode it is refused.
  diff_mode:
    support: full
    details:
      - By variable or dotted key, without values of secrets. Of a template only the number of its lines.
  idempotent:
    support: full
seealso:
  - module: progressive.delivery.environment_info
author:
  - The progressive.delivery engineers (@progressive-delivery)
"""

EXAMPLES = r"""
- name: Bring the configuration into force
  progressive.delivery.environment:
    app: analyze-all
    environment: production
    release: "1.1.0"
    layers:
      - name: base
        path: environments/base.yml
        content: "{{ lookup('ansible.builtin.file', 'environments/base.yml') }}"
      - name: production
        path: environments/production.yml
        content: "{{ lookup('ansible.builtin.file', 'environments/production.yml') }}"
    schema_path: /opt/analyze-all/current/configuration.schema.json
    secrets:
      vault:
        address: https://vault.example.com:8200
        token_path: /etc/analyze-all/vault-token
    renders:
      - path: /etc/analyze-all/app.env
        format: systemd
        group: analyze-all
      - path: /etc/analyze-all/logging.json
        format: json
        keys: [logging]
        mode: "0644"
  notify: Restart analyze-all

- name: Go back to the configuration that release 1.0.0 had
  progressive.delivery.environment:
    app: analyze-all
    environment: production
    state: revision
    release: "1.0.0"

- name: Go back to revision 7
  progressive.delivery.environment:
    app: analyze-all
    environment: production
    state: revision
    revision: 7
"""

RETURN = r"""
revision:
  description: Number of the revision in force; in check mode of a new one the number that it would get. Null with O(state=absent).
  type: int
  returned: success
  sample: 8
previous:
  description: The revision that was in force before it and is still there, which is gone back to without a number.
  type: int
  returned: success
  sample: 7
hash:
  description: Tells one configuration from another, on whatever host. Secrets count by their references.
  type: str
  returned: success
since:
  description:
    - When what is in force came into force, or its files were last put right, in UTC. A process that has read the files since has read what is
      in force.
  type: str
  returned: success, but for O(state=absent) where nothing was
  sample: "2026-11-23T20:08:11.123456Z"
made:
  description: Whether the revision is new.
  type: bool
  returned: success
written:
  description: Files that were written.
  type: list
  elements: str
  returned: success
  sample: [/etc/analyze-all/app.env]
removed:
  description: Files that the configuration has no more and that were removed.
  type: list
  elements: str
  returned: success
pruned:
  description: Numbers of the revisions that were removed.
  type: list
  elements: int
  returned: success
changes:
  description: The settings that are other than in the revision that was last in force. Of secrets the references.
  type: list
  elements: dict
  returned: success, with O(state=present)
  contains:
    key:
      description: The dotted key.
      type: str
    now:
      description: What was in force.
      type: raw
    then:
      description: What is in force now.
      type: raw
    origin:
      description: The file of settings that it comes from.
      type: str
unconfirmed:
  description: In check mode the changes of dangerous keys in a protected environment that O(confirm) does not name. Else empty.
  type: list
  elements: str
  returned: success, with O(state=present)
differences:
  description: What was other in the files than it is now.
  type: list
  elements: dict
  returned: success
  contains:
    path:
      description: The file.
      type: str
    key:
      description: The variable or dotted key; empty for what is about the whole file.
      type: str
    kind:
      description: V(value), V(owner), V(group), V(mode), V(text) where the settings cannot be told apart, or V(file).
      type: str
    declared:
      description: As it is now. Of secrets, and of what nobody declared, not the value.
      type: raw
    actual:
      description: As it was.
      type: raw
error:
  description: Name of the kind of failure, for example C(value-not-renderable) or C(unknown-revision).
  type: str
  returned: failure
  sample: unknown-revision
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.progressive.delivery.plugins.module_utils._environments.applying import Host, Occasion, Outcome
from ansible_collections.progressive.delivery.plugins.module_utils._environments.declared import (
    DECLARED_OPTIONS,
    declared,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.judging import Guard
from ansible_collections.progressive.delivery.plugins.module_utils._environments.options import (
    check_names,
    check_state,
    diff_of,
    told_differences,
    told_rows,
)
from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError

_REFUSED = "{0} is protected, and without check mode this is refused until confirm names {1}"


def carry_out(params: t.Mapping[str, t.Any], check_mode: bool) -> t.Tuple[t.Dict[str, t.Any], t.List[str]]:
    """Do what the options ask for; the keyword arguments for ``exit_json``, and warnings.

    :raises DeliveryError: it could not be done
    """
    check_names(params)
    check_state(params)
    host = Host(params["state_directory"], params["app"], params["environment"], params["lock_timeout"])
    occasion = Occasion(params["release"], params["rollout"], params["keep"], tuple(params["retain"]))
    if params["state"] == "absent":
        return told(host.take_away(occasion, check_mode))
    if params["state"] == "revision":
        return told(host.go_back(params["revision"], params["release"], occasion, check_mode))
    asked = declared(params)
    guard = Guard(asked.schema, tuple(params["protected"]), tuple(params["confirm"]))
    outcome = host.apply(asked.proposal, occasion, check_mode, guard)
    result, warnings = told(outcome)
    if outcome.unconfirmed:
        warnings.append(_REFUSED.format(params["environment"], ", ".join(outcome.unconfirmed)))
    return {**result, "changes": told_rows(outcome.changes), "unconfirmed": list(outcome.unconfirmed)}, warnings


def told(outcome: Outcome) -> t.Tuple[t.Dict[str, t.Any], t.List[str]]:
    """What a task is told, and warned of."""
    result = {
        "changed": outcome.changed,
        "revision": outcome.revision,
        "previous": outcome.previous,
        "hash": outcome.hash,
        "since": outcome.since,
        "made": outcome.made,
        "written": list(outcome.written),
        "removed": list(outcome.removed),
        "pruned": list(outcome.pruned),
        "differences": told_differences(outcome.differences),
        "diff": diff_of(outcome.differences),
    }
    return result, list(outcome.warnings)


def main() -> t.NoReturn:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            **DECLARED_OPTIONS,
            "state": {"type": "str", "choices": ["present", "revision", "absent"], "default": "present"},
            "revision": {"type": "int"},
            "release": {"type": "str"},
            "rollout": {"type": "str"},
            "confirm": {"type": "list", "elements": "str", "default": []},
            "protected": {"type": "list", "elements": "str", "default": ["production"]},
            "keep": {"type": "int", "default": 10},
            "retain": {"type": "list", "elements": "str", "default": []},
            "lock_timeout": {"type": "float", "default": 60},
        },
        mutually_exclusive=[("schema", "schema_path")],
        supports_check_mode=True,
    )
    try:
        result, warnings = carry_out(module.params, module.check_mode)
    except DeliveryError as error:
        module.fail_json(**error.as_result())
    for warning in warnings:
        module.warn(warning)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
