# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that the module ``rollout`` refuses, what it says then, and that it leaves the journal as it was."""

from __future__ import annotations

import json

import pytest

from ansible_collections.progressive.delivery.tests.module_call import Failed, call
from ansible_collections.progressive.delivery.tests.unit.plugins.modules.shop import OPENING


@pytest.mark.parametrize("command", ["unlock", *OPENING, "advance"])
def test_refused_without_a_token(shop, command):
    options = shop.ready_for(command)
    before = shop.tree()
    message = shop.refused("invalid-option", command, **{**options, "token": None})

    assert message.startswith(f"token: command {command} needs the token that 'lock' returned")
    assert shop.tree() == before


@pytest.mark.parametrize("command", ["begin", "resume", "rollback", "abandon", "advance"])
def test_refused_full_for_another_command_than_promote(shop, command):
    options = {**shop.ready_for(command), "full": True}
    before = shop.tree()

    message = shop.refused("invalid-option", command, **options)

    assert message.startswith(f"full: only commands promote and skip take it, not {command}")
    assert shop.tree() == before


@pytest.mark.parametrize("release", ["../1.1", "a/b", "/1.1", "..", ".hidden", ""])
def test_refused_a_release_that_is_no_plain_name(shop, release):
    options = {**shop.ready_for("begin"), "release": release}

    for check_mode in (True, False):
        message = shop.refused("invalid-option", "begin", **options, check_mode=check_mode)
        assert message.startswith(f"release: '{release}' is not a plain name")
    assert shop.ask("unlock", token=shop.token)["changed"]


@pytest.mark.parametrize("app", ["../shop", "Shop", "-shop", "a_b", ""])
def test_refused_an_app_that_is_no_plain_name(shop, app):
    with pytest.raises(Failed, match=f"app: '{app}' is not lower-case letters") as failure:
        call("rollout", app=app, command="lock", state_dir=str(shop.state_dir))

    assert failure.value.result["error"] == "invalid-option"
    assert shop.tree() == {}


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        *(
            (option, -1, f"{option}: -1(.0)? is below 0")
            for option in ("lock_wait", "promotion_bake", "bake", "rollback_window", "progress_deadline", "error_limit")
        ),
        ("lease", 0, "lease must be above 0"),
        ("lease", -1, "lease must be above 0"),
        ("keep", 0, "keep at least 1"),
        *(
            (option, value, f"{option}: {value} is not a number of seconds")
            for option in (
                "lease",
                "lock_wait",
                "promotion_bake",
                "bake",
                "warm",
                "rollback_window",
                "progress_deadline",
            )
            for value in ("nan", "inf", "-inf")
        ),
    ],
)
def test_refused_a_number_out_of_range(shop, option, value, says):
    with pytest.raises(Failed, match=says) as failure:
        shop.lock(**{option: value})

    assert failure.value.result["error"] == "invalid-option"
    assert shop.tree() == {}


def test_refused_a_bake_that_the_lease_does_not_cover(shop):
    options = {**shop.ready_for("begin"), "promotion_bake": 3600, "bake": 23 * 3600}

    assert shop.refused("invalid-option", "begin", **options).startswith(
        "lease: a bake of 86400 s is watched 720 s at a time, so 300 s are too short; make it at least 1440 s"
    )


def test_refused_without_what_a_command_needs(shop):
    assert shop.refused("invalid-option", "begin", token="any").startswith("release: command begin needs it")
    message = shop.refused(None, "advance", token="any")
    assert message == "command is advance but all of the following are missing: seq"


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("seq", [0, 2])
def test_refused_a_report_on_another_action(shop, seq, check_mode):
    options = {**shop.ready_for("advance"), "seq": seq}
    before = shop.tree()
    message = shop.refused("invalid-option", "advance", **options, check_mode=check_mode)

    assert message.startswith(f"seq: it is {seq}, but the action under way is 1.")
    assert shop.tree() == before


