#!/usr/bin/python
# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible module: have nobody told of certain alerts for a while."""

from __future__ import annotations

DOCUMENTATION = r"""
module: silence
short_description: Have nobody told of certain alerts for a while
version_added: "0.2.0"
description:
  - Makes a silence in Alertmanager, prolongs it or ends it, and reads it back. It ends by itself, also when whoever made it has died.
  - A silence is known again by its matchers and its author; those of other authors are left alone.
options:
  state:
    description: Whether there is to be one. Without O(matchers), V(absent) ends all silences of the O(author).
    type: str
    choices: [present, absent]
    default: present
  minutes:
    description:
      - For how long, from now on.
      - A task that runs again prolongs it once less than half of that is left, and changes nothing before.
      - 60 unless O(ends) says when it is over.
    type: float
  starts:
    description: When it begins, such as V(2026-12-01T22:00:00+01:00), where that is not now. Needs O(ends).
    type: str
  ends:
    description:
      - When it is over, in the form of O(starts). What is over already is not made.
    type: str
  author:
    description: Who makes it.
    type: str
    default: progressive.delivery
  exclusive:
    description: Whether other silences of the O(author) are to end, such as one for alerts that are meant no longer.
    type: bool
    default: false
  comment:
    description: Why.
    type: str
    default: it is being worked on
extends_documentation_fragment:
  - progressive.delivery.alertmanager
  - progressive.delivery.alertmanager.matchers
  - progressive.delivery.http_api
  - progressive.delivery.attributes
  - progressive.delivery.attributes.actiongroup_delivery
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
  platform:
    support: full
seealso:
  - module: progressive.delivery.alert
  - module: progressive.delivery.alert_info
author:
  - The progressive.delivery engineers (@progressive-delivery)
"""

EXAMPLES = r"""
- name: Be quiet about the database while it moves
  progressive.delivery.silence:
    addresses: ["http://alerts1.example.com:9093"]
    matchers:
      - name: app
        value: shop
      - name: alertname
        value: Database.*
        regex: true
    minutes: 30
    comment: its database moves to new hosts

- name: Be quiet about the whole rack when its power is worked on
  progressive.delivery.silence:
    addresses: ["http://alerts1.example.com:9093"]
    matchers:
      - name: host
        value: rack7-.*
        regex: true
    starts: "2026-12-01T22:00:00+01:00"
    ends: "2026-12-02T02:00:00+01:00"
    comment: new power supplies

- name: Speak of it again
  progressive.delivery.silence:
    addresses: ["http://alerts1.example.com:9093"]
    matchers:
      - name: app
        value: shop
      - name: alertname
        value: Database.*
        regex: true
    state: absent
"""

RETURN = r"""
silence:
  description: >-
    The silence, with its C(id), which is empty in check mode for one that would be made, C(matchers), C(author), C(comment) and when it
    C(starts) and C(ends), in seconds since the epoch; null when there is none.
  type: dict
  returned: success
error:
  description: Name of the kind of failure, for example C(alertmanager-refused).
  type: str
  returned: failure
"""

import time
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.progressive.delivery.plugins.module_utils._alerts.model import Silence, to_end, to_silence
from ansible_collections.progressive.delivery.plugins.module_utils._alerts.parameters import (
    ALERTMANAGER,
    MATCHERS,
    alertmanager_of,
    matchers_of,
    moment_of,
    seconds_of,
)
from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError, InvalidOption


def carry_out(params: t.Mapping[str, t.Any], check_mode: bool) -> t.Dict[str, t.Any]:
    """Make or end it; the keyword arguments for ``exit_json``; raises DeliveryError."""
    now = time.time()
    is_to_go = params["state"] == "absent"
    matchers = matchers_of(params)
    if not matchers and not is_to_go:
        raise InvalidOption("matchers: there are none, and nobody would be told of anything")
    wanted = Silence(matchers, *span_of(params, now), author=params["author"], comment=params["comment"])
    alertmanager = alertmanager_of(params)
    known = alertmanager.silences()
    mine = to_end(known, matchers, params["author"])
    before = max(mine, key=lambda each: each.ends, default=None)
    if is_to_go:
        for each in [] if check_mode else mine:
            alertmanager.end(each)
        return result(before, None, bool(mine))
    changed = to_silence(known, wanted, now, is_dated=params["ends"] is not None)
    others = (
        [each for each in to_end(known, frozenset(), params["author"]) if each not in mine]
        if params["exclusive"]
        else []
    )
    if not check_mode:
        changed = alertmanager.silence(changed) if changed is not None else None
        # After the one that is wanted is there, so that it is silent all the while.
        for each in others:
            alertmanager.end(each)
    return result(before, changed or before, changed is not None or bool(others))


def span_of(params: t.Mapping[str, t.Any], now: float) -> t.Tuple[float, float]:
    """When it is to begin and to end, in seconds since the epoch; raises InvalidOption."""
    if params["ends"] is None:
        return now, now + seconds_of(60 if params["minutes"] is None else params["minutes"])
    ends = moment_of(params["ends"], "ends")
    starts = now if params["starts"] is None else moment_of(params["starts"], "starts")
    if params["starts"] is not None and starts >= ends:
        raise InvalidOption("ends: {0} is not after starts, {1}".format(params["ends"], params["starts"]))
    return starts, ends


def result(before: t.Optional[Silence], after: t.Optional[Silence], changed: bool) -> t.Dict[str, t.Any]:
    """What there is to tell of it."""
    shown = [shown_of(each) if each else None for each in (before, after)]
    return {"changed": changed, "silence": shown[1], "diff": {"before": shown[0] or {}, "after": shown[1] or {}}}


def shown_of(silence: Silence) -> t.Dict[str, t.Any]:
    """A silence as people read it."""
    return {
        "id": silence.identifier,
        "matchers": [str(each) for each in sorted(silence.matchers)],
        "author": silence.author,
        "comment": silence.comment,
        "starts": silence.starts,
        "ends": silence.ends,
    }


def main() -> t.NoReturn:
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "minutes": {"type": "float"},
            "starts": {"type": "str"},
            "ends": {"type": "str"},
            "author": {"type": "str", "default": "progressive.delivery"},
            "exclusive": {"type": "bool", "default": False},
            "comment": {"type": "str", "default": "it is being worked on"},
            **ALERTMANAGER,
            **MATCHERS,
        },
        mutually_exclusive=[("minutes", "ends")],
        required_by={"starts": "ends"},
        supports_check_mode=True,
    )
    try:
        done = carry_out(module.params, module.check_mode)
    except DeliveryError as error:
        module.fail_json(**error.as_result())
    module.exit_json(**done)


if __name__ == "__main__":
    main()
