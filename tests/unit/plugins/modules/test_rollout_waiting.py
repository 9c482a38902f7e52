# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who waits for the lock of the module ``rollout``, and what is asked of the run that holds it meanwhile."""

from __future__ import annotations

import contextlib

import pytest

from ansible_collections.progressive.delivery.tests.module_call import Failed
from ansible_collections.progressive.delivery.tests.unit.plugins.modules.shop import BOB

CAROL = {"name": "carol", "host": "laptop", "run": "playbook"}
CANARY = {"strategy": "canary", "steps": [{"share": 25}, {"pause": "600"}]}
TO_1_2 = {"owner": BOB, "ask": "pause", "release": "1.2", "strategy": "canary"}
"""How a canary of 1.2 that takes the place of what is under way comes for the lock."""


def while_it_waits(shop, *happenings):
    """Let these happen one after the other, each as a run that waits for the lock looks the next time."""
    left = list(happenings)

    def sleep(seconds):
        shop.clock.now += seconds
        if left:
            left.pop(0)()

    shop.clock.sleep = sleep


def asked(shop):
    return shop.info()["rollout"]["request"]


def test_a_new_release_asks_the_run_under_way_to_pause_while_it_waits_and_the_same_release_does_not(shop):
    shop.open(**CANARY)
    for release, seen in (("1.1", None), ("1.2", "pause")):
        asks = []
        while_it_waits(shop, lambda asks=asks: asks.append(asked(shop)))
        with pytest.raises(Failed, match="held by alice"):
            shop.lock(**{**TO_1_2, "release": release}, lock_wait=1)
        assert asks == [seen]


def test_a_delivery_that_has_waited_in_vain_takes_its_request_back(shop):
    shop.open(**CANARY)
    with pytest.raises(Failed, match="held by alice"):
        shop.lock(**TO_1_2, lock_wait=1)

    assert asked(shop) is None
    assert shop.report()["action"]["kind"] == "validate"


def test_what_a_person_asks_for_stays_when_a_delivery_that_asked_for_it_too_gives_up(shop):
    shop.open(**CANARY)
    while_it_waits(shop, lambda: shop.ask("pause"))
    with pytest.raises(Failed, match="held by alice"):
        shop.lock(**TO_1_2, lock_wait=1)

    assert shop.report()["action"]["reason"] == "an operator asked for a pause"


def a_way_back(shop):
    shop.open(bake=0)
    shop.walk({})
    shop.open("rollback", rollback_window=0)


def the_first_delivery(shop):
    shop.fleet["blue"] = dict.fromkeys(shop.fleet["blue"])
    shop.open(**CANARY)


def an_irreversible_release_with_traffic(shop):
    shop.open(irreversible=True, **CANARY)
    while shop.answer["action"]["kind"] != "bake":
        shop.clock.now += 1
        shop.report()


def one_that_stops_the_old_pool(shop):
    shop.open(bake=0, warm=0)
    while shop.answer["action"]["kind"] != "retire":
        shop.clock.now += 1
        shop.report()


@pytest.mark.parametrize(
    "begin", [a_way_back, the_first_delivery, an_irreversible_release_with_traffic, one_that_stops_the_old_pool]
)
def test_a_delivery_that_may_not_take_the_place_of_what_is_under_way_does_not_pause_it(shop, begin):
    begin(shop)
    kind = shop.answer["action"]["kind"]
    asks = []
    while_it_waits(shop, lambda: asks.append(asked(shop)))
    with pytest.raises(Failed, match="held by alice"):
        shop.lock(**TO_1_2, lock_wait=1)

    assert asks == [None]
    if kind == "retire":
        assert shop.report()["action"]["result"] == "succeeded"
    else:
        assert shop.report()["action"]["kind"] != "end"


def test_a_delivery_for_whose_place_it_is_too_late_when_the_run_hears_of_it_does_not_pause_it(shop):
    """It was asked for a moment before the irreversible release got traffic."""
    shop.open(irreversible=True, **CANARY)
    while shop.answer["action"]["kind"] != "shift":
        shop.clock.now += 1
        shop.report()
    shop.shares = {"blue": 7500, "green": 2500}
    while_it_waits(shop, shop.report)
    with pytest.raises(Failed, match="held by alice"):
        shop.lock(**TO_1_2, lock_wait=1)

    assert shop.answer["action"]["kind"] == "bake"


def test_a_rollback_comes_before_the_pause_of_a_delivery_however_often_both_ask(shop):
    shop.open(**CANARY)
    seen = []

    def look():
        seen.append(asked(shop))

    def come_too():
        while_it_waits(shop, look, look)
        with pytest.raises(Failed):
            shop.lock(owner=CAROL, lock_wait=1, ask="rollback")
        while_it_waits(shop, look, look)

    while_it_waits(shop, look, come_too)
    with pytest.raises(Failed):
        shop.lock(**TO_1_2, lock_wait=3)

    assert seen == ["pause", "rollback", "rollback", "rollback", "rollback"]
    shop.report()
    assert shop.info()["rollout"]["reason"] == "an operator asked for a rollback"


