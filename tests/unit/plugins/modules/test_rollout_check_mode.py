# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module ``rollout`` returns: in check mode what it would return, as a diff, and as documented."""

from __future__ import annotations

import pytest
import yaml

from ansible_collections.progressive.delivery.plugins.modules import rollout
from ansible_collections.progressive.delivery.tests.module_call import Failed
from ansible_collections.progressive.delivery.tests.unit.plugins.modules.shop import BOB, OPENING

COMMANDS = ["lock", "unlock", *OPENING, "pause", "advance"]


@pytest.mark.parametrize("command", COMMANDS)
def test_check_mode_writes_nothing(shop, command):
    options = shop.ready_for(command)
    before = shop.tree()
    shop.ask(command, **options, check_mode=True)

    assert shop.tree() == before
    shop.ask(command, **options)
    assert shop.tree() != before


@pytest.mark.parametrize("command", COMMANDS)
def test_check_mode_predicts_whether_something_changes(shop, command):
    options = shop.ready_for(command)
    predicted = shop.ask(command, **options, check_mode=True)

    assert predicted["changed"] == shop.ask(command, **options)["changed"]


@pytest.mark.parametrize("command", [*OPENING, "pause", "advance"])
def test_check_mode_predicts_the_answer_without_a_token(shop, command):
    options = shop.ready_for(command)
    predicted = shop.ask(command, **{**options, "token": None}, check_mode=True)
    happened = shop.ask(command, **options)

    for answer in (predicted, happened):
        if command == "begin":
            for found in (answer["rollout"], answer["diff"]["after"]):
                del found["id"]  # has a part that chance made
    assert predicted == happened


def test_check_mode_foresees_that_another_run_holds_the_lock(shop):
    shop.lock()
    shop.clock.now += 10
    failures = []
    for check_mode in (True, False):
        with pytest.raises(Failed) as failure:
            shop.lock(owner=BOB, check_mode=check_mode)
        failures.append(failure.value.result)

    assert failures[0]["error"] == "lock-held"
    assert failures[0] == failures[1]


@pytest.mark.parametrize(
    ("later", "options"), [(0, {"take_over": True}), (301, {}), (0, {"lock_wait": 600})], ids=["told", "dead", "waited"]
)
def test_check_mode_foresees_whose_lock_will_be_broken(shop, later, options):
    shop.lock()
    shop.clock.now += later
    since = shop.clock.now
    before = shop.tree()
    foreseen = shop.lock(owner=BOB, **options, check_mode=True)

    assert foreseen["changed"]
    assert foreseen["broke"].startswith("held by alice on control (job 42)")
    assert foreseen["token"] == ""
    assert (shop.tree(), shop.clock.now) == (before, since)


def test_check_mode_foresees_a_rollback_of_a_run_that_died_before_it_began(shop):
    shop.open(bake=0)
    shop.walk({})
    shop.lock()
    foreseen = shop.lock(owner=BOB, take_over=True, check_mode=True)
    answer = shop.say("rollback", token=foreseen["token"], check_mode=True)

    assert (answer["changed"], answer["action"]["result"]) == (False, "unchanged")
    assert "the run that died had begun nothing" in answer["say"]


def test_check_mode_gives_back_no_lock_of_another(shop):
    shop.lock()

    for token in ("another", None):
        assert not shop.ask("unlock", token=token, check_mode=True)["changed"]


@pytest.mark.parametrize("command", [*OPENING, "advance"])
def test_the_diff_is_the_rollout_before_and_after(shop, command):
    options = shop.ready_for(command)
    was = shop.info()["rollout"] or {}
    for course in ("entries", "splits_seen", "judged", "seen_before"):
        was.pop(course, None)
    answer = shop.ask(command, **options)

    assert answer["changed"]
    assert answer["diff"] == {"before": was, "after": answer["rollout"]}
    assert answer["diff"]["before"] != answer["diff"]["after"]


KEYS = {
    "lock": {"token", "broke"},
    "unlock": {"left_paused"},
    "pause": {"rollout"},
    **{command: {"action", "say", "progress", "rollout"} for command in [*OPENING, "advance"]},
}


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_documented_is_returned(shop, command, check_mode):
    documented = yaml.safe_load(rollout.RETURN)
    keys = KEYS[command]
    answer = shop.ask(command, **shop.ready_for(command), check_mode=check_mode)

    assert set(documented) - {"error", "details"} == set().union(*KEYS.values())
    assert set(answer) - {"changed", "diff"} == keys
    if "action" in keys:
        assert set(answer["action"]) == set(documented["action"]["contains"])
