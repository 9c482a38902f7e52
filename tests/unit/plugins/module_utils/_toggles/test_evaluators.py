# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules that flags share reach flagd's own evaluator, and those that it cannot take are refused."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openfeature.contrib.tools.flagd.core.model import FlagStore

from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError, InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.errors import (
    InvalidDefinition,
    UndeclaredEvaluator,
)
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.evaluators import (
    check_declared,
    check_references,
    declared,
    references,
)

STAFF = {"ends_with": [{"var": "email"}, "@example.com"]}
FLAG = {"state": "ENABLED", "variants": {"on": True}, "targeting": {"if": [{"!!": [{"$ref": "staff"}]}, "on", None]}}
NAMES = st.from_regex(r"[A-Za-z0-9_-]+", fullmatch=True)


def read(name, rule):
    """The targeting that the evaluator has of a flag that refers to *rule*."""
    flag = json.loads(json.dumps(FLAG).replace('"staff"', json.dumps(name)))
    store = FlagStore()
    store.update({"flags": {"new": flag}, "$evaluators": {name: rule}})
    return store.get_flag("new").targeting


TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters='"\\$'))


@given(NAMES, TEXTS)
def test_what_is_taken_is_what_the_evaluator_has(name, text):
    rule = {"ends_with": [{"var": "email"}, text]}
    check_declared({name: rule})

    assert read(name, rule) == {"if": [{"!!": [rule]}, "on", None]}


@pytest.mark.parametrize("text", ["ä", '"', "\\", "\n", "$1"])
def test_characters_that_a_reader_takes_for_something_else_are_refused(text):
    with pytest.raises(InvalidOption, match=r"^evaluators\.staff: a shared rule may only have ASCII"):
        check_declared({"staff": {"ends_with": [{"var": "email"}, text]}})


def test_the_evaluator_would_drop_the_file_for_them():
    with pytest.raises(re.error, match="bad escape"):
        read("staff", {"ends_with": [{"var": "email"}, "ä"]})


@pytest.mark.parametrize(
    ("evaluators", "kind", "message"),
    [
        ({"": STAFF}, InvalidOption, "evaluators: '' is no name"),
        ({"a.b": STAFF}, InvalidOption, "evaluators: 'a.b' is no name of letters, digits, _ and -"),
        ({"a\n": STAFF}, InvalidOption, "is no name"),
        ({"a": "on"}, InvalidDefinition, r"^evaluators\.a: 'on' is not of type 'object'"),
        ({"a": {"sometimes": 1}}, InvalidDefinition, r"^evaluators\.a: "),
        ({"a": {"and": [{"$ref": "b"}, True]}}, InvalidOption, r"^evaluators\.a: it refers to another shared rule"),
    ],
)
def test_what_readers_would_not_take_is_refused(evaluators, kind, message):
    with pytest.raises(kind, match=message):
        check_declared(evaluators)


def test_what_is_declared_is_added_replaced_and_taken_away():
    asked = {"a": None, "b": {"var": "b"}, "none": None}
    check_declared(asked)

    assert declared({"a": STAFF, "b": STAFF, "c": STAFF}, asked) == {"b": {"var": "b"}, "c": STAFF}


def test_a_flag_refers_only_to_what_is_there():
    check_references({"new": FLAG, "other": {}}, {"staff": STAFF})

    assert references(FLAG["targeting"]) == {"staff"}
    with pytest.raises(UndeclaredEvaluator, match="the flag new refers to the shared rule staff; there is more"):
        check_references({"new": FLAG}, {"more": STAFF})
    assert issubclass(UndeclaredEvaluator, DeliveryError)
