# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``rollout`` as a playbook calls it: what it answers, and what it writes."""

from __future__ import annotations

import pytest

from ansible_collections.progressive.delivery.tests.module_call import Failed
from ansible_collections.progressive.delivery.tests.unit.plugins.modules.shop import BOB

# -- whole walks ---------------------------------------------------------------


def test_a_delivery_goes_from_blue_to_green(shop):
    answer = shop.open(bake=40)
    assert (answer["changed"], answer["action"]["kind"], answer["action"]["pool"]) == (True, "deploy", "green")
    assert answer["say"].startswith("shop 1.0 → 1.1 [1/5] deploy")

    answer = shop.report()
    assert (answer["action"]["kind"], answer["action"]["pool"], answer["action"]["checks"]) == (
        "validate",
        "green",
        "ready",
    )
    answer = shop.report()
    assert answer["action"]["kind"] == "shift"
    assert answer["action"]["shares"] == {"blue": 0, "green": 10000}
    assert answer["action"]["split"] == {"blue": 0, "green": 100}

    answer = shop.report()
    assert (answer["action"]["kind"], answer["action"]["seconds"], answer["action"]["checks"]) == ("bake", 30, "bake")
    shop.clock.now += 30
    assert shop.report()["action"]["seconds"] == 10
    shop.clock.now += 10
    answer = shop.report()
    assert (answer["action"]["kind"], answer["action"]["pool"]) == ("drain", "blue")

    answer = shop.report()
    assert (answer["action"]["seq"], answer["action"]["kind"], answer["action"]["result"]) == (7, "end", "succeeded")
    assert answer["say"] == "shop 1.0 → 1.1 succeeded."
    assert answer["rollout"]["ended_at"] == shop.clock.now
    entries = shop.info()["rollout"]["entries"]
    assert [entry["kind"] for entry in entries if entry["what"] == "outcome"] == [
        "deploy",
        "validate",
        "shift",
        "bake",
        "bake",
        "drain",
    ]
    assert shop.info()["lock"] is None


def test_a_release_that_is_not_healthy_is_rolled_back(shop):
    shop.open()
    shop.report()
    reports = {"app3": {"seq": 2, "result": "succeeded"}, "app4": {"seq": 2, "result": "failed", "reason": "HTTP 503"}}
    answer = shop.report(reports=reports)

    assert (answer["action"]["kind"], answer["action"]["result"]) == ("end", "rolled_back")
    assert answer["rollout"]["status"] == "rolled_back"
    assert answer["say"] == "shop 1.0 → 1.1 rolled_back: validate failed: app4: HTTP 503."
    assert answer["rollout"]["reason"] == "validate failed: app4: HTTP 503"
    assert shop.info()["lock"] is None


def canary(*steps):
    return {"strategy": "canary", "steps": list(steps)}


DEPLOYED = ["deploy", "validate"]
SHIFTED = [*DEPLOYED, "shift"]


