# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules that the flags of one file share by name.

PRIVATE to the collection. Pure: no I/O. flagd calls them evaluators; a flag
says ``{"$ref": NAME}`` where it means one, and readers put it in its place.
"""

from __future__ import annotations

import json
import re
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.errors import UndeclaredEvaluator
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.interface import Definition
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.validation import check_rule

Evaluators = t.Mapping[str, t.Any]

NAME = re.compile(r"[A-Za-z0-9_-]+\Z")
"""Readers look for a name as a regular expression."""

TEMPLATE = re.compile(r"[\\$]")
"""What means something in the text that a regular expression puts in place of a match, in Python and in Java."""


def check_declared(evaluators: Evaluators) -> None:
    """Refuse what some reader would not take as a shared rule; None takes a rule away.

    :raises InvalidOption: a name, a rule that refers to another, or characters that one reader cannot put into the flags
    :raises InvalidDefinition: a rule that breaks flagd's schema
    """
    for name, rule in evaluators.items():
        option = "evaluators.{0}".format(name)
        if not NAME.match(name):
            raise InvalidOption("evaluators: '{0}' is no name of letters, digits, _ and -".format(name))
        if rule is None:
            continue
        check_rule(rule, option, whole=True)
        if references(rule):
            raise InvalidOption("{0}: it refers to another shared rule, which readers do not look up".format(option))
        if TEMPLATE.search(json.dumps(rule)):
            # The readers for Python and Java put the JSON text into the flags as such a template, and drop the file.
            raise InvalidOption(
                "{0}: a shared rule may only have ASCII characters, and no $, quotes, backslashes and line breaks in its "
                "texts; put what needs them into the rules of the flag".format(option)
            )


def declared(kept: Evaluators, asked: Evaluators) -> t.Dict[str, t.Any]:
    """The shared rules of a file that has *kept*, after *asked* was declared."""
    return {name: rule for name, rule in {**kept, **asked}.items() if rule is not None}


def check_references(flags: t.Mapping[str, Definition], evaluators: Evaluators) -> None:
    """Refuse flags that refer to what is not there; raises UndeclaredEvaluator."""
    for flag, definition in flags.items():
        strays = sorted(references(definition.get("targeting")) - set(evaluators))
        if strays:
            raise UndeclaredEvaluator(
                "the flag {0} refers to the shared rule {1}; there is {2}".format(
                    flag, strays[0], ", ".join(sorted(evaluators)) or "none"
                )
            )


def references(rules: t.Any) -> t.Set[str]:
    """The names that *rules* refer to."""
    if isinstance(rules, dict):
        own = {rules["$ref"]} if isinstance(rules.get("$ref"), str) else set()
        return own.union(*map(references, rules.values()))
    return set().union(*map(references, rules)) if isinstance(rules, list) else set()
