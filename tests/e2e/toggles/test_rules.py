# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An app's own OpenFeature SDK goes by rules, shared rules, schedules and the kill switch that the module wrote."""

from __future__ import annotations

import datetime
import os
import pathlib
import typing as t

import pytest
from openfeature.evaluation_context import EvaluationContext

from ansible_collections.progressive.delivery.plugins.module_utils._toggles.schema.targeting import TARGETING
from ansible_collections.progressive.delivery.tests.e2e.toggles.app import wait_until
from ansible_collections.progressive.delivery.tests.module_call import Failed, call

VARIANTS = {"on": "new", "off": "old", "third": "other"}


def var(name: str) -> dict[str, str]:
    return {"var": name}


TAGS_OF_LENGTH = {"==": [{"var": ""}, "beta"]}
# By operator: a condition, attributes that meet it, and attributes that do not.
OPERATORS: list[tuple[str, dict[str, t.Any], dict[str, t.Any], dict[str, t.Any]]] = [
    ("var", var("beta"), {"beta": True}, {}),
    ("missing", {"missing": ["email"]}, {}, {"email": "a@example.com"}),
    ("missing_some", {"missing_some": [1, ["email", "phone"]]}, {}, {"phone": "1"}),
    ("if", {"if": [var("a"), var("b"), var("c")]}, {"a": True, "b": True}, {"a": False, "b": True}),
    ("==", {"==": [var("plan"), "gold"]}, {"plan": "gold"}, {"plan": "free"}),
    ("===", {"===": [var("seats"), 5]}, {"seats": 5}, {"seats": 6}),
    ("!=", {"!=": [var("plan"), "free"]}, {"plan": "gold"}, {"plan": "free"}),
    ("!==", {"!==": [var("plan"), "free"]}, {"plan": "gold"}, {"plan": "free"}),
    (">", {">": [var("age"), 17]}, {"age": 18}, {"age": 17}),
    (">=", {">=": [var("age"), 18]}, {"age": 18}, {"age": 17}),
    ("<", {"<": [1, var("age"), 10]}, {"age": 5}, {"age": 10}),
    ("<=", {"<=": [1, var("age"), 10]}, {"age": 10}, {"age": 11}),
    ("%", {"==": [{"%": [var("shard"), 4]}, 1]}, {"shard": 9}, {"shard": 8}),
    ("/", {"==": [{"/": [var("cents"), 100]}, 5]}, {"cents": 500}, {"cents": 600}),
    ("*", {"==": [{"*": [var("width"), var("height")]}, 6]}, {"width": 2, "height": 3}, {"width": 2, "height": 4}),
    ("+", {"==": [{"+": [var("a"), var("b")]}, 5]}, {"a": 2, "b": 3}, {"a": 2, "b": 4}),
    ("-", {"==": [{"-": [var("a"), var("b")]}, 1]}, {"a": 3, "b": 2}, {"a": 3, "b": 3}),
    ("max", {">": [{"max": [var("a"), var("b")]}, 5]}, {"a": 1, "b": 6}, {"a": 1, "b": 5}),
    ("min", {">": [{"min": [var("a"), var("b")]}, 5]}, {"a": 7, "b": 6}, {"a": 7, "b": 5}),
    (
        "merge",
        {"in": ["x", {"merge": [var("mine"), var("theirs")]}]},
        {"mine": ["x"], "theirs": []},
        {"mine": ["y"], "theirs": ["z"]},
    ),
    (
        "cat",
        {"==": [{"cat": [var("land"), "-", var("tongue")]}, "ch-de"]},
        {"land": "ch", "tongue": "de"},
        {"land": "ch", "tongue": "fr"},
    ),
    ("or", {"or": [var("a"), var("b")]}, {"a": False, "b": True}, {"a": False, "b": False}),
    ("and", {"and": [var("a"), var("b")]}, {"a": True, "b": True}, {"a": True, "b": False}),
    ("!", {"!": [var("banned")]}, {"banned": False}, {"banned": True}),
    ("!!", {"!!": [var("name")]}, {"name": "ada"}, {"name": ""}),
    ("map", {"in": [4, {"map": [var("sizes"), {"*": [var(""), 2]}]}]}, {"sizes": [1, 2]}, {"sizes": [1, 3]}),
    ("filter", {"!!": [{"filter": [var("sizes"), {">": [var(""), 2]}]}]}, {"sizes": [1, 3]}, {"sizes": [1, 2]}),
    ("all", {"all": [var("tags"), TAGS_OF_LENGTH]}, {"tags": ["beta"]}, {"tags": ["beta", "a"]}),
    ("none", {"none": [var("tags"), TAGS_OF_LENGTH]}, {"tags": ["a"]}, {"tags": ["beta", "a"]}),
    ("some", {"some": [var("tags"), TAGS_OF_LENGTH]}, {"tags": ["beta", "a"]}, {"tags": ["a"]}),
    (
        "reduce",
        {"==": [{"reduce": [var("sizes"), {"+": [var("current"), var("accumulator")]}, 0]}, 6]},
        {"sizes": [1, 2, 3]},
        {"sizes": [1, 2]},
    ),
    ("in", {"in": [var("land"), ["ch", "de"]]}, {"land": "ch"}, {"land": "fr"}),
    ("substr", {"==": [{"substr": [var("number"), 0, 3]}, "+41"]}, {"number": "+41 44"}, {"number": "+49 30"}),
    ("starts_with", {"starts_with": [var("path"), "/beta"]}, {"path": "/beta/x"}, {"path": "/x/beta"}),
    (
        "ends_with",
        {"ends_with": [var("email"), "@example.com"]},
        {"email": "a@example.com"},
        {"email": "a@example.org"},
    ),
    ("sem_ver", {"sem_ver": [var("version"), ">=", "2.1.0"]}, {"version": "2.10.0"}, {"version": "2.0.9"}),
    ("fractional", {"==": [{"fractional": [var("shard"), ["yes", 1], ["no", 0]]}, "yes"]}, {"shard": "a"}, {}),
]
VERSIONS = [
    ("=", "2.1.0", "2.1.1"),
    ("!=", "2.1.1", "2.1.0"),
    (">", "2.1.1", "2.1.0"),
    ("<", "2.1.0-rc.1", "2.1.0"),
    (">=", "2.1.0", "2.0.9"),
    ("<=", "2.1.0", "2.1.1"),
    ("~", "2.1.9", "2.2.0"),
    ("^", "2.9.0", "3.0.0"),
]


