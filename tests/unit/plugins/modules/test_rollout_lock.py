# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lock that the module ``rollout`` keeps: who holds it, who breaks it, and what becomes of a run that lost it."""

from __future__ import annotations

import contextlib

import pytest

from ansible_collections.progressive.delivery.tests.module_call import Failed
from ansible_collections.progressive.delivery.tests.unit.plugins.modules.shop import BOB, OPENING

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


def test_a_lock_that_another_run_holds_says_who_and_how_to_take_over(shop):
    shop.lock()
    shop.clock.now += 10
    before = shop.tree()
    with pytest.raises(Failed) as failure:
        shop.lock(owner=BOB)

    assert failure.value.result["error"] == "lock-held"
    assert failure.value.result["msg"] == (
        "the app is held by alice on control (job 42) since 2027-01-15T08:00:00Z, last seen 10 s ago, "
        "its lease ends in 290 s. Next: wait for it, or, when you know that run is dead, take over with "
        "rollout_take_over=true."
    )
    assert failure.value.result["details"]["owner"] == {"name": "alice", "host": "control", "run": "job 42"}
    assert shop.tree() == before


@pytest.mark.parametrize(
    ("later", "options"), [(0, {"take_over": True}), (301, {}), (0, {"lock_wait": 600})], ids=["told", "dead", "waited"]
)
def test_a_broken_lock_names_whose_it_was_and_stops_that_run(shop, later, options):
    shop.open()
    shop.clock.now += later
    taken = shop.lock(owner=BOB, **options)
    assert taken["changed"]
    assert taken["broke"].startswith("held by alice on control (job 42) since 2027-01-15T08:00:00Z")

    with pytest.raises(Failed, match=r"is now held by bob on laptop \(playbook\)") as failure:
        shop.report()
    assert failure.value.result["error"] == "lock-lost"
    shop.say("resume", token=taken["token"])
    assert taken["broke"] in [entry["text"] for entry in shop.info()["rollout"]["entries"]]


def test_a_lease_is_as_long_as_was_asked_and_renewed_by_each_call(shop):
    shop.token = shop.lock(lease=50)["token"]
    shop.clock.now += 40
    shop.answer = shop.say("begin")
    shop.clock.now += 40

    with pytest.raises(Failed, match="its lease ends in 10 s"):
        shop.lock(owner=BOB)


def test_a_rollback_that_waits_for_the_lock_asks_its_holder_to_turn_round(shop):
    shop.open(bake=0)
    with pytest.raises(Failed, match="held by alice"):
        shop.lock(owner=BOB, lock_wait=1, ask="rollback")
    answer = shop.report()

    assert (answer["action"]["result"], answer["rollout"]["reason"]) == (
        "rolled_back",
        "an operator asked for a rollback",
    )


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


def test_a_rollback_of_a_run_that_died_before_it_began_does_not_go_back_further(shop):
    shop.open(bake=0)
    shop.walk({})
    shop.lock()
    token = shop.lock(owner=BOB, take_over=True)["token"]
    answer = shop.say("rollback", token=token)

    assert (answer["changed"], answer["action"]["result"]) == (False, "unchanged")
    assert "the run that died had begun nothing" in answer["say"]
    assert shop.info()["lock"] is None


@pytest.mark.parametrize("delivered", [True, False], ids=["first release", "never delivered"])
def test_a_rollback_of_a_run_that_died_before_it_began_needs_no_earlier_release(shop, delivered):
    """There is no release to go back to, and nothing to undo either."""
    shop.fleet["blue"] = dict.fromkeys(shop.fleet["blue"])
    if delivered:
        shop.open(bake=0)
        shop.walk({})
    shop.lock()
    shop.clock.now += 301
    token = shop.lock(owner=BOB)["token"]
    answer = shop.say("rollback", token=token)

    assert (answer["changed"], answer["action"]["result"]) == (False, "unchanged")
    assert "the run that died had begun nothing" in answer["say"]
    assert shop.info()["lock"] is None