@pytest.mark.parametrize(
    "report",
    [
        "succeeded",
        ["succeeded"],
        {"seq": 1},
        {"result": "succeeded"},
        {"seq": "one", "result": "succeeded"},
        {"seq": float("inf"), "result": "succeeded"},
        {"seq": 1, "result": "great"},
    ],
)
def test_refused_a_report_of_another_form(shop, report):
    options = {**shop.ready_for("advance"), "reports": {"app3": report}}
    before = shop.tree()
    message = shop.refused("invalid-option", "advance", **options)

    assert message.startswith(f"reports: that of app3 is not of the form seq, result, reason: {report!r}")
    assert shop.tree() == before


@pytest.mark.parametrize(
    "split",
    [
        "blue",
        ["blue"],
        {"shares": "blue"},
        {"shares": ["blue"]},
        {"shares": {"blue": "all"}},
        {"shares": {"blue": None}},
        {"shares": {"blue": float("inf")}},
        {"shares": {"blue": 10000}, "header": {"name": "X-Preview"}},
    ],
)
@pytest.mark.parametrize("command", ["begin", "advance"])
def test_refused_a_split_of_another_form(shop, command, split):
    options = {**shop.ready_for(command), "splits": {"lb1": split}}
    before = shop.tree()
    message = shop.refused("invalid-option", command, **options)

    assert message.startswith(f"splits: that of lb1 has no shares by pool: {split!r}")
    assert shop.tree() == before


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"steps": [{"share": 5}]}, "steps: strategy blue_green takes none"),
        ({"strategy": "canary"}, "steps: none of them gives the new pool a share"),
        ({"strategy": "canary", "steps": [{"share": 50}, {"share": 5}]}, "steps: a share of 5 % after 50 %"),
        (
            {"strategy": "canary", "steps": [{"share": 5, "pause": "9"}]},
            "steps: each is one of share, mirror, hosts, percent, learn, pause, analysis, health, toggle and task_file",
        ),
        (
            {"strategy": "canary", "steps": [{"share": 5}, {}]},
            "steps: each is one of share, mirror, hosts, percent, learn, pause, analysis, health, toggle and task_file",
        ),
        (
            {"strategy": "canary", "steps": [{"share": 5.005}]},
            "steps: the share of step 1 is 5.005 %; it has two decimals",
        ),
        (
            {"strategy": "canary", "steps": [{"share": 5}, {"pause": "soon"}]},
            "steps: the pause of step 2 is 'soon', neither",
        ),
        ({"strategy": "canary", "steps": [{"share": 5}, {"pause": "-1"}]}, "steps: the pause of step 2 is -1"),
        ({"strategy": "canary", "steps": [{"share": 5}, {"pause": "inf"}]}, "steps: the pause of step 2 is inf"),
        ({"strategy": "canary", "steps": [{"share": 5}, {"pause": "86400"}]}, "lease: a bake of 86460 s is watched"),
        ({"background": "errors"}, "background: strategy blue_green takes none"),
        (
            {"strategy": "canary", "steps": [{"share": 5}], "background": "errors"},
            "background: there is no pause of some seconds",
        ),
        (
            {"strategy": "canary", "steps": [{"share": share} for share in range(1, 100)]},
            "steps: they take some 208 actions in one run, which has room for 200",
        ),
    ],
)
def test_refused_steps_that_cannot_be(shop, options, says):
    options = {**shop.ready_for("begin"), **options}

    for check_mode in (True, False):
        assert shop.refused("invalid-option", "begin", **options, check_mode=check_mode).startswith(says)


@pytest.mark.parametrize("command", ["promote", "resume", "rollback"])
@pytest.mark.parametrize("steps", [[], [{"share": 50}, {"share": 5}]], ids=["none", "wrong ones"])
def test_steps_of_a_next_delivery_keep_nobody_from_the_one_under_way(shop, command, steps):
    options = {**shop.ready_for(command), "strategy": "canary", "steps": steps}

    assert shop.ask(command, **options)["action"]["kind"]


SERVED = {"shares": {"blue": 10000, "green": 0}}


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"splits": {}}, "invalid-option", "balancers: none is named"),
        ({"splits": {"lb1": SERVED, "lb2": {}}}, "traffic-unclear", "balancer lb2 cannot be read"),
        ({"splits": {"lb1": {"shares": {"blue": 5000, "green": 5000}}}}, "traffic-unclear", "no pool takes all"),
        ({"fleet": {"blue": {"a": "1.0", "b": "0.9"}, "green": {"c": None}}}, "mixed-fleet", "pool blue has"),
    ],
)
def test_refused_to_begin_from_a_world_that_is_not_clear(shop, options, error, says):
    options = {**shop.ready_for("begin"), **options}

    for check_mode in (True, False):
        assert says in shop.refused(error, "begin", **options, check_mode=check_mode)
    assert shop.info()["lock"] is None