def operators_of(schema: t.Mapping[str, t.Any]) -> set[str]:
    return {name for part in schema["definitions"].values() for name in part.get("properties", {})}


@pytest.fixture
def path(tmp_path: pathlib.Path) -> str:
    file = str(tmp_path / "flags.json")
    toggle(file, variants=VARIANTS, default_variant="off")
    return file


def toggle(path: str, **options: t.Any) -> dict[str, t.Any]:
    return call("feature_toggle", path=path, name="new", **options)


@pytest.fixture
def gets(path: str, read: t.Any) -> t.Callable[..., str]:
    """Says what someone gets from an app that started when this was asked first; a flag that cannot be read is told."""
    client = None

    def asked(key: str | None = "ada", **attributes: t.Any) -> str:
        nonlocal client
        client = client or read(path)
        details = client.get_string_details("new", "neither", EvaluationContext(key, attributes))
        assert details.error_code is None, details.error_message
        return t.cast("str", details.value)

    return asked


def in_seconds(seconds: float) -> str:
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)).isoformat()


def test_every_operator_of_flagd_is_tried() -> None:
    assert {name for name, *_rest in OPERATORS} == operators_of(TARGETING)


@pytest.mark.parametrize(
    ("when", "meets", "does_not"), [row[1:] for row in OPERATORS], ids=[row[0] for row in OPERATORS]
)
def test_a_rule_with_any_operator_fits_whom_it_is_meant_for(path, gets, when, meets, does_not):
    toggle(path, rules=[{"when": when, "variant": "on"}])

    assert gets(**meets) == "new"
    assert gets(**does_not) == "old"


@pytest.mark.parametrize(("operator", "meets", "does_not"), VERSIONS, ids=[row[0] for row in VERSIONS])
def test_versions_are_compared_as_versions(path, gets, operator, meets, does_not):
    toggle(path, rules=[{"when": {"sem_ver": [var("version"), operator, "2.1.0"]}, "variant": "on"}])

    assert gets(version=meets) == "new"
    assert gets(version=does_not) == "old"
    assert gets() == "old"