def test_a_rollback_after_a_run_that_died_once_its_delivery_had_succeeded_takes_that_back(shop):
    """It had written the end and not yet given its lock back."""
    shop.open(bake=0)
    while shop.answer["action"]["kind"] != "drain":
        shop.clock.now += 1
        shop.report()
    kept = (shop.folder / "lock").read_bytes()
    shop.clock.now += 1
    assert shop.report()["action"]["result"] == "succeeded"
    (shop.folder / "lock").write_bytes(kept)
    shop.clock.now += 301
    shop.token = shop.lock(owner=BOB)["token"]
    shop.answer = shop.say("rollback")

    assert (shop.answer["action"]["kind"], shop.answer["action"]["split"]) == ("shift", {"blue": 100, "green": 0})
    assert shop.walk({}) == ["shift", "drain", "end"]


@pytest.mark.parametrize("refused", [True, False], ids=["refused", "given up before it opened"])
def test_a_run_whose_lock_was_broken_for_nothing_goes_on(shop, refused):
    """Its lease ended in a long action, and the run that took the app over may not do what it was started for."""
    shop.open()
    shop.clock.now += 301
    other = shop.lock(owner=BOB)["token"]
    if refused:
        shop.refused("rollout-active", "begin", token=other, release="1.2", fleet=shop.fleet, splits=shop.splits)
    else:
        assert shop.ask("unlock", token=other)["changed"]

    assert shop.info()["lock"]["owner"]["name"] == "alice"
    assert shop.report()["action"]["kind"] == "validate"


def test_the_lock_of_a_run_that_has_begun_something_goes_to_nobody(shop):
    shop.open()
    shop.clock.now += 301
    other = shop.lock(owner=BOB)["token"]
    shop.clock.now += 1
    shop.say("resume", token=other)

    assert shop.ask("unlock", token=other)["changed"]
    assert shop.info()["lock"] is None


def test_renewing_holds_the_lock_for_another_lease_and_tells_who_lost_it(shop):
    shop.open()
    shop.clock.now += 290
    assert shop.ask("renew", token=shop.token) == {"changed": False}
    shop.clock.now += 290
    with pytest.raises(Failed, match="its lease ends in 10 s"):
        shop.lock(owner=BOB)
    shop.lock(owner=BOB, take_over=True)

    with pytest.raises(Failed) as failure:
        shop.ask("renew", token=shop.token)
    assert failure.value.result["error"] == "lock-lost"


def test_the_lock_goes_back_only_to_who_shows_its_token(shop):
    token = shop.lock()["token"]

    assert not shop.ask("unlock", token="another")["changed"]
    assert shop.info()["lock"]["owner"]["name"] == "alice"
    assert shop.ask("unlock", token=token)["changed"]
    assert shop.info()["lock"] is None


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("command", [*OPENING, "advance"])
def test_a_run_without_the_lock_is_stopped(shop, command, check_mode):
    options = {**shop.ready_for(command), "token": "another"}
    before = shop.tree()

    assert "held by alice" in shop.refused("lock-lost", command, **options, check_mode=check_mode)
    assert shop.tree() == before


def test_a_run_that_lost_its_lock_is_told_so_after_the_other_has_gone_on(shop):
    shop.open()
    other = shop.lock(owner=BOB, take_over=True)["token"]
    shop.say("resume", token=other)
    with pytest.raises(Failed) as failure:
        shop.report()

    assert failure.value.result["error"] == "lock-lost"


def test_a_lock_that_cannot_be_read_is_set_aside_by_who_takes_over(shop):
    shop.open()
    path = shop.folder / "lock"
    path.write_bytes(b"\xff")
    foreseen = shop.lock(owner=BOB, take_over=True, check_mode=True)
    assert path.read_bytes() == b"\xff"
    taken = shop.lock(owner=BOB, take_over=True)

    aside = path.with_name("lock.corrupt-2027-01-15T08:00:00Z")
    assert aside.read_bytes() == b"\xff"
    assert taken["broke"].startswith(f"{path} is not text")
    assert taken["broke"].endswith(f"kept as {aside}")
    assert foreseen["broke"] == taken["broke"]
    shop.say("resume", token=taken["token"])
    assert taken["broke"] in [entry["text"] for entry in shop.info()["rollout"]["entries"]]
