# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module tells what is in force, what has drifted and what a promotion changes, and no secret."""

from __future__ import annotations

import json

import pytest

from ansible_collections.progressive.delivery.tests.module_call import Failed, call, everything_told


def layers(environment, **settings):
    base = {"database": {"host": "db", "password": {"$secret": "ansible:database"}}, "workers": 2}
    return [
        {"name": "base", "path": "base.json", "content": json.dumps(base)},
        {"name": environment, "path": f"{environment}.json", "content": json.dumps(settings)},
    ]


@pytest.fixture
def shop(tmp_path):
    def options(**further):
        return {"app": "shop", "environment": "production", "state_directory": str(tmp_path / "state"), **further}

    return options


@pytest.fixture
def declared(shop, tmp_path):
    def options(**settings):
        return shop(
            layers=layers("production", **settings),
            renders=[{"path": str(tmp_path / "app.json"), "format": "json"}],
            secrets={"ansible": {"database": "s3cret"}},
        )

    return options


def test_a_host_without_a_configuration_has_none(shop):
    told = call("environment_info", **shop())

    assert (told["current"], told["previous"], told["revisions"], told["drifted"]) == (None, None, [], False)


def test_the_revisions_are_told_with_the_releases_that_they_were_in_force_with(shop, declared, tmp_path):
    call("environment", **declared(), release="1.0", rollout="r-1")
    call("environment", **declared(), release="1.1")
    call("environment", **declared(workers=4), release="1.2")
    told = call("environment_info", **shop())

    assert [(one["revision"], one["release"], one["releases"], one["rollout"]) for one in told["revisions"]] == [
        (1, "1.0", ["1.0", "1.1"], "r-1"),
        (2, "1.2", ["1.2"], None),
    ]
    assert told["current"] == told["revisions"][1]
    assert told["current"]["files"] == [str(tmp_path / "app.json")]
    assert told["previous"] == 1


def test_what_was_edited_and_what_is_declared_otherwise_since_are_told_apart(shop, declared, tmp_path):
    call("environment", **declared(log="info"))
    file = tmp_path / "app.json"
    edited = json.loads(file.read_text())
    edited["database"] = {"host": "mine", "password": "hunter2"}
    file.write_text(json.dumps(edited))
    told, everything = everything_told("environment_info", **declared(log="info", workers=4))

    assert [(one["key"], one["declared"], one["actual"], one["cause"]) for one in told["drift"]] == [
        ("database.host", "db", "mine", "edited"),
        ("database.password", "(secret)", "(another secret)", "edited"),
        ("workers", 4, 2, "pending"),
    ]
    assert [row["key"] for row in told["changes"]] == ["workers"]
    assert {one["cause"] for one in call("environment_info", **shop())["drift"]} == {"edited"}
    assert "s3cret" not in everything
    assert "hunter2" not in everything


def test_a_file_that_is_gone_and_one_that_is_no_more_declared_are_told(shop, declared, tmp_path):
    call("environment", **declared())
    (tmp_path / "app.json").unlink()

    assert [(one["kind"], one["actual"]) for one in call("environment_info", **shop())["drift"]] == [
        ("file", "(missing)")
    ]
    call("environment", **declared())
    other = {**declared(), "renders": [{"path": str(tmp_path / "other.json"), "format": "json"}]}
    assert [(one["declared"], one["cause"]) for one in call("environment_info", **other)["drift"]] == [
        ("(there)", "pending"),
        ("(none)", "pending"),
    ]


def test_a_promotion_tells_what_changes_and_in_what_the_environments_will_differ(declared):
    call("environment", **declared(workers=4, theme="old"))
    staging = layers("staging", workers=1, theme="new", database={"password": {"$secret": "vault:staging#password"}})
    options = declared(workers=4, theme="new")
    told = call("environment_info", **options, promoted_from={"environment": "staging", "layers": staging})

    assert [
        (row["key"], row["elsewhere"], row["now"], row["then"], row["changes"], row["differs"])
        for row in told["changes"]
    ] == [
        (
            "database.password",
            "(secret: vault:staging#password)",
            "(secret: ansible:database)",
            "(secret: ansible:database)",
            False,
            True,
        ),
        ("theme", "new", "old", "new", True, False),
        ("workers", 1, 4, 4, False, True),
    ]


def test_a_promotion_needs_layers_to_be_held_against(shop):
    with pytest.raises(Failed, match="promoted_from: it needs layers"):
        call("environment_info", **shop(), promoted_from={"environment": "staging", "layers": layers("staging")})


def test_a_promotion_leaves_out_what_a_host_has_for_the_environment_promoted_to(declared):
    host = {"name": "hosts/web", "path": "hosts/web.json", "content": '{"$environment": "production", "workers": 9}'}
    everywhere = {"name": "hosts/web-2", "path": "hosts/web-2.json", "content": '{"theme": "dark"}'}
    options = declared()
    options["layers"] += [host, everywhere]
    staging = [*layers("staging"), host, everywhere]
    told = call("environment_info", **options, promoted_from={"environment": "staging", "layers": staging})

    assert [(row["key"], row["elsewhere"], row["then"]) for row in told["changes"] if row["differs"]] == [
        ("workers", 2, 9)
    ]
    wrong = layers("staging", **{"$environment": "production"})
    with pytest.raises(Failed, match=r"staging\.json is made for production, and this is staging"):
        call("environment_info", **options, promoted_from={"environment": "staging", "layers": wrong})


@pytest.mark.parametrize("damage", ["record.json", "files/0"])
def test_what_is_kept_of_the_revision_in_force_being_damaged_counts_as_drift(shop, declared, tmp_path, damage):
    call("environment", **declared(), release="1.0")
    revision = tmp_path / "state/shop/production/revisions/1"
    (revision / damage).write_text("{")

    for options in (shop(), declared()):
        told = call("environment_info", **options)
        assert told["drifted"] is True
        assert (told["drift"][0]["path"], told["drift"][0]["kind"]) == (str(revision), "record")
        assert told["damaged"] == ([1] if damage == "record.json" else [])


def test_a_release_whose_configuration_is_gone_is_told_from_one_that_had_none(shop, declared):
    for number in range(4):
        call("environment", **declared(workers=number), release=f"1.{number}", keep=1)
    told = call("environment_info", **shop())

    assert told["releases"] == ["1.3", "1.2", "1.1", "1.0"]
    assert [one["releases"] for one in told["revisions"]] == [["1.2"], ["1.3"]]
