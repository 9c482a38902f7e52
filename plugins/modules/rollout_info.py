#!/usr/bin/python
# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: rollout_info
short_description: Read an app's rollouts, and who holds its lock
version_added: "0.1.0"
description:
  - Reads the journal that M(progressive.delivery.rollout) keeps on the state host.
  - What serves traffic is not in it; M(progressive.delivery.traffic_info) reads that from the balancer.
extends_documentation_fragment:
  - progressive.delivery.attributes
  - progressive.delivery.attributes.info_module
  - progressive.delivery.attributes.actiongroup_delivery
options:
  app:
    description:
      - The app whose journal is read.
    type: str
    required: true
  state_dir:
    description:
      - Folder on the state host that holds a folder for each app.
    type: path
    default: /var/lib/progressive.delivery
  id:
    description:
      - Read this rollout, one of RV(history), instead of the latest.
    type: str
  alert_began:
    description:
      - When an alert about the app began, such as V(2026-11-27T14:31:27.5Z), to find out in RV(blame) whether the latest rollout may be why.
    type: str
    version_added: "0.2.0"
  alert_within:
    description:
      - For how many seconds after its end a rollout may be why.
    type: float
    default: 3600
    version_added: "0.2.0"
seealso:
  - module: progressive.delivery.rollout
  - module: progressive.delivery.traffic_info
author:
  - The progressive.delivery engineers (@progressive-delivery)
"""

EXAMPLES = r"""
- name: See how the last rollout went
  progressive.delivery.rollout_info:
    app: analyze-all
  register: status

- name: Show each line of its journal
  ansible.builtin.debug:
    msg: "{{ status.rollout.entries }}"
"""

RETURN = r"""
rollout:
  description: The rollout, with its journal in RV(rollout.entries); null when the app has none.
  returned: always
  type: dict
  contains:
    id:
      description: Its name.
      type: str
    status:
      description:
        - One of V(running), V(paused), V(aborting), V(frozen), V(succeeded), V(rolled_back), V(abandoned).
      type: str
    reason:
      description: Why it is in that status.
      type: str
    pause:
      description: Why it is paused, one of V(gate), V(request), V(inconclusive), V(world); null when it is not.
      type: str
    app:
      description: The app that is delivered.
      type: str
    strategy:
      description: V(blue_green) or V(canary), or V(rollback) for a way back that was begun after the end of a delivery.
      type: str
    from_release:
      description: The release that served before; null before the first.
      type: str
    to_release:
      description: The release that is delivered.
      type: str
    old_pool:
      description: The pool that served before.
      type: str
    new_pool:
      description: The pool that the release is delivered to.
      type: str
    steps:
      description: The plan, each step with its C(kind), C(pool) and what belongs to its kind.
      type: list
      elements: dict
    position:
      description: Index of the step to do next in RV(rollout.steps).
      type: int
    intent:
      description: The action under way; null when none is.
      type: dict
    irreversible:
      description: Whether trouble freezes it instead of rolling it back.
      type: bool
    options:
      description: What was chosen for it, by the names of the options of M(progressive.delivery.rollout).
      type: dict
    created_at:
      description: When it was begun, in seconds since the epoch.
      type: float
    ended_at:
      description: When it ended; null before that.
      type: float
    entries:
      description:
        - What was intended, what came of it and what was noticed, oldest first, with the time in seconds since the epoch.
        - That of an action has the index of its step in RV(rollout.steps) as C(step), which is null on the way back.
      type: list
      elements: dict
    splits_seen:
      description:
        - What the balancers carried out, oldest first and only as it changed, the latest 200. Each has C(at), C(shares) by pool in 1/100 %,
          the mean of all balancers and empty when none could be read, and C(header), the pool of an open header route.
      type: list
      elements: dict
      version_added: "0.2.0"
    judged:
      description:
        - Every analysis so far, with C(since), C(until), the index of its C(step), C(analysis), C(verdict), C(metrics) and whether it is
          that in the C(background), which has an entry at each step.
        - A metric has its C(verdict), C(reason), C(margin), C(e_value) and C(trace), a list of points with C(at), C(baseline), C(canary),
          C(estimate), C(lower) and C(upper). A trace has at most 120 points, and all traces together have at most 3000.
      type: list
      elements: dict
      version_added: "0.2.0"
