#!/usr/bin/python
# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: rollout
short_description: Take a rollout from step to step, with a journal and a lock
version_added: "0.1.0"
description:
  - Keeps the journal and the lock of one app on the state host, and says what a run has to do next.
  - A run takes the lock, opens with one command, then alternates between doing the returned action and reporting on it,
    until the action's kind is V(end). The P(progressive.delivery.rollout#role) role is that loop.
  - The intent is written before it is returned, so whoever reads the journal after a crash knows what to finish or undo.
  - The module decides and keeps books; it touches neither balancers nor app hosts.
extends_documentation_fragment:
  - progressive.delivery.attributes
  - progressive.delivery.attributes.actiongroup_delivery
attributes:
  check_mode:
    support: full
    details:
      - Answers as the command would, errors included, and writes nothing.
      - The token that V(lock) then returns is empty. A command without a token is answered as if its run had taken the lock,
        from whoever holds it.
      - V(lock) does not wait; it foresees whether the lease of whoever holds the lock ends within O(lock_wait).
  diff_mode:
    support: full
    details:
      - Shows the rollout before and after, and what was set aside; V(lock) and V(unlock) touch neither.
  idempotent:
    support: partial
    details:
      - Beginning the release that serves already, or rolling back twice, changes nothing.
      - O(command=advance) moves on by design.
