# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An app's own Unleash SDK reads flags from a real server, on which the module changed them."""

from __future__ import annotations

import concurrent.futures
import json
import re
import tempfile
import threading
import typing as t

import pytest
import requests
import yaml
from UnleashClient import UnleashClient

from ansible_collections.progressive.delivery.plugins.module_utils._toggles.backends import UNLEASH, toggles_of
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.change import Change, changed
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.options import PARTS
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.telling import told
from ansible_collections.progressive.delivery.plugins.modules import feature_toggle
from ansible_collections.progressive.delivery.tests.e2e.balancers.laid_down import until
from ansible_collections.progressive.delivery.tests.e2e.toggles.unleash_server import (
    READER,
    STRATEGIES,
    Unleash,
    driver,
    events,
    is_on,
    strategies,
    where,
)
from ansible_collections.progressive.delivery.tests.module_call import Failed, call, everything_told

USERS = [f"user-{number}" for number in range(20_000)]
SIGMAS = 4
PLAIN = {"variants": {"on": True, "off": False}, "default_variant": "off"}
FLAG = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off"}


@pytest.fixture(autouse=True)
def _locks_apart(unleash: Unleash, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(unleash.token_file.parent))


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A flag of the test's own."""
    return re.sub("[^a-z0-9]+", "-", request.node.name)[:90]


@pytest.fixture
def toggle(unleash: Unleash, name: str) -> t.Callable[..., dict[str, t.Any]]:
    def toggled(**options: t.Any) -> dict[str, t.Any]:
        return call("feature_toggle", **{**where(unleash), "name": name, **options})

    return toggled


@pytest.fixture
def read(unleash: Unleash) -> t.Iterator[t.Callable[[], UnleashClient]]:
    """Opens an app's client, which polls."""
    opened: list[UnleashClient] = []

    def client() -> UnleashClient:
        opened.append(
            UnleashClient(
                f"{unleash.address}/api",
                f"app-{len(opened)}",
                custom_headers={"Authorization": READER},
                refresh_interval=1,
                disable_metrics=True,
                disable_registration=True,
                cache_directory=tempfile.mkdtemp(dir=unleash.token_file.parent),
            )
        )
        opened[-1].initialize_client()
        return opened[-1]

    yield client
    for each in opened:
        each.destroy()


def test_each_share_is_exact_and_each_raise_only_adds(name, toggle, read):
    toggle(**PLAIN, percent=0, allow=["at 0"])
    client = read()
    before: set[str] = set()
    for percent in (1, 5, 25, 50):
        # The share is sent first, so whoever sees the key sees the share.
        toggle(percent=percent, allow=[f"at {percent}"])
        until(lambda key=f"at {percent}": is_on(client, name, key), "the app sees the share")
        now = {user for user in USERS if is_on(client, name, user)}
        share = percent / 100

        assert before <= now
        assert abs(len(now) - len(USERS) * share) <= SIGMAS * (len(USERS) * share * (1 - share)) ** 0.5
        before = now


def test_a_running_app_sees_each_change_and_the_kill_switch(name, toggle, read):
    toggle(**PLAIN, percent=0)
    client = read()
    assert not is_on(client, name, "ada")
    toggle(percent=100)
    until(lambda: is_on(client, name, "ada"), "everyone has it")
    assert not is_on(client, name)
    toggle(deny=["ada"])
    until(lambda: not is_on(client, name, "ada"), "she has it no more")
    assert is_on(client, name, "bob")
    toggle(percent=0, deny=[], allow=["ada"])
    until(lambda: is_on(client, name, "ada") and not is_on(client, name, "bob"), "she alone has it")
    killed = toggle(state="disabled")
    until(lambda: not is_on(client, name, "ada"), "nobody has it")
    assert killed["audience"]["allow"] == ["ada"]
    toggle(state="enabled")
    until(lambda: is_on(client, name, "ada"), "she has it again")
    toggle(default_variant="on")
    until(lambda: is_on(client, name) and is_on(client, name, "bob"), "everyone has it, with a key or none")