@pytest.mark.parametrize(
    ("options", "results", "kinds", "result"),
    [
        ({"bake": 0}, {}, [*SHIFTED, "drain"], "succeeded"),
        ({"bake": 0, "preview": True}, {}, [*SHIFTED, "shift", "drain"], "succeeded"),
        ({"bake": 0, "promotion_checks": True}, {}, [*DEPLOYED, "validate", "shift", "drain"], "succeeded"),
        ({"bake": 0, "promotion_bake": 9}, {}, [*DEPLOYED, "bake", "shift", "drain"], "succeeded"),
        (
            {"promotion_bake": 9, "preview": True},
            {"bake": "failed"},
            [*SHIFTED, "bake", "shift", "drain"],
            "rolled_back",
        ),
        ({"gate": True}, {}, DEPLOYED, "paused"),
        ({"bake": 0, **canary({"share": 5})}, {}, [*SHIFTED, "shift", "drain"], "succeeded"),
        (
            {
                "bake": 0,
                **canary({"share": 5}, {"pause": "9"}, {"analysis": "errors", "seconds": 20}, {"share": 50.25}),
            },
            {},
            [*SHIFTED, "bake", "analyse", "validate", "shift", "shift", "drain"],
            "succeeded",
        ),
        (canary({"share": 5}, {"pause": "until_promoted"}), {}, SHIFTED, "paused"),
        (
            canary({"share": 5}, {"analysis": "errors"}),
            {"analyse": "failed"},
            [*SHIFTED, "analyse", "validate", "shift", "drain"],
            "rolled_back",
        ),
        (canary({"share": 5}, {"analysis": "errors"}), {"analyse": "inconclusive"}, [*SHIFTED, "analyse"], "paused"),
        (
            canary({"share": 5}, {"task_file": "/announce.yml"}, {"health": "deep"}),
            {"tasks": "failed"},
            [*SHIFTED, "tasks", "validate", "shift", "drain"],
            "rolled_back",
        ),
        ({"bake": 0, "warm": 0}, {}, [*SHIFTED, "drain", "retire"], "succeeded"),
        ({"bake": 0, "warm": 100}, {}, [*SHIFTED, "drain"], "succeeded"),
        ({"bake": 5}, {"bake": "failed"}, [*SHIFTED, "bake", "validate", "shift", "drain"], "rolled_back"),
        ({"bake": 5}, {"bake": "inconclusive"}, [*SHIFTED, "bake"], "paused"),
        ({"bake": 5, "irreversible": True}, {"bake": "failed"}, [*SHIFTED, "bake"], "frozen"),
        ({"stop_on_abort": True}, {"validate": "failed"}, [*DEPLOYED, "retire"], "rolled_back"),
        ({"error_limit": 1}, {"validate": "error"}, [*DEPLOYED, "validate"], "paused"),
        ({"progress_deadline": 1.5}, {"validate": "error"}, [*DEPLOYED, "validate"], "rolled_back"),
        ({"progress_deadline": 0, "error_limit": 1}, {"validate": "error"}, [*DEPLOYED, "validate"], "paused"),
    ],
)
def test_options_shape_the_walk(shop, options, results, kinds, result):
    shop.open(**options)

    assert shop.walk(results) == [*kinds, "end"]
    assert shop.answer["action"]["result"] == result


def test_a_host_that_does_not_report_fails_the_deploy(shop):
    shop.open()
    answer = shop.report(reports={"app3": {"seq": 1, "result": "succeeded"}, "app4": {}})

    assert answer["action"]["result"] == "rolled_back"
    assert answer["action"]["reason"] == "deploy failed: app4: no report: unreachable or lost"


# -- commands of a person ------------------------------------------------------


def test_promote_opens_the_gate(shop):
    shop.open(bake=0, gate=True)
    shop.walk({})
    assert "promote playbook" in shop.answer["say"]

    assert shop.open("promote")["action"]["kind"] == "validate"
    assert shop.walk({}) == ["validate", "shift", "drain", "end"]
    assert shop.answer["action"]["result"] == "succeeded"


def test_a_pause_is_heeded_after_the_step_and_resume_goes_on(shop):
    shop.open(bake=0)
    paused = shop.ask("pause")
    assert (paused["changed"], paused["rollout"]["request"]) == (True, "pause")
    assert paused["diff"]["before"] == {**paused["rollout"], "request": None, "request_step": None}
    assert paused["diff"]["after"] == paused["rollout"]

    answer = shop.report()
    assert (answer["action"]["kind"], answer["action"]["result"]) == ("end", "paused")
    assert answer["rollout"]["reason"] == "an operator asked for a pause"
    assert shop.open("resume")["action"]["kind"] == "validate"


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_pause_that_is_asked_for_already_is_no_change(shop, check_mode):
    shop.open()
    shop.ask("pause")
    before = shop.tree()
    again = shop.ask("pause", check_mode=check_mode)

    assert (again["changed"], again["rollout"]["request"]) == (False, "pause")
    assert again["diff"]["before"] == again["diff"]["after"]
    assert shop.tree() == before


