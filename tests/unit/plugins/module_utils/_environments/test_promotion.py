# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A change is told key by key, beside what another environment has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._environments.model import Configuration, Secret
from ansible_collections.progressive.delivery.plugins.module_utils._environments.promotion import rows
from ansible_collections.progressive.delivery.plugins.module_utils._environments.revisions.records import Revision
from ansible_collections.progressive.delivery.plugins.module_utils._environments.secrecy import sealed


def configuration(settings, environment="production"):
    return Configuration("shop", environment, settings, {"workers": "production.yml"})


def told(found):
    return [(row.key, row.elsewhere, row.now, row.then, row.changes, row.differs) for row in found]


def test_what_changes_and_what_differs_is_told_and_nothing_else(site):
    site.apply({"workers": 2, "port": 80, "old": "x", "password": Secret("vault:production#p", "1")})
    now = site.host.store.read().revisions[1]
    then = configuration({"workers": 4, "port": 80, "new": [1], "password": Secret("vault:production#p", "1")})
    staging = configuration({"workers": 1, "port": 80, "password": Secret("vault:staging#p", "")}, "staging")

    assert told(rows(then, now, staging)) == [
        ("new", "(not set)", "(not set)", [1], True, True),
        ("old", "(not set)", "x", "(not set)", True, False),
        (
            "password",
            "(secret: vault:staging#p)",
            "(secret: vault:production#p)",
            "(secret: vault:production#p)",
            False,
            True,
        ),
        ("workers", 1, 2, 4, True, True),
    ]
    assert [row.origin for row in rows(then, now) if row.key == "workers"] == ["production.yml"]


def test_another_value_of_the_same_secret_is_told_and_not_shown(site):
    site.apply({"password": Secret("env:P", "s3cret-1")})
    now = site.host.store.read().revisions[1]
    found = rows(configuration({"password": Secret("env:P", "s3cret-2")}), now)

    assert told(found) == [
        ("password", "(not set)", "(secret: env:P)", "(another value of the secret: env:P)", True, False)
    ]
    assert told(rows(configuration({"password": Secret("env:P", "s3cret-1")}), now)) == []


def test_a_host_without_a_configuration_gets_all_of_it():
    assert told(rows(configuration({"port": 80}), None)) == [("port", "(not set)", "(not set)", 80, True, False)]


def test_a_plain_value_is_not_shown_where_another_is_the_secret_of_its_key(site):
    site.apply({"password": "s3cret", "database": {"url": "db://s3cret"}, "token": Secret("env:T", "s3cret")})
    now = site.host.store.read().revisions[1]
    then = configuration({"password": Secret("env:P", "s3cret"), "database": Secret("env:D", "x"), "token": "s3cret"})
    staging = configuration({"password": "s3cret", "database": {"url": "db://s3cret"}, "token": "s3cret"}, "staging")
    found = rows(then, now, staging)
    plain = "(in plain words, not shown)"

    assert told(found) == [
        ("database", "(not set)", "(not set)", "(secret: env:D)", True, True),
        ("database.url", plain, plain, "(not set)", True, True),
        ("password", plain, plain, "(secret: env:P)", True, True),
        ("token", plain, "(secret: env:T)", plain, True, False),
    ]
    assert "s3cret" not in repr(told(found))


def test_a_setting_that_was_taken_in_whole_is_from_the_file_of_what_took_it_in():
    then = Configuration("shop", "production", {"copy": {"a": {"b": 1}}}, {"copy": "staging.yml", "of": "base.yml"})

    assert [(row.key, row.origin) for row in rows(then, None)] == [("copy.a.b", "staging.yml")]


def changed_keys(before, after):
    fields = {"made_at": "", "release": None, "rollout": None, "origins": {}, "files": ()}
    now = Revision(1, "shop", "production", "", salt="salt", settings=sealed(before, "salt"), **fields)
    return {row.key for row in rows(configuration(after), now) if row.changes}


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        ({"a": 1}, {"a": 1}, set()),
        ({"a": 1}, {"a": 2}, {"a"}),
        ({"a": 1}, {"a": True}, {"a"}),
        ({"a": 1}, {"a": 1.0}, {"a"}),
        ({"a": {"b": 1, "c": 1}}, {"a": {"b": 1, "c": 2}}, {"a.c"}),
        ({}, {"a": {"b": 1, "c": {}}}, {"a.b", "a.c"}),
        ({"a": {"b": 1}}, {}, {"a.b"}),
        ({"a": [1, 2]}, {"a": [2, 1]}, {"a"}),
        ({"a": {"b": 1}}, {"a": 1}, {"a", "a.b"}),
        ({"a.b": 1}, {"a.b": 2}, {'"a.b"'}),
        ({"a": Secret("env:A", "x")}, {"a": Secret("file:/a", "x")}, {"a"}),
        ({"a": Secret("env:A", "x")}, {"a": Secret("env:A", "y")}, {"a"}),
        ({"a": Secret("env:A", "x")}, {"a": "x"}, {"a"}),
        ({"a": [Secret("env:A", "x")]}, {"a": [Secret("env:A", "y")]}, {"a"}),
    ],
)
def test_what_changes_is_told_by_key(before, after, changed):
    assert changed_keys(before, after) == changed


SETTINGS = st.recursive(
    st.integers(0, 2) | st.lists(st.integers(0, 1), max_size=2),
    lambda below: st.dictionaries(st.sampled_from("abc"), below, max_size=3),
    max_leaves=6,
)
WHOLE = st.dictionaries(st.sampled_from("abc"), SETTINGS, max_size=3)


@given(WHOLE, WHOLE)
def test_changes_are_the_same_in_both_directions_and_none_where_nothing_differs(one, other):
    assert changed_keys(one, other) == changed_keys(other, one)
    assert bool(changed_keys(one, other)) == (one != other)
