# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``rollout_info`` as a playbook calls it: reads the journal and writes nothing."""

from __future__ import annotations

import json

import pytest
import yaml

from ansible_collections.progressive.delivery.plugins.modules import rollout_info
from ansible_collections.progressive.delivery.tests.module_call import Failed, call


def test_an_app_that_was_never_delivered_has_nothing(shop):
    assert shop.info() == {"changed": False, "rollout": None, "lock": None, "held": "", "history": []}
    assert shop.tree() == {}


@pytest.mark.parametrize("check_mode", [True, False])
def test_reading_writes_nothing(shop, check_mode):
    shop.open()
    before = shop.tree()

    assert not shop.info(check_mode=check_mode)["changed"]
    assert shop.tree() == before


def test_what_is_documented_is_returned(shop):
    shop.open()
    documented = yaml.safe_load(rollout_info.RETURN)
    result = shop.info(alert_began="2026-11-27T14:31:27.5Z")

    assert set(result) - {"changed"} == set(documented) - {"error"}
    assert set(documented["blame"]["contains"]) == set(result["blame"])
    assert set(documented["rollout"]["contains"]) <= set(result["rollout"])
    assert set(documented["lock"]["contains"]) == set(result["lock"])


def test_the_token_of_the_lock_is_not_told(shop):
    shop.open()

    assert shop.token not in json.dumps(shop.info())


def test_the_rollout_under_way_is_told_with_its_journal(shop):
    shop.open()
    shop.clock.now += 5
    shop.report()
    told = shop.info()["rollout"]

    assert (told["status"], told["reason"]) == ("running", "")
    assert (told["from_release"], told["to_release"]) == ("1.0", "1.1")
    assert [(entry["at"] - told["created_at"], entry["what"], entry["kind"]) for entry in told["entries"]] == [
        (0, "begin", ""),
        (0, "intent", "deploy"),
        (5, "outcome", "deploy"),
        (5, "intent", "validate"),
    ]


def test_the_lock_says_who_holds_it_and_for_how_long(shop):
    shop.lock(lease=60)
    shop.clock.now += 20
    result = shop.info()

    assert result["lock"]["owner"] == {"name": "alice", "host": "control", "run": "job 42"}
    assert result["held"] == (
        "held by alice on control (job 42) since 2027-01-15T08:00:00Z, last seen 20 s ago, its lease ends in 40 s"
    )


def test_an_earlier_rollout_is_told_by_its_id(shop):
    for release in ("1.1", "1.2"):
        shop.open(release=release, bake=0)
        shop.walk({})
    first, second = shop.info()["history"]

    assert shop.info()["rollout"]["id"] == second
    told = shop.info(id=first)["rollout"]
    assert (told["id"], told["to_release"]) == (first, "1.1")


@pytest.mark.parametrize(
    "options", [{"app": "../shop"}, {"app": "Shop"}, {"id": "../lock"}, {"id": "a/b"}, {"id": ""}], ids=str
)
def test_refused_a_name_with_a_path_in_it(shop, options):
    (name,) = options.values()
    with pytest.raises(Failed) as failure:
        call("rollout_info", **{"app": "shop", "state_dir": str(shop.state_dir), **options})

    assert failure.value.result["error"] == "invalid-option"
    assert f"'{name}'" in failure.value.result["msg"]


@pytest.mark.parametrize("name", ["../lock", "20270115T080000Z-1.1-abcdef", ""])
def test_an_id_that_names_no_rollout_is_told_as_that(shop, name):
    shop.open()
    with pytest.raises(Failed, match=f"id: '{name}' is not a rollout of this app") as failure:
        shop.info(id=name)

    assert failure.value.result["error"] == "invalid-option"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda content: content[:100], "is not a journal document"),
        (lambda content: content.replace("1800000000.0", "1800000001.0"), "is not what was written"),
        (lambda content: json.dumps({**json.loads(content), "schema": 99}), "has schema 99"),
    ],
    ids=["torn", "edited", "newer"],
)
@pytest.mark.parametrize(("what", "error"), [("rollout", "journal-corrupt"), ("lock", "lock-corrupt")])
def test_what_cannot_be_read_is_named_and_left(shop, what, error, change, says):
    shop.open()
    path = shop.journal() if what == "rollout" else shop.folder / "lock"
    changed = change(path.read_text())
    path.write_text(changed)
    with pytest.raises(Failed) as failure:
        shop.info()

    assert failure.value.result["error"] == ("journal-too-new" if "schema" in says else error)
    assert f"{path} {says}" in failure.value.result["msg"]
    assert path.read_text() == changed


def test_what_an_alert_is_about_is_asked_of_the_latest_rollout(shop):
    shop.open()
    assert "had given its release no traffic" in shop.info(alert_began="2099-01-01T00:00:00Z")["blame"]["reason"]
    with pytest.raises(Failed, match="alert_began: 'noon' is not such as"):
        shop.info(alert_began="noon")