def test_resume_does_again_what_was_interrupted(shop):
    shop.open()
    answer = shop.say("resume")

    assert (answer["action"]["seq"], answer["action"]["kind"]) == (2, "deploy")
    assert "interrupted" in [entry["what"] for entry in shop.info()["rollout"]["entries"]]


def test_resume_retires_the_old_pool_once_its_warm_time_is_over(shop):
    shop.open(bake=0, warm=100)
    shop.walk({})

    assert shop.open("resume")["action"]["result"] == "unchanged"
    shop.clock.now += 100
    assert (shop.open("resume")["action"]["kind"], shop.answer["action"]["pool"]) == ("retire", "blue")


def test_rollback_turns_the_delivery_under_way_round(shop):
    shop.open()
    shop.walk({"bake": "inconclusive"})
    assert shop.shares == {"blue": 0, "green": 10000}

    shop.open("rollback")
    assert shop.walk({}) == ["validate", "shift", "drain", "end"]
    assert shop.answer["action"]["result"] == "rolled_back"
    assert shop.shares == {"blue": 10000, "green": 0}


@pytest.mark.parametrize(("later", "first"), [(100, "shift"), (101, "deploy")])
def test_rollback_after_the_end_deploys_only_outside_its_window(shop, later, first):
    shop.open(bake=0)
    shop.walk({})
    shop.clock.now += later

    answer = shop.open("rollback", rollback_window=100)
    assert (answer["action"]["kind"], answer["action"]["pool"]) == (first, "blue")
    assert (answer["rollout"]["from_release"], answer["rollout"]["to_release"]) == ("1.1", "1.0")


def test_abandon_ends_the_rollout_as_it_is(shop):
    shop.open()
    answer = shop.say("abandon")

    assert (answer["changed"], answer["action"]["result"]) == (True, "abandoned")
    assert answer["action"]["reason"] == "abandoned by an operator; pool blue serves"
    assert shop.info()["lock"] is None


def test_keep_limits_the_journal(shop):
    for release in ("1.1", "1.2", "1.3"):
        shop.open(release=release, bake=0)
        while shop.answer["action"]["kind"] != "end":
            shop.report(keep=2)
        shop.clock.now += 1

    assert [name.split("-")[1] for name in shop.info()["history"]] == ["1.2", "1.3"]


def test_what_serves_already_is_not_begun(shop):
    shop.open(bake=0)
    shop.walk({})
    before = shop.tree()
    answer = shop.open()

    assert (answer["changed"], answer["action"]["result"]) == (False, "unchanged")
    assert answer["action"]["reason"] == "release 1.1 serves already, from pool green"
    assert answer["diff"]["before"] == answer["diff"]["after"]
    assert shop.tree() == before


@pytest.mark.parametrize(
    ("command", "says"), [("resume", "has no rollout"), ("rollback", "1.0 serves, from pool blue")]
)
def test_nothing_left_to_do_is_no_change(shop, command, says):
    if command == "rollback":
        shop.open()
        shop.walk({"validate": "failed"})
    answer = shop.open(command)

    assert (answer["changed"], answer["action"]["result"]) == (False, "unchanged")
    assert says in answer["say"]


# -- the way back of a delivery that has ended ---------------------------------


def test_a_way_back_that_fails_says_what_serves_and_is_tried_again(shop):
    shop.open(bake=0)
    shop.walk({})
    shop.open("rollback")
    assert shop.walk({"shift": "failed", "validate": "failed"})[-1] == "end"
    assert shop.answer["action"]["result"] == "rolled_back"
    assert "1.1 still serves" in shop.answer["say"]
    assert "run the rollback playbook again" in shop.answer["say"]

    shop.open("rollback")
    assert shop.answer["rollout"]["to_release"] == "1.0"
    assert shop.walk({}) == ["deploy", "validate", "shift", "drain", "end"]
    assert shop.shares == {"blue": 10000, "green": 0}