def test_a_rule_may_give_several_variants_by_share(path, gets):
    weights = [["on", 25], ["off", 25], ["third", 50]]
    toggle(path, rules=[{"when": var("beta"), "variant": {"fractional": weights}}])
    users = [f"user-{number}" for number in range(20_000)]
    found = [gets(user, beta=True) for user in users]

    for variant, weight in weights:
        share = weight / 100
        assert abs(found.count(VARIANTS[variant]) - 20_000 * share) <= 4 * (20_000 * share * (1 - share)) ** 0.5
    assert {gets(user) for user in users[:100]} == {"old"}


def test_rules_stand_beside_the_share_and_named_keys_before_both(path, gets):
    toggle(
        path,
        variant="on",
        percent=100,
        allow=["ada"],
        deny=["bob"],
        rules=[{"when": var("beta"), "variant": "third"}],
    )

    assert [gets(key, beta=True) for key in ("ada", "bob", "eve", None)] == ["new", "old", "other", "other"]
    assert [gets(key) for key in ("ada", "bob", "eve", None)] == ["new", "old", "new", "old"]


def test_a_shared_rule_holds_for_every_flag_that_refers_to_it_and_is_changed_in_one_place(path, gets):
    staff = {"ends_with": [var("email"), "@example.com"]}
    rules = [{"when": {"and": [{"$ref": "staff"}, var("beta")]}, "variant": "on"}]
    toggle(path, rules=rules, evaluators={"staff": staff, "unused": var("a")})
    assert gets(email="a@example.com", beta=True) == "new"
    assert gets(email="a@example.com") == gets(email="a@example.org", beta=True) == "old"
    toggle(path, evaluators={"staff": {"ends_with": [var("email"), "@example.org"]}})

    wait_until(lambda: gets(email="a@example.org", beta=True) == "new")
    assert gets(email="a@example.com", beta=True) == "old"


def test_a_schedule_begins_and_ends_without_a_writer(path, gets):
    toggle(path, variant="on", percent=100, **{"from": in_seconds(3600), "until": in_seconds(7200)})
    assert gets() == "old"
    toggle(path, **{"from": in_seconds(-10), "until": in_seconds(3600)})
    wait_until(lambda: gets() == "new")
    toggle(path, until=in_seconds(3))
    written = os.stat(path).st_mtime_ns
    wait_until(lambda: gets() == "old")
    assert os.stat(path).st_mtime_ns == written
    toggle(path, **{"from": in_seconds(3), "until": ""})
    written = os.stat(path).st_mtime_ns
    wait_until(lambda: gets() == "new")
    assert os.stat(path).st_mtime_ns == written


def test_a_killed_flag_leaves_the_app_with_its_own_default_until_that_is_undone(path, read):
    toggle(path, default_variant="on", rules=[{"when": var("beta"), "variant": "third"}])
    client = read(path)

    def got() -> str:
        return client.get_string_value("new", "its own", EvaluationContext("ada", {"beta": True}))

    assert got() == "other"
    toggle(path, killed=True)
    wait_until(lambda: got() == "its own")
    toggle(path, state="enabled", rules=[{"when": var("beta"), "variant": "off"}])
    call("feature_toggle", path=path, name="later", variants={"on": True}, default_variant="on")
    # The app has read all that was written before.
    wait_until(lambda: client.get_boolean_value("later", False))
    assert got() == "its own"
    toggle(path, killed=False)
    wait_until(lambda: got() == "old")


def test_a_flag_that_went_back_gives_what_it_gave(path, gets):
    first = toggle(path, variant="on", percent=100)["revision"]
    toggle(path, rules=[{"when": var("beta"), "variant": "third"}])
    assert gets(beta=True) == "other"
    toggle(path, rollback=first)

    wait_until(lambda: gets(beta=True) == "new")


def test_an_app_finds_the_environment_and_the_owner_beside_each_evaluation(path, read):
    toggle(path, owner="search team", environment="staging")
    details = read(path).get_string_details("new", "neither", EvaluationContext("ada"))

    assert (details.flag_metadata["environment"], details.flag_metadata["owner"]) == ("staging", "search team")


def test_a_rule_that_would_break_the_file_for_readers_changes_nothing(path, gets):
    with pytest.raises(Failed):
        toggle(path, rules=[{"when": {"$ref": "nowhere"}, "variant": "on"}])
    with pytest.raises(Failed):
        toggle(path, evaluators={"staff": {"ends_with": [var("email"), "@exämple.com"]}})

    assert gets() == "old"
