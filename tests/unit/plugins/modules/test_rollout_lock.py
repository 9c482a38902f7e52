# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lock that the module ``rollout`` keeps: who holds it, who breaks it, and what becomes of a run that lost it."""

from __future__ import annotations

import pytest

from ansible_collections.progressive.delivery.tests.module_call import Failed
from ansible_collections.progressive.delivery.tests.unit.plugins.modules.shop import BOB, OPENING


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


def test_a_rollback_that_means_one_rollout_asks_no_other_to_turn_round(shop):
    shop.open(bake=0)
    meant = shop.info()["rollout"]["id"]
    with pytest.raises(Failed, match="which was to be rolled back, is over") as failure:
        shop.lock(owner=BOB, lock_wait=1, ask="rollback", only="an-earlier-one")
    assert failure.value.result["error"] == "rollout-over"
    assert shop.info()["rollout"]["request"] is None

    with pytest.raises(Failed, match="held by alice"):
        shop.lock(owner=BOB, lock_wait=1, ask="rollback", only=meant)
    assert shop.info()["rollout"]["request"] == "rollback"


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