options:
  app:
    description:
      - The app that is delivered; lower-case letters, digits and dashes.
    type: str
    required: true
  command:
    description:
      - V(lock) takes the app's lock, so that what is read from balancers and hosts afterwards stays true.
      - V(unlock) gives it back after a failure; V(end) does so by itself. A lock that was broken for a run that then began nothing
        goes back to the run that had it.
      - V(renew) makes sure that this run still holds the lock, and holds it for another lease.
      - V(begin) starts a rollout of O(release), or resumes the one of that release under way.
      - V(promote) accepts the gate or the doubtful step at which a rollout is paused or frozen.
      - V(rollback) turns the rollout under way round, or begins one back to the release before. A way back that failed is tried again.
      - V(resume) carries on after a crash, a pause, or a fault that is mended.
      - V(abandon) ends the rollout with the world as it is, which must have one pool with all the traffic. A journal or lock
        that cannot be read is set aside.
      - V(pause) asks the run that is under way to stop after its current step; it needs no lock.
      - V(skip) asks it to go past the pause or the analysis at which it is or, with O(full), to go on to all traffic without any
        further verdict; it needs no lock. One that is over when the run hears of it is not skipped, nor is what comes after it.
      - Of all that is asked before a run hears it, a rollback comes before a pause, and a pause before going on.
      - V(advance) takes in the O(reports) on the action O(seq) and returns the next one.
    type: str
    required: true
    choices: [lock, unlock, renew, begin, promote, rollback, resume, abandon, pause, skip, advance]
  state_dir:
    description:
      - Folder on the state host that holds a folder for each app.
    type: path
    default: /var/lib/progressive.delivery
  token:
    description:
      - What V(lock) returned; proves that this run holds the lock.
      - Required for all commands but V(lock), V(pause) and V(skip), except in check mode.
    type: str
  owner:
    description:
      - Who runs this, for the people who meet the lock.
    type: dict
    default: {}
    suboptions:
      name:
        description: The person or account.
        type: str
        default: unknown
      host:
        description: The controller.
        type: str
        default: unknown
      run:
        description: The process or job on it.
        type: str
        default: unknown
  lease:
    description:
      - Seconds after its last sign of life for which a run's lock is honoured; longer than the longest step.
    type: float
    default: 300
  lock_wait:
    description:
      - Seconds to wait for a lock that another run holds.
    type: float
    default: 0
  outlast:
    description:
      - Wait until the lease of the run that holds the lock has ended, and ten seconds more, where that is longer than O(lock_wait).
        Should that run be dead, its lock can be broken then; it may have a longer O(lease) than this one.
    type: bool
    default: false
    version_added: "0.2.0"
  ask:
    description:
      - While waiting for the lock, ask the run that holds it to roll back, or to pause, at its next step. Only the rollout that it has
        when it is first met is asked, and only one that can do so.
      - A pause is asked for a delivery that is to take its place, O(release) by O(strategy). A run that delivers O(release) is not asked, nor
        is one whose place cannot be taken, see O(supersede). When the wait is over in vain, it is asked no longer.
      - A rollback is wanted for itself, and stays asked for. When another rollout has begun meanwhile, that is not taken back; the
        command fails.
    type: str
    choices: [rollback, pause]
    version_added: "0.2.0"
  only:
    description:
      - With O(ask=rollback), the rollout that is meant, one of RV(progressive.delivery.rollout_info#module:history). When another one is the latest by then,
        the lock is not taken, and nothing is asked.
    type: str
    version_added: "0.2.0"
  take_over:
    description:
      - Break the lock of a run that is known to be dead without waiting for its lease; the journal records it.
      - A lock that cannot be read is broken, too; its file is set aside.
    type: bool
    default: false
  release:
    description:
      - For O(command=begin), the release to deliver; a plain name, not a path. None with O(strategy=toggle_ramp).
    type: str
  supersede:
    description:
      - For O(command=begin), take the place of a rollout of another release that has not ended. Its traffic goes back to the release
        before it, and the new rollout begins from share 0. When that is O(release), the rollout under way is rolled back.
      - Refused, as without this, where traffic cannot or may not go back; where the rollout is frozen, is itself a way back, was the
        first delivery, has begun to retire the old pool, or its release is irreversible and has had traffic.
    type: bool
    default: false
    version_added: "0.2.0"
  fleet:
    description:
      - For O(command=begin), the release that each host of each pool has, read just now.
      - Two pools, with O(baseline_pool) three, with O(strategy=rolling) one; for each, a dictionary of hosts to a release, which is a
        text, or V(null).
      - With O(strategy=toggle_ramp) one that is called C(users); of each host, or of the one that asked the server, what
        M(progressive.delivery.feature_toggle_info) returned of O(toggle), or V(null).
    type: dict
    default: {}
  splits:
    description:
      - What each balancer carries out, read just now - a dictionary of balancers to V(shares) (by pool, 1/100 %), V(header)
        (the pool of an open header route), V(mirror) (the pool that gets copies, and of how many per cent) and V(pools) (their
        endpoints with their state), as M(progressive.delivery.traffic_info) returns them.
      - One that has no V(shares) could not be read.
    type: dict
    default: {}
  strategy:
    description:
      - For O(command=begin), whether the new pool takes all traffic at once, or step by step as O(steps) says; or the hosts of
        the one pool there is get the release some at a time.
      - With V(toggle_ramp) no release is delivered. More and more users get a variant of O(toggle), as O(steps) says.
    type: str
    choices: [blue_green, canary, rolling, toggle_ramp]
    default: blue_green
    version_added: "0.2.0"
  toggle:
    description:
      - For O(strategy=toggle_ramp), the toggle, as O(steps[].toggle) has it, and the C(variant) that more and more users are to get.
        Without C(percent), C(rules), C(from) and C(until), as O(steps) say for whom it is on, and when.
    type: dict
    version_added: "0.2.0"
  steps:
    description:
      - The steps of V(canary), V(rolling) and V(toggle_ramp), each of which is one thing. What ends a rollout, all traffic on the new pool or the
        release on all hosts, need not be among them.
      - A first delivery takes none of them, as there is nothing to compare with and nobody to lose.
    type: list
    elements: dict
    default: []
    version_added: "0.2.0"
    suboptions:
      share:
        description: Of V(canary). Give the new pool so many per cent of the traffic, with two decimals at most. Shares rise.
        type: float
      hosts:
        description:
          - Of V(rolling). Give the release to so many hosts of the pool in all, a count such as V(1) or a percentage such as V(25%).
          - They are taken in the order of O(fleet), in batches as O(floor) and O(batch) allow. The numbers rise.
        type: str
        version_added: "0.2.0"
      percent:
        description:
          - Of V(toggle_ramp). Give so many per cent of the users the variant of O(toggle), with two decimals at most. It rises.
        type: float
        version_added: "0.2.0"
      learn:
        description:
          - The name of an analysis for which it is learned how much the hosts differ while all have the old release, for O(steps[].seconds).
            The first step, for a later one with that O(steps[].analysis).
          - The new pool of a canary gets the old release and the first share for it, and loses both again.
        type: str
        version_added: "0.2.0"
      mirror:
        description:
          - Before its first share, give it a copy of so many per cent of the requests, whose answers are thrown away.
          - For balancers that can; see O(progressive.delivery.traffic#module:mirror).
        type: float
      pause:
        description: Watch it for so many seconds or, with V(until_promoted), end the run until O(command=promote).
        type: str
      analysis:
        description: The name of an analysis to judge it by.
        type: str
      health:
        description: The name of a set of health checks that it must pass.
        type: str
      task_file:
        description: A file of tasks to do; done again where a run died meanwhile.
        type: path
      toggle:
        description:
          - A feature toggle to change on all hosts of the pools, with C(path) and C(name) and what else
            M(progressive.delivery.feature_toggle) takes. Where the rollout is taken back, it is put back to what it was on each host.
          - With V(unleash) as its C(backend) it has C(unleash) in place of C(path), with C(token_file) and without C(token), and one host changes it.
          - It has no C(killed) and no C(evaluators), which would stay when it is put back.
        type: dict
        version_added: "0.2.0"
      seconds:
        description: How long that analysis may take.
        type: float
        default: 300
  background:
    description:
      - For O(strategy=canary), the name of an analysis that goes on through all pauses and analyses after the first share.
      - Its failure rolls back, its doubt pauses, at whichever step it comes.
    type: str
    default: ""
    version_added: "0.2.0"
  baseline_pool:
    description:
      - For O(strategy=canary), a third pool, which gets the old release afresh and as much of the traffic as the new pool, but no more
        than is left to the pool that serves. Analyses then compare the new pool with it.
    type: str
    default: ""
    version_added: "0.2.0"
  promotion:
    description:
      - For O(strategy=canary), how the release gets all traffic after the last step. With V(swap) the new pool takes it.
      - With V(batches) the hosts of the pool that serves get the release, some at a time, and that pool keeps serving; the new pool,
        which may be smaller, keeps its share until they have it.
    type: str
    choices: [swap, batches]
    default: swap
    version_added: "0.2.0"
  floor:
    description:
      - How many hosts of a pool must be healthy while others of it are changed, a count, a percentage, or V(0). Those that are changed do not count.
      - A batch is not begun below it; the rollout pauses instead.
    type: str
    default: 50%
    version_added: "0.2.0"
  batch:
    description:
      - The most hosts that are changed at a time; left out, as many as O(floor) allows.
    type: int
    version_added: "0.2.0"
  preview:
    description:
      - Open a header route to the idle pool before promotion.
    type: bool
    default: false
  promotion_checks:
    description:
      - Plan a validation against the promotion checks before the traffic is moved.
    type: bool
    default: false
  promotion_bake:
    description:
      - Seconds to watch the new pool before the traffic is moved, against the promotion checks or, where there are none, the ready
        checks. Longer while the checks cannot be made, as for O(bake).
    type: float
    default: 0
  gate:
    description:
      - End the run before promotion; O(command=promote) goes on.
    type: bool
    default: false
  bake:
    description:
      - Seconds to watch the new pool with all the traffic on it, before the rollout counts as done. Time in which the checks could not
        be made does not count.
      - O(promotion_bake) and this take up to 120 actions together, and O(lease) must outlast two of them.
    type: float
    default: 60
  warm:
    description:
      - Seconds to keep the old pool running after the end; negative until the next release is deployed to it.
      - The first O(command=resume) after that time retires it.
    type: float
    default: -1
  rollback_window:
    description:
      - Seconds after the end in which a rollback returns at once, without deploying to the old pool again.
    type: float
    default: 3600
  progress_deadline:
    description:
      - Seconds that a deploy, a validation or a shift may take before the rollout aborts; 0 for none.
      - Looked at between actions; an action itself is not interrupted.
    type: float
    default: 1800
  error_limit:
    description:
      - How many consecutive errors of the checks themselves (not bad results) are borne; the rollout pauses at the next one.
    type: int
    default: 4
  stop_on_abort:
    description:
      - Stop the new pool's instances after an abort; by default they are left for people to look at.
    type: bool
    default: false
  irreversible:
    description:
      - The release cannot be undone once it has had traffic; trouble then freezes the rollout instead of rolling back.
    type: bool
    default: false
  backup:
    description:
      - For O(command=begin), have the data of the app saved before anything is changed; without a backup nothing is.
    type: bool
    default: false
  full:
    description:
      - For O(command=promote) and O(command=skip), every later share but the last, gate, promotion check, pause, analysis and bake is
        left out as well.
      - That the instances are ready is still asked before they take traffic.
    type: bool
    default: false
  seq:
    description:
      - For O(command=advance), the number of the action that O(reports) is about.
    type: int
  expected:
    description:
      - For O(command=advance), the hosts or balancers that took part in the action.
    type: list
    elements: str
    default: []
  reports:
    description:
      - For O(command=advance), what each of O(expected) reports - a dictionary with V(seq), V(result) (V(succeeded), V(failed),
        V(inconclusive), V(error)) and V(reason). A missing or empty report means that it was lost.
      - Of a toggle that is looked at also C(was), its definition, or null, and whether it was C(killed), which ends a ramp.
      - Of a backup also C(backup), a dictionary with the C(snapshot) and how it was C(proven), which the journal keeps for a restore.
      - Of an analysis also C(decided), whether there is a verdict, and C(analysis), C(verdict), C(metrics) and C(offsets), the C(state),
        C(verdict), C(metrics) and C(offsets) that M(progressive.delivery.analysis) returned. Of that in the background C(background),
        C(background_verdict) and C(background_metrics), likewise.
      - One with the id of another rollout in V(rollout) is left over from that, and counts as missing.
    type: dict
    default: {}
  keep:
    description:
      - How many rollouts the journal keeps.
    type: int
    default: 50
seealso:
  - module: progressive.delivery.rollout_info
  - module: progressive.delivery.traffic
author:
  - The progressive.delivery engineers (@progressive-delivery)
"""

EXAMPLES = r"""
- name: Take the lock
  progressive.delivery.rollout:
    app: analyze-all
    command: lock
    owner:
      name: alice
      host: control.example.com
      run: job 42
  register: held

- name: Begin
  progressive.delivery.rollout:
    app: analyze-all
    command: begin
    token: "{{ held.token }}"
    release: 1.1.0
    fleet:
      blue: {app1: 1.0.0, app2: 1.0.0}
      green: {app3: null, app4: null}
    splits:
      lb1: {shares: {blue: 10000, green: 0}}
  register: next

- name: Report that both hosts have the release, and learn what is next
  progressive.delivery.rollout:
    app: analyze-all
    command: advance
    token: "{{ held.token }}"
    seq: "{{ next.action.seq }}"
    expected: [app3, app4]
    reports:
      app3: {seq: 1, result: succeeded}
      app4: {seq: 1, result: succeeded}
    splits:
      lb1: {shares: {blue: 10000, green: 0}}
"""

RETURN = r"""
action:
  description: What the run has to do next.
  returned: for all commands but lock, unlock, renew, pause and skip
  type: dict
  contains:
    seq:
      description: Its number; the report must carry it.
      type: int
    kind:
      description:
        - One of V(deploy), V(validate), V(shift), V(bake), V(analyse), V(tasks), V(drain), V(retire), V(take_out), V(put_back), V(toggle),
          V(backup), V(end).
      type: str
    pool:
      description: The pool it acts on.
      type: str
    hosts:
      description: The part of the pool that it is about; empty for all of it.
      type: list
      elements: str
      version_added: "0.2.0"
    floor:
      description: For a validation and a shift, how many of them must be healthy; V(0) for all.
      type: int
      version_added: "0.2.0"
    baseline:
      description: For a bake and an analysis, the pool with which the release is compared.
      type: str
      version_added: "0.2.0"
    release:
      description: For a deploy, the release that the hosts are to have.
      type: str
    shares:
      description: For a shift, the wanted share of each pool in 1/100 %.
      type: dict
    split:
      description: For a shift, the same in per cent.
      type: dict
    header:
      description: For a shift, the pool whose header route is open.
      type: str
    mirror:
      description: For a shift, the part of the requests of which the pool gets a copy, in 1/100 %.
      type: int
      version_added: "0.2.0"
    seconds:
      description: For a bake, how long; for analyse, how long at most.
      type: float
    checks:
      description: For validate and bake, which set of health checks.
      type: str
    analysis:
      description: For analyse, which analysis.
      type: str
      version_added: "0.2.0"
    learns:
      description: For analyse, whether it only learns by how much the hosts differ.
      type: bool
      version_added: "0.2.0"
    background:
      description: For bake and analyse, the analysis that goes along, if there is one.
      type: str
      version_added: "0.2.0"
    file:
      description: For tasks, the file that holds them.
      type: str
      version_added: "0.2.0"
    toggle:
      description: For toggle, what is asked of it, as M(progressive.delivery.feature_toggle) takes it.
      type: dict
      version_added: "0.2.0"
    was:
      description: For toggle, its definition by host, to which it is put back; null when it is changed or looked at.
      type: dict
      version_added: "0.2.0"
    looks:
      description:
        - For bake and analyse, the parts of its time, in seconds. Where metrics are asked, health is looked at before each, and what is to be
          reported at once ends it.
      type: list
      elements: float
    opens:
      description: Whether the action begins its step; a bake that takes several actions is begun by the first.
      type: bool
    closes:
      description: Whether the action ends its step, if it succeeds.
      type: bool
    ends_background:
      description: Whether the analysis that goes along is to come to its verdict.
      type: bool
      version_added: "0.2.0"
    result:
      description: For the end, the status of the rollout, or V(unchanged).
      type: str
    reason:
      description: For the end, why, in words.
      type: str
say:
  description: Which rollout, how far it is, and what comes next, in words.
  returned: for all commands but lock, unlock, renew, pause and skip
  type: str
progress:
  description:
    - The same as RV(say), followed by how it stands, a line each. The split, the verdict of the last analysis or how the one under
      way stands, and the step after this one or, on the way back, why.
  returned: for all commands but lock, unlock, renew, pause and skip
  type: list
  elements: str
  version_added: "0.2.0"
token:
  description: Proves that this run holds the lock; empty in check mode.
  returned: for lock
  type: str
left_paused:
  description: The id of the rollout that was paused for this run, which has not taken its place, so that nobody carries it on. Else empty.
  returned: for unlock
  type: str
  version_added: "0.2.0"
broke:
  description: Whose lock was broken, or which could not be read and where it is kept; empty when none was.
  returned: for lock
  type: str
rollout:
  description:
    - The rollout as the journal has it, as M(progressive.delivery.rollout_info) returns it but without what was written down about its
      course; null when the app has none that can be read.
  returned: for all commands but lock, unlock and renew
  type: dict
error:
  description: Name of the kind of failure, for example C(lock-held), C(rollout-active) or C(journal-corrupt).
  returned: failure
  type: str
details:
  description: What the failure is about, for example the C(owner) of a lock that is held.
  returned: failure, where there is more to tell
  type: dict
"""

import dataclasses
import time
import typing as t
import uuid

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError
from ansible_collections.progressive.delivery.plugins.module_utils._rollout import (
    document,
    opening,
    parameters,
    run,
    waiting,
    words,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.journal import Journal, ReadOnlyJournal
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.lock import Lock, Owner, utc
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.looks import looks
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import Action, Rollout, World
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.operator_requests import SKIP_ALL
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.rolling import Rolling
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.toggle_ramp import ToggleRamp

Params = t.Dict[str, t.Any]

STEP_OPTIONS: t.Dict[str, t.Dict[str, t.Any]] = {
    "share": {"type": "float"},
    "hosts": {"type": "str"},
    "percent": {"type": "float"},
    "learn": {"type": "str"},
    "mirror": {"type": "float"},
    "pause": {"type": "str"},
    "analysis": {"type": "str"},
    "health": {"type": "str"},
    "task_file": {"type": "path"},
    "toggle": {"type": "dict"},
    "seconds": {"type": "float", "default": 300.0},
}

ARGUMENTS: Params = {
    "app": {"type": "str", "required": True},
    "command": {
        "type": "str",
        "required": True,
        "choices": [
            "lock",
            "unlock",
            "renew",
            "begin",
            "promote",
            "rollback",
            "resume",
            "abandon",
            "pause",
            "skip",
            "advance",
        ],
    },
    "state_dir": {"type": "path", "default": "/var/lib/progressive.delivery"},
    "token": {"type": "str", "no_log": False},
    "owner": {
        "type": "dict",
        "default": {},
        "options": {
            "name": {"type": "str", "default": "unknown"},
            "host": {"type": "str", "default": "unknown"},
            "run": {"type": "str", "default": "unknown"},
        },
    },
    "lease": {"type": "float", "default": 300},
    "lock_wait": {"type": "float", "default": 0},
    "outlast": {"type": "bool", "default": False},
    "ask": {"type": "str", "choices": ["rollback", "pause"]},
    "only": {"type": "str"},
    "take_over": {"type": "bool", "default": False},
    "release": {"type": "str"},
    "supersede": {"type": "bool", "default": False},
    "fleet": {"type": "dict", "default": {}},
    "splits": {"type": "dict", "default": {}},
    "strategy": {"type": "str", "choices": ["blue_green", "canary", "rolling", "toggle_ramp"], "default": "blue_green"},
    "toggle": {"type": "dict"},
    "steps": {"type": "list", "elements": "dict", "options": STEP_OPTIONS, "default": []},
    "background": {"type": "str", "default": ""},
    "baseline_pool": {"type": "str", "default": ""},
    "promotion": {"type": "str", "choices": ["swap", "batches"], "default": "swap"},
    "floor": {"type": "str", "default": "50%"},
    "batch": {"type": "int"},
    "preview": {"type": "bool", "default": False},
    "promotion_checks": {"type": "bool", "default": False},
    "promotion_bake": {"type": "float", "default": 0},
    "gate": {"type": "bool", "default": False},
    "bake": {"type": "float", "default": 60},
    "warm": {"type": "float", "default": -1},
    "rollback_window": {"type": "float", "default": 3600},
    "progress_deadline": {"type": "float", "default": 1800},
    "error_limit": {"type": "int", "default": 4},
    "stop_on_abort": {"type": "bool", "default": False},
    "irreversible": {"type": "bool", "default": False},
    "backup": {"type": "bool", "default": False},
    "full": {"type": "bool", "default": False},
    "seq": {"type": "int"},
    "expected": {"type": "list", "elements": "str", "default": []},
    "reports": {"type": "dict", "default": {}},
    "keep": {"type": "int", "default": 50},
}


def main() -> t.NoReturn:
    module = AnsibleModule(
        argument_spec=ARGUMENTS,
        supports_check_mode=True,
        required_if=[("command", "advance", ["seq"])],
    )
    params = module.params
    try:
        parameters.check(params, module.check_mode)
        journal = (ReadOnlyJournal if module.check_mode else Journal)(params["state_dir"], params["app"])
        result = carry_out(journal, params)
    except DeliveryError as error:
        module.fail_json(**error.as_result())
    module.exit_json(**result)


def carry_out(journal: Journal, params: Params) -> Params:
    """Do the command; the keyword arguments for ``exit_json``."""
    command, token, keep = params["command"], params["token"], params["keep"]
    if command == "lock":
        return take_lock(journal, params)
    if command == "unlock":
        is_own, paused = run.release(journal, token)
        return {"changed": is_own, "left_paused": paused.id if paused else ""}
    if command == "renew":
        run.renew(journal, token)
        return {"changed": False}
    if command in ("pause", "skip"):
        asked = SKIP_ALL if params["full"] else command
        before, after = map(summary, run.request(journal, asked))
        return {"changed": before != after, "rollout": after, "diff": {"before": shown(before), "after": shown(after)}}
    world = World(time.time(), parameters.splits(params["splits"]))
    if command == "advance":
        return answer(run.advance(journal, token, parameters.account(params, world.now), world, keep))
    if command == "abandon":
        return answer(run.abandon(journal, token, world, keep))
    return answer(run.open_run(journal, token, world, opening_of(params, world.now), keep, params["lease"]))


def take_lock(journal: Journal, params: Params) -> Params:
    """Take the lock; its token, and whose lock that broke."""
    wanted = Lock(Owner(**params["owner"]), uuid.uuid4().hex, 0, 0, params["lease"])
    in_one_pool = params["strategy"] == Rolling.name
    asking = waiting.Asking(params["ask"], params["release"], in_one_pool, params["only"]) if params["ask"] else None
    held = waiting.acquire(journal, wanted, params["take_over"], params["lock_wait"], asking, params["outlast"])
    return {"changed": True, "token": "" if journal.read_only else held.token, "broke": held.broke}


def opening_of(params: Params, now: float) -> opening.Opening:
    """The opening that the command names."""
    stamp = utc(now).replace("-", "").replace(":", "")
    begins = params["command"] == "begin"
    named = params["release"] or params["strategy" if begins else "command"]
    wanted = parameters.delivery(params, "{0}-{1}-{2}".format(stamp, named, uuid.uuid4().hex[:6]))
    if begins and isinstance(wanted.strategy, ToggleRamp):
        return opening.begin_ramp_or_resume(wanted, wanted.strategy, parameters.users(params["fleet"]))
    by_command: t.Dict[str, opening.Opening] = {
        "begin": opening.begin_or_resume(wanted, parameters.fleet(params["fleet"]), params["supersede"]),
        "rollback": opening.roll_back(wanted),
        "promote": opening.promote(params["full"]),
        "resume": opening.resume,
    }
    return by_command[params["command"]]


def answer(given: run.Answer) -> Params:
    """An answer as a module result."""
    before, after = summary(given.before), summary(given.rollout)
    aside = {"set_aside": list(given.aside)} if given.aside else {}
    return {
        "changed": before != after or bool(given.aside),
        "action": dict(document.as_data(given.action), split=per_cent(given.action), looks=list(looks(given.action))),
        "say": words.headline(given.rollout, given.action),
        "progress": words.progress(given.rollout, given.action),
        "rollout": after,
        "diff": {"before": shown(before), "after": dict(shown(after), **aside)},
    }


def per_cent(action: Action) -> t.Optional[t.Dict[str, float]]:
    """The shares of a shift as people, and the traffic module, write them."""
    return None if action.shares is None else {pool: share / 100 for pool, share in action.shares.items()}


def summary(rollout: t.Optional[Rollout]) -> t.Optional[Params]:
    """A rollout without what was written down about its course."""
    if rollout is None:
        return None
    data = document.as_data(dataclasses.replace(rollout, entries=(), splits_seen=(), judged=(), seen_before={}))
    for course in ("entries", "splits_seen", "judged", "seen_before"):
        del data[course]
    return data


def shown(told: t.Optional[Params]) -> Params:
    """The same for people, without what an analysis hands to its next part, which is long and for no reader."""
    return {
        name: value for name, value in (told or {}).items() if name not in ("analysis", "background") or value is None
    }


if __name__ == "__main__":
    main()