def test_a_rollback_that_waits_does_not_take_back_what_was_begun_after_it_came(shop):
    """What it was for is over before it looks again, and the next delivery was quicker."""

    def be_overtaken():
        shop.report()
        shop.open(release="1.2")

    shop.open(bake=0)
    while_it_waits(shop, be_overtaken)
    with pytest.raises(Failed) as failure:
        shop.lock(owner=BOB, lock_wait=600, ask="rollback")

    assert failure.value.result["error"] == "rollout-over"
    assert asked(shop) is None
    assert shop.answer["action"]["kind"] == "deploy"


def test_a_rollback_that_comes_before_the_holder_has_begun_is_for_what_that_begins(shop):
    shop.token = shop.lock()["token"]

    def begin():
        shop.answer = shop.say("begin", bake=0)

    while_it_waits(shop, begin, shop.report)
    token = shop.lock(owner=BOB, lock_wait=5, ask="rollback")["token"]

    assert shop.info()["rollout"]["status"] == "rolled_back"
    assert shop.say("rollback", token=token)["action"]["result"] == "unchanged"


def test_a_run_for_which_another_was_paused_and_that_gives_up_says_so(shop):
    shop.open(**CANARY)
    while_it_waits(shop, shop.report)
    token = shop.lock(**TO_1_2, lock_wait=5)["token"]
    rollout = shop.info()["rollout"]
    assert (rollout["status"], rollout["reason"]) == (
        "paused",
        "a delivery that is to take its place asked for a pause",
    )

    assert token not in str(rollout)
    assert shop.ask("unlock", token=token)["left_paused"] == rollout["id"]
    shop.open("resume")
    assert shop.ask("unlock", token=token)["left_paused"] == ""


@pytest.mark.parametrize("command", ["pause", "skip"])
@pytest.mark.parametrize("gone", ["lock", "lease"])
def test_nothing_is_asked_of_a_run_that_died(shop, command, gone):
    shop.open(**CANARY)
    if gone == "lock":
        shop.ask("unlock", token=shop.token)
    else:
        shop.clock.now += 301
    message = shop.refused("no-run", command)

    assert message.startswith("no run would hear it: rollout ")
    assert "resume playbook" in message


def test_what_a_run_did_not_hear_before_it_died_is_not_lost_without_a_word(shop):
    shop.open(**CANARY)
    shop.ask("pause")
    shop.clock.now += 301
    shop.open("resume")

    said = [entry["text"] for entry in shop.info()["rollout"]["entries"] if entry["what"] == "refused"]
    assert said == ["pause was asked of the run before, which ended without hearing it"]


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_run_outlasts_the_lease_of_whoever_holds_the_app_however_long_it_is(shop, check_mode):
    shop.lock(lease=1500)
    shop.clock.now += 700
    began = shop.clock.now
    with contextlib.suppress(Failed):
        assert not shop.lock(owner=BOB, lock_wait=310, check_mode=check_mode)
    waited = shop.clock.now - began
    assert shop.lock(owner=BOB, lock_wait=310 - waited, outlast=True, check_mode=check_mode)["broke"]
    if not check_mode:
        assert 800 < shop.clock.now - began <= 811


def test_a_run_that_outlasts_waits_no_longer_for_one_that_lives(shop):
    shop.open(**CANARY)
    while_it_waits(shop, *[lambda: shop.ask("renew", token=shop.token)] * 2000)
    began = shop.clock.now
    with pytest.raises(Failed, match="held by alice"):
        shop.lock(owner=BOB, outlast=True)

    assert shop.clock.now - began == 310


@pytest.mark.parametrize("command", ["promote", "resume", "begin"])
def test_a_run_with_a_shorter_lease_than_the_pause_was_planned_for_does_not_carry_it_on(shop, command):
    """Its lock would end amid each part of the pause, and whoever came would take it for dead."""
    shop.token = shop.lock(lease=1500)["token"]
    shop.answer = shop.say("begin", lease=1500, strategy="canary", steps=[{"share": 25}, {"pause": "86400"}], bake=0)
    while shop.answer["action"]["kind"] != "bake":
        shop.report()
    shop.ask("pause")
    shop.report()
    options = {"splits": shop.splits}
    if command == "begin":
        options.update(release="1.1", fleet=shop.fleet, strategy="canary", steps=[{"share": 25}])
    for check_mode in (True, False):
        token = "" if check_mode else shop.lock()["token"]
        message = shop.refused("invalid-option", command, token=token, check_mode=check_mode, **options)
        assert "720 s at a time, so 300 s are too short; make it at least 1440 s" in message
    assert shop.info()["lock"] is None


def test_such_a_pause_is_taken_back_with_any_lease(shop):
    shop.token = shop.lock(lease=1500)["token"]
    long = {"strategy": "canary", "steps": [{"share": 25}, {"pause": "86400"}]}
    shop.answer = shop.say("begin", lease=1500, **long)
    shop.ask("unlock", token=shop.token)

    assert shop.open("rollback")["action"]["result"] == "rolled_back"
