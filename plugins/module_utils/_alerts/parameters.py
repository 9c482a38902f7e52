# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task says of Alertmanager and of alerts.

PRIVATE to the collection.
"""

from __future__ import annotations

import math
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._alerts.alertmanager import Alertmanager
from ansible_collections.progressive.delivery.plugins.module_utils._alerts.model import Matcher, need_labels
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._http_options import (
    HTTP,
    PATIENCE,
    Options,
    Params,
    access_to,
)
from ansible_collections.progressive.delivery.plugins.module_utils._moment import moment

ALERTMANAGER: Options = {"addresses": {"type": "list", "elements": "str"}, **PATIENCE, **HTTP}
MATCHERS: Options = {
    "matchers": {
        "type": "list",
        "elements": "dict",
        "options": {
            "name": {"type": "str", "required": True},
            "value": {"type": "str", "required": True},
            "regex": {"type": "bool", "default": False},
            "equal": {"type": "bool", "default": True},
        },
    }
}


def alertmanager_of(params: Params) -> Alertmanager:
    """The cluster that a task names; raises InvalidOption and MissingLibrary."""
    if not params["addresses"]:
        raise InvalidOption("addresses: there is none; http://127.0.0.1:9093 is one")
    return Alertmanager([access_to(address, params) for address in params["addresses"]])


def matchers_of(params: Params) -> t.FrozenSet[Matcher]:
    """Those that a task gives; raises InvalidOption."""
    given = params["matchers"] or []
    need_labels({each["name"]: "" for each in given}, "matchers")
    return frozenset(Matcher(each["name"], each["value"], each["regex"], each["equal"]) for each in given)


def seconds_of(minutes: float) -> float:
    """How long something is to last; raises InvalidOption."""
    if not 0 < minutes < math.inf:
        raise InvalidOption("minutes: {0:g} is not above 0".format(minutes))
    return 60 * minutes


def moment_of(text: str, option: str) -> float:
    """A moment with its time zone, in seconds since the epoch; raises InvalidOption."""
    found = moment(text)
    if found is None:
        raise InvalidOption(
            "{0}: {1!r} is not such as 2026-12-01T22:00:00+01:00, with its time zone".format(option, text)
        )
    return found