@pytest.mark.parametrize(
    ("command", "error", "remedy"),
    [(command, "no-rollout", "begin a rollout with") for command in ("promote", "abandon", "pause", "advance")]
    + [("rollback", "nothing-to-roll-back-to", "deliver the release you want with")],
)
def test_refused_where_there_is_no_rollout(shop, command, error, remedy):
    options = {} if command == "pause" else {"token": shop.lock()["token"], "splits": shop.splits, "seq": 1}

    for check_mode in (True, False):
        message = shop.refused(error, command, **options, check_mode=check_mode)
        assert remedy + " the blue_green playbook" in message


@pytest.mark.parametrize(
    ("hosts", "says"),
    [
        ("app1", "fleet: pool blue is not a dictionary of hosts to releases: 'app1'"),
        (["app1"], "fleet: pool blue is not a dictionary of hosts to releases: ['app1']"),
        (None, "fleet: pool blue is not a dictionary of hosts to releases: None"),
        ({"app1": {"release": "1.0"}}, "fleet: the release of app1 in pool blue is neither a text nor null"),
        (
            {"app1": 1.0},
            "fleet: the release of app1 in pool blue is neither a text nor null: 1.0; a release that looks",
        ),
    ],
)
def test_refused_a_fleet_of_another_form(shop, hosts, says):
    options = {**shop.ready_for("begin"), "fleet": {"blue": hosts, "green": {"app3": None}}}

    for check_mode in (True, False):
        assert shop.refused("invalid-option", "begin", **options, check_mode=check_mode).startswith(says)


@pytest.mark.parametrize(
    ("command", "options", "error", "says"),
    [
        ("begin", {"release": "1.2"}, "rollout-active", "to 1.1 is running"),
        ("promote", {}, "not-paused", "is running. Next: run the resume playbook"),
        ("abandon", {"splits": {"lb1": {}}}, "traffic-unclear", "balancer lb1 cannot be read"),
    ],
)
def test_refused_while_a_rollout_is_under_way(shop, command, options, error, says):
    shop.open()
    said = {"token": shop.token, "fleet": shop.fleet, "splits": shop.splits, **options}

    assert says in shop.refused(error, command, **said)
    assert shop.info()["lock"] is None


@pytest.mark.parametrize(
    ("host_has", "options", "error"),
    [("1.0", {"irreversible": True}, "irreversible-delivered"), (None, {}, "nothing-to-roll-back-to")],
)
def test_refused_a_rollback_that_cannot_be(shop, host_has, options, error):
    shop.fleet["blue"] = dict.fromkeys(shop.fleet["blue"], host_has)
    shop.open(bake=0, **options)
    shop.walk({})
    shop.token = shop.lock()["token"]

    assert "1.1" in shop.refused(error, "rollback", token=shop.token, splits=shop.splits)


def test_refused_a_state_folder_that_cannot_be_written(shop):
    shop.folder.write_text("in the way")

    assert str(shop.folder) in shop.refused("journal-unwritable", "lock")


# -- a journal that cannot be read ---------------------------------------------


READERS = [*OPENING, "pause", "advance"]


def damage(shop, command, change):
    """Change the file of the rollout that is under way for *command*; the options and the file."""
    options = shop.ready_for(command)
    if command == "begin":
        shop.say("begin")
    path = shop.journal()
    path.write_bytes(change(path.read_bytes()))
    return options, path


def from_the_future(content):
    return json.dumps({**json.loads(content), "schema": 99}).encode()


def torn(content):
    return content[:100]


@pytest.mark.parametrize("command", READERS)
def test_a_newer_journal_is_left_alone(shop, command):
    options, path = damage(shop, command, from_the_future)
    message = shop.refused("journal-too-new", command, **options)

    assert f"{path} has schema 99" in message
    assert "upgrade the collection" in message