def test_users_are_told_apart_by_the_attribute_that_was_chosen(name, toggle, read):
    toggle(**PLAIN, percent=50, bucket_by="email", allow=["ada@example.com"])
    client = read()
    until(lambda: is_on(client, name, email="ada@example.com"), "the app sees the flag")
    mails = [f"user-{number}@example.com" for number in range(1000)]
    whose = {mail: {is_on(client, name, key, email=mail) for key in ("one", "two", None)} for mail in mails}

    assert all(len(answers) == 1 for answers in whose.values())
    assert 400 < sum(answers == {True} for answers in whose.values()) < 600
    assert not is_on(client, name, "ada")


@pytest.mark.parametrize(
    ("variants", "payloads"),
    [
        ({"old": "v1", "new": "v2", "other": "v3"}, ("v1", "v2")),
        ({"old": 1, "new": 2.5}, ("1", "2.5")),
        ({"old": {"size": 1}, "new": {"size": 2}, "a": {}}, ('{"size": 1}', '{"size": 2}')),
    ],
    ids=["text", "number", "dictionary"],
)
def test_variants_of_every_type_reach_the_app(unleash, name, toggle, read, variants, payloads):
    made = toggle(variants=variants, default_variant="old", variant="new", percent=30, allow=["ada"], deny=["bob"])
    read_back = call("feature_toggle_info", **where(unleash), name=name)["toggles"][name]
    assert {**read_back, **told(made["definition"])} == read_back
    client = read()
    until(lambda: client.is_enabled(name), "the app sees the flag")
    got = {user: client.get_variant(name, {"userId": user})["payload"]["value"] for user in [*USERS[:3000], "ada"]}

    assert got["ada"] == payloads[1]
    assert client.get_variant(name, {"userId": "bob"})["payload"]["value"] == payloads[0]
    assert client.get_variant(name, {})["payload"]["value"] == payloads[0]
    assert set(got.values()) == set(payloads)
    # 900 are expected, with a standard deviation of 25.
    assert 800 < sum(payload == payloads[1] for payload in got.values()) < 1000


def test_what_is_so_already_is_not_sent_and_in_check_mode_nothing_is(unleash, name, toggle):
    asked = {**PLAIN, "percent": 5, "allow": ["ada"], "description": "New"}
    foreseen = toggle(**asked, check_mode=True)
    assert call("feature_toggle_info", **where(unleash), name=name)["toggles"] == {}
    assert toggle(**asked) == foreseen
    before = events(unleash, name)

    assert not toggle(**asked)["changed"]
    assert toggle(percent=6, check_mode=True)["changed"]
    assert toggle(state="absent", check_mode=True)["definition"] is None
    assert events(unleash, name) == before
    assert call("feature_toggle_info", **where(unleash))["toggles"][name]["audience"]["percent"] == 5


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"percent": 2.5}, "percent: 2.5 is not whole"),
        ({"owner": "search team"}, "owner: the backend unleash cannot keep it; say it in description"),
        ({"definition": {**FLAG, "metadata": {"owner": "ops"}}}, "definition.metadata: owner; Unleash keeps nothing"),
        ({"variants": {"yes": True, "off": False}}, "give on: true and off: false"),
        ({"allow": ["x" * 101]}, "allow: Unleash takes keys of 1 to 100"),
        ({"deny": [f"user-{number}" for number in range(251)]}, "deny: 251 keys are more than the 250"),
        ({"percent": 5, "bucket_by": "userId"}, "bucket_by: 'userId' is a word of Unleash's own"),
        ({"definition": {**FLAG, "targeting": {"fractional": [["on", 1], ["off", 1]]}}}, "definition.targeting"),
    ],
    ids=["decimals", "owner", "metadata", "names", "long-key", "many-keys", "word", "rules"],
)
@pytest.mark.parametrize("check_mode", [False, True])
def test_what_has_no_counterpart_is_refused_and_nothing_is_changed(unleash, name, toggle, asked, says, check_mode):
    toggle(**PLAIN)
    before = events(unleash, name)
    with pytest.raises(Failed) as failed:
        toggle(**asked, check_mode=check_mode)

    assert failed.value.result["error"] == "no-counterpart-in-unleash"
    assert says in failed.value.result["msg"]
    assert events(unleash, name) == before


