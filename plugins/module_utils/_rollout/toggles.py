# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Feature toggles that a rollout changes on its way, and puts back where it is taken back.

PRIVATE to the collection. Pure. A toggle is looked at before it is changed, in
an action of its own, so that the journal knows what to put back whenever the
run is killed.
"""

from __future__ import annotations

import json
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import Kind, Rollout, Step

BACKENDS: t.Mapping[str, str] = {"flagd": "path", "unleash": "unleash"}
"""What may keep toggles, and the option that says where; in files each host has its own, a server has one for all."""

KNOWN = (
    "state",
    "variants",
    "default_variant",
    "variant",
    "percent",
    "bucket_by",
    "allow",
    "deny",
    "rules",
    "from",
    "until",
    "description",
    "owner",
    "expires",
    "environment",
    "keep_revisions",
)
"""The options of the module ``feature_toggle`` that a step may have beside where and which.

Not among them is what would stay when the toggle is put back: the kill switch, and the rules that flags share.
"""

OTHERS = "others"
"""The users who do not get the variant of a ramp."""
PUTTING_BACK = "putting toggles back"
"""Marks an abort that may have put some back."""
PUT_BACK = "toggle "
"""Before the number of its step, the name of a toggle that is put back, in ``unwound``."""


def check_toggle(toggle: t.Mapping[str, t.Any], option: str) -> None:
    """Refuse what is no toggle.

    :param option: where it was given, for the message
    :raises InvalidOption: it does not say where it is kept or its name, has what no toggle has, or a token
    """
    backend = toggle.get("backend", "flagd")
    if backend not in BACKENDS:
        raise InvalidOption(
            "{0}: a toggle has the backend {1}, which is none of {2}".format(option, backend, ", ".join(BACKENDS))
        )
    needed = (BACKENDS[backend], "name")
    unknown = sorted(set(toggle).difference(KNOWN, needed, {"backend"}))
    missing = [name for name in needed if not toggle.get(name)]
    if unknown or missing:
        raise InvalidOption(
            "{0}: a toggle {1}; it has {2} and name, and may have {3}".format(
                option,
                "has no {0}".format(" and no ".join(missing)) if missing else "has {0}".format(", ".join(unknown)),
                needed[0],
                ", ".join(KNOWN),
            )
        )
    if backend == "unleash" and (not isinstance(toggle["unleash"], dict) or "token" in toggle["unleash"]):
        raise InvalidOption(
            "{0}: unleash of a toggle is a dictionary with token_file and no token, for the journal keeps it".format(
                option
            )
        )


def to_put_back(rollout: Rollout) -> t.List[t.Tuple[str, Step]]:
    """The toggles that *rollout* has changed, the last one first: the name among what is undone, and the step that undoes it.

    One that was changed several times goes back at once, to what it was at first. Among them are those that it is to put
    back for the rollout whose place it took, whether it has come to that or not.
    """
    steps: t.Dict[str, t.Tuple[str, Step]] = {}
    for number, step in reversed(list(enumerate(rollout.steps))):
        was = rollout.toggled.get(str(number), step.was)
        if was is not None:
            back = Step(Kind.TOGGLE, step.pool, toggle=step.toggle, was=was)
            steps[_place(step.toggle or {})] = PUT_BACK + str(number), back
    return [(name, step) for name, step in steps.values() if name not in rollout.unwound]


def users_after(toggle: t.Mapping[str, t.Any]) -> t.Dict[str, int]:
    """How many users have which variant, 1/100 %, once a ramp has set *toggle* so."""
    share = round(100 * float(toggle["percent"]))
    return {str(toggle["variant"]): share, OTHERS: 10000 - share}


def _place(toggle: t.Mapping[str, t.Any]) -> str:
    """What tells a toggle from others: where it is kept, and its name."""
    parts = ("backend", "path", "unleash", "environment", "name")
    return json.dumps([toggle.get(part) for part in parts], sort_keys=True)