blame:
  description: With O(alert_began), whether the latest rollout may be why.
  returned: when O(alert_began) is given
  type: dict
  version_added: "0.2.0"
  contains:
    rollout:
      description: Its id where it may be; empty where none is to blame, or it is being taken back already.
      type: str
    reason:
      description: Why, or why not.
      type: str
lock:
  description: Who holds the app; null when nobody does. The token, which is for the run alone, is not told.
  returned: always
  type: dict
  contains:
    owner:
      description: The C(name) of who runs it, the C(host) it runs on, and the C(run) there.
      type: dict
    since:
      description: When it was taken, in seconds since the epoch.
      type: float
    seen:
      description: When the run last gave a sign of life.
      type: float
    lease:
      description: For how many seconds after that it is honoured.
      type: float
    broke:
      description: Whose lock it broke; empty when none was.
      type: str
held:
  description: The lock in words, with when its lease ends.
  returned: always
  type: str
error:
  description: Name of the kind of failure, for example C(journal-corrupt).
  returned: failure
  type: str
history:
  description: The ids of the rollouts that the journal keeps, oldest first.
  returned: always
  type: list
  elements: str
"""

import dataclasses
import time
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError, InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._moment import moment
from ansible_collections.progressive.delivery.plugins.module_utils._rollout import document
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.begin import check_names
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.blame import blame
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.journal import Journal
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.lock import Lock


def main() -> t.NoReturn:
    module = AnsibleModule(
        argument_spec={
            "app": {"type": "str", "required": True},
            "state_dir": {"type": "path", "default": "/var/lib/progressive.delivery"},
            "id": {"type": "str"},
            "alert_began": {"type": "str"},
            "alert_within": {"type": "float", "default": 3600},
        },
        mutually_exclusive=[("id", "alert_began")],
        supports_check_mode=True,
    )
    try:
        check_names(module.params["app"], None)
        journal = Journal(module.params["state_dir"], module.params["app"])
        result = read(journal, module.params["id"])
        if module.params["alert_began"] is not None:
            result["blame"] = blamed(journal, module.params)
    except DeliveryError as error:
        module.fail_json(**error.as_result())
    module.exit_json(changed=False, **result)


def read(journal: Journal, rollout_id: t.Optional[str]) -> t.Dict[str, t.Any]:
    """The journal's content as a module result.

    :raises InvalidOption: when the journal has no rollout of that id
    """
    history = journal.history()
    if rollout_id is not None and rollout_id not in history:
        raise InvalidOption(
            "id: '{0}' is not a rollout of this app; without an id, history names them".format(rollout_id)
        )
    rollout = journal.current() if rollout_id is None else journal.rollout(rollout_id)
    lock = journal.lock()
    return {
        "rollout": None if rollout is None else document.as_data(rollout),
        "lock": None if lock is None else without_token(lock),
        "held": "" if lock is None else lock.describe(time.time()),
        "history": history,
    }


def blamed(journal: Journal, params: t.Mapping[str, t.Any]) -> t.Dict[str, str]:
    """Whether the latest rollout may be why there is an alert.

    :raises InvalidOption: when the alert began at no moment
    """
    began = moment(params["alert_began"])
    if began is None:
        raise InvalidOption("alert_began: {0!r} is not such as 2026-11-27T14:31:27.5Z".format(params["alert_began"]))
    return dataclasses.asdict(blame(journal.current(), began, params["alert_within"]))


def without_token(lock: Lock) -> t.Dict[str, t.Any]:
    """The lock as anyone may see it; the one that it broke is in words there."""
    data = document.as_data(lock)
    del data["token"], data["broken"]
    return data


if __name__ == "__main__":
    main()