def test_the_example_of_the_documentation_does_what_it_shows(unleash):
    [example] = [
        task["progressive.delivery.feature_toggle"]
        for task in yaml.safe_load(feature_toggle.EXAMPLES)
        if task["progressive.delivery.feature_toggle"].get("backend") == "unleash"
    ]
    example["unleash"].update(address=unleash.address, token_file=str(unleash.token_file))
    made = call("feature_toggle", **example)

    assert (made["changed"], made["audience"]["percent"], made["evaluators"], made["revision"]) == (True, 25, {}, None)
    assert call("feature_toggle", **{**example, "state": "absent", **dict.fromkeys(PARTS)})["definition"] is None


def test_of_two_who_decide_by_the_same_version_one_is_told_so(unleash, name, toggle):
    assert toggle(**PLAIN, percent=5, expected_version="absent")["changed"]
    seen = call("feature_toggle_info", **where(unleash), name=name)["toggles"][name]
    first = toggle(percent=15, expected_version=seen["version"])
    with pytest.raises(Failed) as failed:
        toggle(percent=15, expected_version=seen["version"])

    assert failed.value.result["error"] == "unexpected-toggle-version"
    assert not toggle(percent=15, expected_version=first["version"])["changed"]


def test_a_change_is_taken_back_with_what_was(name, toggle):
    made = toggle(**PLAIN, description="New")
    raised = toggle(percent=25, deny=["bob"])
    assert raised["was"] == made["definition"]
    assert toggle(definition=raised["was"])["definition"] == made["definition"]
    gone = toggle(state="absent")
    assert (gone["definition"], toggle(state="absent")["changed"]) == (None, False)
    # It lies in the archive now, from which its name is taken again.
    assert toggle(definition=gone["was"])["definition"] == made["definition"]


STEP = """
- ansible.builtin.include_role: {name: progressive.delivery.rollout, tasks_from: actions/toggle.yml}
  vars: {__rollout_next: {action: {toggle: TOGGLE, opens: OPENS, was: WAS}}}
"""


def test_a_step_of_a_rollout_looks_at_a_flag_changes_it_and_puts_it_back(unleash, name, toggle, play):
    made = toggle(**PLAIN, percent=5)
    step = STEP.replace("TOGGLE", json.dumps({**where(unleash), "name": name, "percent": 25}))
    was = made["definition"]
    actions = (("true", "null"), ("false", "null"), ("false", json.dumps({"localhost": was})))
    look, change, back = (step.replace("OPENS", opens).replace("WAS", now) for opens, now in actions)
    seen = f"- assert:\n    that: __rollout_toggle.toggles['{name}'].version == '{made['version']}'\n"
    play(look + seen + change + back)

    updates = [event["data"] for event in events(unleash, name) if event["type"] == "feature-strategy-update"]
    assert [strategy["parameters"]["rollout"] for strategy in reversed(updates)] == ["25", "5"]
    assert toggle(percent=5)["was"] == was


def test_each_environment_is_apart(unleash, name, toggle):
    production = where(unleash, environment="production")
    toggle(**PLAIN, percent=5)
    with pytest.raises(Failed, match="nothing has been said of the flag"):
        toggle(**production, percent=10)
    toggle(**production, **PLAIN, percent=10)
    toggle(state="disabled")
    toggle(state="absent")

    toggles = call("feature_toggle_info", **production)["toggles"]
    assert toggles[name]["audience"]["percent"] == 10
    assert toggles[name]["definition"]["state"] == "ENABLED"
    assert name not in call("feature_toggle_info", **where(unleash))["toggles"]
    toggle(**production, state="absent")
    assert unleash.ask("GET", f"projects/default/features?namePrefix={name}")["features"] == []