def test_a_way_back_that_was_abandoned_is_not_taken_for_done(shop):
    shop.open(bake=0)
    shop.walk({})
    shop.clock.now += 1
    shop.open("rollback", rollback_window=0)
    shop.walk({"validate": "inconclusive"})
    assert shop.open("abandon")["action"]["result"] == "abandoned"

    assert shop.open("rollback")["action"]["kind"] == "deploy"


def test_a_second_rollback_does_not_turn_the_first_one_round(shop):
    shop.open(bake=0)
    shop.walk({})
    shop.open("rollback")
    shop.report()
    with pytest.raises(Failed, match="held by alice"):
        shop.lock(owner=BOB, lock_wait=1, ask="rollback")
    assert shop.walk({})[-1] == "end"

    assert shop.answer["action"]["result"] == "succeeded"
    assert shop.shares == {"blue": 10000, "green": 0}


def test_an_irreversible_release_is_not_frozen_because_somebody_asks_for_a_rollback(shop):
    shop.open(bake=0, irreversible=True)
    while not shop.shares["green"]:
        shop.report()
    with pytest.raises(Failed, match="held by alice"):
        shop.lock(owner=BOB, lock_wait=1, ask="rollback")

    assert shop.walk({})[-1] == "end"
    assert shop.answer["action"]["result"] == "succeeded"


def test_a_report_that_an_earlier_rollout_left_behind_is_none(shop):
    shop.open()
    reports = {name: {"rollout": "earlier", "seq": 1, "result": "succeeded"} for name in shop.fleet["green"]}
    shop.report("failed", reports=reports)

    assert "no report" in shop.answer["rollout"]["reason"]


def test_a_long_bake_is_watched_in_few_actions_within_the_lease(shop):
    shop.open(bake=7200, lease=300)
    kinds = shop.walk({})

    assert kinds.count("bake") == 120
    assert shop.answer["action"]["result"] == "succeeded"


def test_a_new_release_takes_the_place_of_a_canary_that_waits(shop):
    shop.open(**canary({"share": 25}, {"pause": "until_promoted"}))
    shop.walk({})
    waiting = shop.answer["rollout"]["id"]
    shop.fleet["green"] = dict.fromkeys(shop.fleet["green"], "1.1")

    shop.open(release="1.2", supersede=True, bake=0, **canary({"share": 5}))
    assert shop.info(id=waiting)["rollout"]["status"] == "superseded"
    assert shop.walk({}) == ["validate", "shift", "drain", "deploy", "validate", "shift", "shift", "drain", "end"]
    assert shop.answer["say"].startswith("shop 1.0 → 1.2 succeeded")


def test_the_run_under_way_is_asked_to_skip_once(shop):
    shop.open(**canary({"share": 25}, {"pause": "600"}))

    assert shop.ask("skip", check_mode=True)["changed"]
    assert shop.ask("skip")["changed"]
    assert not shop.ask("skip")["changed"]
    assert shop.ask("skip", full=True)["rollout"]["request"] == "skip_all"


def test_what_an_analysis_hands_on_is_kept_and_not_shown_as_a_difference(shop):
    shop.open(**canary({"share": 5}, {"analysis": "errors", "seconds": 90}))
    while shop.answer["action"]["kind"] != "analyse":
        shop.clock.now += 1.0
        shop.report()

    shop.clock.now += 30.0
    seq = shop.answer["action"]["seq"]
    seen = {"seq": seq, "result": "succeeded", "analysis": {"likelihood": "AAAA"}}
    answer = shop.report(reports={"app3": seen, "app4": seen})

    assert answer["action"]["kind"] == "analyse"
    assert answer["rollout"]["analysis"] == {"likelihood": "AAAA"}
    assert "AAAA" not in str(answer["diff"])
