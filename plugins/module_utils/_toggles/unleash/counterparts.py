# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Unleash has no counterpart of, and what it would refuse when half of a flag has been sent.

PRIVATE to the collection. Pure: no I/O.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._toggles.audience import Audience, audience_of
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.errors import NoCounterpart
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.interface import Definition

_IN_UNLEASH = "make a strategy for it in Unleash itself, and leave it out here"
_IN_WORDS = "say it in description"
UNKEPT: t.Mapping[str, str] = {
    "rules": _IN_UNLEASH,
    "from": _IN_UNLEASH,
    "until": _IN_UNLEASH,
    "evaluators": "Unleash has segments for what flags share",
    "killed": "state: disabled turns the flag off in its environment, and state: enabled on again",
    "owner": _IN_WORDS,
    "expires": _IN_WORDS,
    "environment": "a file has it; give unleash.environment",
    "rollback": "give what the flag was as definition",
    "revision": "Unleash has a log of events in place of revisions",
    "keep_revisions": "Unleash has a log of events in place of revisions",
    "stale_days": "Unleash tells itself which flags are stale",
}
"""The options that only a file can keep, and what would be right."""
ON_AND_OFF = {"on": True, "off": False}
"""The variants of a flag that Unleash calls enabled or not."""
ANYONE = "default"
"""The stickiness of a strategy for everyone; it does without a key."""
_RESERVED = frozenset({"userId", ANYONE, "random"})
"""Words of Unleash's that are no attribute here."""
_MOST_KEYS = 250
"""What a server takes in a constraint, unless it is told otherwise."""
_LONGEST_KEY = 100
_NAME = re.compile(r"[A-Za-z0-9_.!~*'()-]{1,100}\Z")
"""A name that is the same in a URL, as Unleash wants it."""


def need_counterpart(name: str, definition: Definition) -> None:
    """Refuse a flag that Unleash cannot keep as it is; raises NoCounterpart."""
    if not _NAME.match(name) or name in {".", ".."}:
        raise NoCounterpart("name: '{0}' is not of 1 to 100 characters that stand in a URL as they are".format(name))
    strays = sorted(set(definition.get("metadata") or {}) - {"description"})
    if strays:
        said = "definition.metadata: {0}; Unleash keeps nothing but a description of a flag"
        raise NoCounterpart(said.format(", ".join(strays)))
    _need_variants(definition["variants"])
    if definition.get("defaultVariant") is None:
        raise NoCounterpart("default_variant: Unleash has no flag that leaves the app its own default; say which")
    if not definition.get("targeting"):
        return
    audience = audience_of(definition)
    if audience is None:
        raise NoCounterpart("definition.targeting: rules in flagd's form cannot be told to Unleash, but for a share")
    if definition["variants"] == ON_AND_OFF and audience.variant != "on":
        raise NoCounterpart("variant: Unleash turns a flag on for a share, never off; let the default be off")
    _need_audience(audience)


def _need_variants(variants: t.Mapping[str, t.Any]) -> None:
    if any(isinstance(value, bool) for value in variants.values()) and variants != ON_AND_OFF:
        raise NoCounterpart("variants: Unleash calls true and false on and off; give on: true and off: false")
    for variant, value in variants.items():
        if not _NAME.match(variant) or variant in {".", ".."}:
            raise NoCounterpart("variants: '{0}' is no name that Unleash takes for a variant".format(variant))
        if value == "":
            raise NoCounterpart("variants: Unleash takes no empty text, which '{0}' is".format(variant))


def _need_audience(audience: Audience) -> None:
    if audience.share % 100:
        raise NoCounterpart("percent: {0} is not whole; Unleash has no decimals".format(audience.percent()))
    if audience.bucket_by in _RESERVED:
        hint = "; the user's key is targetingKey" if audience.bucket_by == "userId" else ""
        raise NoCounterpart("bucket_by: '{0}' is a word of Unleash's own{1}".format(audience.bucket_by, hint))
    for option, keys in (("allow", audience.allow), ("deny", audience.deny)):
        if len(keys) > _MOST_KEYS:
            raise NoCounterpart("{0}: {1} keys are more than the {2} of Unleash".format(option, len(keys), _MOST_KEYS))
        if any(not 1 <= len(key) <= _LONGEST_KEY for key in keys):
            raise NoCounterpart("{0}: Unleash takes keys of 1 to {1} characters".format(option, _LONGEST_KEY))