def test_strategies_of_somebody_else_stay_and_can_be_killed(unleash, name, toggle):
    unleash.ask("POST", "projects/default/features", {"name": name})
    body = {"name": "remoteAddress", "parameters": {"IPs": "127.0.0.1"}}
    unleash.ask("POST", STRATEGIES.format(name), body)
    unleash.ask("POST", STRATEGIES.format(name)[: -len("strategies")] + "on")
    before = strategies(unleash, name)

    with pytest.raises(Failed, match="rules of somebody else's, which a share"):
        toggle(percent=5)
    killed = toggle(state="disabled")
    assert (killed["changed"], killed["audience"]) == (True, None)
    assert toggle(definition=killed["was"])["definition"] == killed["was"]
    assert strategies(unleash, name) == before
    assert toggle(definition=FLAG)["definition"] == FLAG
    assert [one["name"] for one in strategies(unleash, name)] == ["flexibleRollout"]
    with pytest.raises(Failed, match="the strategies that it refers to are not there"):
        toggle(definition=killed["was"])


def test_what_people_make_in_the_interface_is_a_share_where_it_is_one(unleash, name, toggle):
    unleash.ask("POST", "projects/default/features", {"name": name})
    parameters = {"rollout": "40", "stickiness": "userId", "groupId": name}
    constraint = {"contextName": "userId", "operator": "NOT_IN", "values": ["bob"], "inverted": False}
    body = {"name": "flexibleRollout", "title": "A few", "parameters": parameters, "constraints": [constraint]}
    made = unleash.ask("POST", STRATEGIES.format(name), body)

    raised = toggle(percent=45)
    assert told(raised["was"])["audience"]["percent"] == 40
    assert raised["definition"]["state"] == "DISABLED"
    [now] = strategies(unleash, name)
    assert (now["id"], now["title"], now["parameters"]["rollout"]) == (made["id"], "A few", "45")
    assert now["constraints"] == made["constraints"]


def test_edits_that_many_make_from_one_machine_are_all_there(unleash, name, toggle):
    toggle(**PLAIN, percent=5)
    writers = 8
    together = threading.Barrier(writers)
    params = {"path": None, "lock_timeout": 60.0, **where(unleash)}
    params["unleash"] = {**{option: spec.get("default") for option, spec in UNLEASH.items()}, **params["unleash"]}

    def add(number: int) -> None:
        together.wait(60)
        toggles_of(params).change(
            name, lambda was: changed(name, was, Change(allow=(*told(was)["audience"]["allow"], f"w{number}")))
        )

    with concurrent.futures.ThreadPoolExecutor(writers) as pool:
        list(pool.map(add, range(writers)))

    audience = call("feature_toggle_info", **where(unleash), name=name)["toggles"][name]["audience"]
    assert sorted(audience["allow"]) == [f"w{number}" for number in range(writers)]
    assert audience["percent"] == 5
    assert len(strategies(unleash, name)) == 2


def test_two_edits_at_the_same_time_again_and_again_are_both_there(unleash, name, toggle):
    toggle(**PLAIN, percent=1)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for number in range(2, 22):
            share = Change(share=number * 100)
            deny = Change(deny=(f"user-{number}",))
            edits = [
                pool.submit(driver(unleash).change, name, lambda was, edit=edit: changed(name, was, edit))
                for edit in (share, deny)
            ]
            for edit in edits:
                edit.result()
            audience = told(driver(unleash).read(name)[name])["audience"]
            assert (audience["percent"], audience["deny"]) == (number, [f"user-{number}"])


def test_two_edits_that_the_server_takes_in_the_same_moment_are_both_there(unleash, name, toggle):
    """It has compared both with what was there when it writes the first of them."""
    toggle(**PLAIN, percent=5)
    [strategy] = strategies(unleash, name)
    edits = [Change(share=600), Change(deny=("bob",))]
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'unleash' AND wait_event_type = 'Lock'"
    with concurrent.futures.ThreadPoolExecutor(2) as pool, unleash.connected() as database:
        database.execute("SELECT id FROM feature_strategies WHERE id = %s FOR UPDATE", [strategy["id"]])
        results = [
            pool.submit(driver(unleash).change, name, lambda was, edit=edit: changed(name, was, edit)) for edit in edits
        ]
        with unleash.database.connected() as other:
            until(lambda: other.execute(waiting).fetchone() == (2,), "both wait to write")
        database.commit()
        for result in results:
            result.result()

    audience = told(driver(unleash).read(name)[name])["audience"]
    assert (audience["percent"], audience["deny"]) == (6, ["bob"])
    # Each once, and the one that wrote over the other once more.
    assert [event["type"] for event in events(unleash, name)].count("feature-strategy-update") == 3