@pytest.mark.parametrize("command", [command for command in READERS if command != "abandon"])
def test_a_corrupt_journal_is_left_alone(shop, command):
    options, path = damage(shop, command, torn)
    message = shop.refused("journal-corrupt", command, **options)

    assert str(path) in message
    assert "the abandon playbook sets it aside" in message


def test_abandon_keeps_a_corrupt_journal_aside_and_frees_the_app(shop):
    options, path = damage(shop, "abandon", torn)
    content = path.read_bytes()
    answer = shop.ask("abandon", **options)

    (aside,) = path.parent.iterdir()
    assert aside.name == f"{path.name}.corrupt-2027-01-15T08:00:00Z"
    assert aside.read_bytes() == content
    assert (answer["action"]["kind"], answer["action"]["result"]) == ("end", "abandoned")
    assert str(aside) in answer["say"]
    assert shop.open()["action"]["kind"] == "deploy"


def test_to_set_a_corrupt_journal_aside_is_a_change_that_check_mode_foresees(shop):
    options, path = damage(shop, "abandon", torn)
    aside = [
        f"{path}.corrupt-2027-01-15T08:00:00Z",
        f"{shop.folder / 'current'}.corrupt-2027-01-15T08:00:00Z",
    ]
    before = shop.tree()
    foreseen = shop.ask("abandon", **options, check_mode=True)
    assert shop.tree() == before
    happened = shop.ask("abandon", **options)

    assert foreseen["action"]["reason"] == "would set aside as " + ", ".join(aside)
    assert happened["action"]["reason"] == "set aside as " + ", ".join(aside)
    for answer in (foreseen, happened):
        assert answer["changed"]
        assert answer["diff"] == {"before": {}, "after": {"set_aside": aside}}


def test_only_who_holds_the_lock_sets_a_corrupt_journal_aside(shop):
    options, path = damage(shop, "abandon", torn)
    options["token"] = "another"
    before = shop.tree()

    for check_mode in (True, False):
        shop.refused("lock-lost", "abandon", **options, check_mode=check_mode)
    assert shop.tree() == before
    assert path.exists()


@pytest.mark.parametrize("content", [b"\xff", b"\0\0\0", b"", b"../lock", b"no-such-rollout"])
def test_abandon_sets_aside_what_names_no_rollout(shop, content):
    options = shop.ready_for("abandon")
    path = shop.folder / "current"
    path.write_bytes(content)
    answer = shop.ask("abandon", **options)

    assert answer["action"]["result"] == "abandoned"
    aside = path.with_name("current.corrupt-2027-01-15T08:00:00Z")
    assert answer["diff"]["after"] == {"set_aside": [str(aside)]}
    assert aside.read_bytes() == content
    assert shop.open()["action"]["kind"] == "deploy"


@pytest.mark.parametrize("command", ["lock", "resume", "unlock", "advance"])
def test_a_corrupt_lock_is_named(shop, command):
    options = {"token": shop.lock()["token"], "splits": shop.splits, "seq": 1}
    path = shop.folder / "lock"
    content = torn(path.read_bytes())
    path.write_bytes(content)

    message = shop.refused("lock-corrupt", command, **options)
    assert str(path) in message
    assert "rollout_take_over=true" in message
    assert path.read_bytes() == content


def test_a_newer_lock_is_not_taken_over(shop):
    path = shop.folder / "lock"
    shop.lock()
    content = from_the_future(path.read_bytes())
    path.write_bytes(content)

    assert f"{path} has schema 99" in shop.refused("journal-too-new", "lock", take_over=True)
    assert path.read_bytes() == content


def test_abandon_sets_a_corrupt_lock_aside_and_ends_the_rollout(shop):
    options = shop.ready_for("abandon")
    path = shop.folder / "lock"
    path.write_bytes(b"")
    answer = shop.ask("abandon", **options)

    aside = f"{path}.corrupt-2027-01-15T08:00:00Z"
    assert (answer["changed"], answer["rollout"]["status"]) == (True, "abandoned")
    assert answer["diff"]["after"] == {**answer["rollout"], "set_aside": [aside]}
    assert aside in [entry["text"] for entry in shop.info()["rollout"]["entries"]]
    assert shop.info()["lock"] is None