def test_an_edit_in_the_interface_between_reading_and_writing_is_kept(unleash, name, toggle):
    toggle(**PLAIN, percent=5, deny=["bob"])
    [strategy] = strategies(unleash, name)
    asked = []

    def decide(was: t.Any) -> t.Any:
        asked.append(told(was)["audience"]["percent"])
        if len(asked) == 1:
            parameters = {**strategy["parameters"], "rollout": "60"}
            unleash.ask("PUT", f"{STRATEGIES.format(name)}/{strategy['id']}", {**strategy, "parameters": parameters})
        return changed(name, was, Change(deny=("bob", "eve")))

    was, now = driver(unleash).change(name, decide)
    assert asked == [5, 60]
    assert told(was)["audience"]["percent"] == 60
    assert told(now)["audience"] == told(driver(unleash).read(name)[name])["audience"]
    assert (told(now)["audience"]["percent"], told(now)["audience"]["deny"]) == (60, ["bob", "eve"])


def test_many_who_make_one_flag_make_one(unleash, name):
    writers = 4
    together = threading.Barrier(writers)

    def make(_number: int) -> None:
        together.wait(60)
        driver(unleash).change(
            name, lambda was: changed(name, was, Change(variants=FLAG["variants"], default_variant="off"))
        )

    with concurrent.futures.ThreadPoolExecutor(writers) as pool:
        list(pool.map(make, range(writers)))

    assert driver(unleash).read(name)[name] == FLAG
    assert len(strategies(unleash, name)) == 1


def test_a_project_that_takes_changes_by_change_requests_only_is_left_alone(unleash, name, toggle):
    """The server's open-source edition obeys the setting, though only the enterprise edition can make it."""
    toggle(**PLAIN, percent=5)
    user = {
        "email": "ada@example.com",
        "name": "Ada",
        "rootRole": 2,
        "password": "a-Long-passw0rd!",
        "sendEmail": False,
    }
    number = unleash.ask("POST", "user-admin", user)["id"]
    login = requests.Session()
    credentials = {"username": user["email"], "password": user["password"]}
    assert login.post(f"{unleash.address}/auth/simple/login", json=credentials, timeout=30).ok
    token = {"description": "delivery", "expiresAt": "2999-01-01T00:00:00Z"}
    answer = login.post(f"{unleash.address}/api/admin/user/tokens", json=token, timeout=30)
    assert answer.ok, answer.text
    ada = where(unleash, token_file=None, token=answer.json()["secret"])
    assert toggle(**ada, percent=6)["changed"]
    settings = "change_request_settings (project, environment, required_approvals) VALUES ('default', 'development', 1)"
    with unleash.connected() as database:
        database.execute(f"INSERT INTO {settings}")
    before = events(unleash, name)
    try:
        for asked in ({"percent": 7}, {"state": "disabled"}, {"state": "absent"}):
            with pytest.raises(Failed) as failed:
                toggle(**ada, **asked)
            assert failed.value.result["error"] == "change-request-required"
        assert events(unleash, name) == before
    finally:
        with unleash.connected() as database:
            database.execute("DELETE FROM change_request_settings")
    assert toggle(**ada, state="disabled")["changed"]
    unleash.ask("DELETE", f"user-admin/{number}")


def test_a_token_that_the_server_refuses_is_not_told(unleash, name):
    said = where(unleash, token_file=None, token="*:*.t0k3n-of-yesterday")
    result, everything = everything_told("feature_toggle", **said, name=name, **PLAIN)

    assert result["error"] == "toggle-server-refused"
    assert "status 401" in result["msg"]
    assert "t0k3n" not in everything
    with pytest.raises(Failed, match="'nowhere' is none of the project default, which has development, production"):
        call("feature_toggle", **where(unleash, environment="nowhere"), name=name, **PLAIN)
