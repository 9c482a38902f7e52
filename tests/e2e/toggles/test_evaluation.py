# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An app's own OpenFeature SDK, with flagd's provider in its process, evaluates files that the module wrote."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys
import typing as t

import pytest
from openfeature.client import OpenFeatureClient
from openfeature.evaluation_context import EvaluationContext

from ansible_collections.progressive.delivery.tests.e2e.toggles.app import wait_until
from ansible_collections.progressive.delivery.tests.module_call import call

USERS = [f"user-{number}" for number in range(100_000)]
SIGMAS = 4

IN_ANOTHER_PROCESS = """
import json, sys
from openfeature import api
from openfeature.contrib.provider.flagd import FlagdProvider
from openfeature.contrib.provider.flagd.config import ResolverType
from openfeature.evaluation_context import EvaluationContext

path, *users = json.load(sys.stdin)
api.set_provider_and_wait(FlagdProvider(resolver_type=ResolverType.FILE, offline_flag_source_path=path))
client = api.get_client()
print(json.dumps([user for user in users if client.get_boolean_value("new", False, EvaluationContext(user))]))
api.shutdown()
"""


@pytest.fixture
def path(tmp_path: pathlib.Path) -> str:
    file = str(tmp_path / "flags.json")
    toggle(file, variants={"on": True, "off": False}, default_variant="off")
    return file


def toggle(path: str, **options: t.Any) -> dict[str, t.Any]:
    return call("feature_toggle", path=path, name="new", **options)


def gets(client: OpenFeatureClient, key: str | None = None, **attributes: str) -> bool:
    """What someone gets; an app that reads no flag would have asked in vain and be told so."""
    details = client.get_boolean_details("new", False, EvaluationContext(key, attributes))
    assert details.error_code is None
    return details.value


def users_in(client: OpenFeatureClient, users: t.Sequence[str] = USERS) -> set[str]:
    return {user for user in users if gets(client, user)}


def test_each_share_is_exact_and_each_raise_only_adds(path, read):
    before: set[str] = set()
    for percent in (1, 5, 25, 50):
        toggle(path, percent=percent)
        now = users_in(read(path))
        share = percent / 100

        assert before <= now
        assert abs(len(now) - len(USERS) * share) <= SIGMAS * (len(USERS) * share * (1 - share)) ** 0.5
        before = now


def test_a_share_of_nothing_is_nobody_the_smallest_is_a_few_and_the_whole_is_everyone(path, read):
    toggle(path, percent=0)
    assert users_in(read(path), USERS[:20_000]) == set()
    toggle(path, percent=0.01)
    few = users_in(read(path), USERS[:20_000])
    toggle(path, percent=100)

    # 2 are expected.
    assert len(few) < 10
    assert users_in(read(path), USERS[:20_000]) == set(USERS[:20_000])


def test_taking_back_takes_back_the_same_users(path, read):
    toggle(path, percent=5)
    small = users_in(read(path), USERS[:20_000])
    raised = toggle(path, percent=25)
    assert small < users_in(read(path), USERS[:20_000])
    toggle(path, definition=raised["was"])

    assert users_in(read(path), USERS[:20_000]) == small


def test_another_process_has_the_same_users_in(path, read):
    toggle(path, percent=25)
    asked = json.dumps([path, *USERS[:5_000]])
    other = subprocess.run(
        [sys.executable, "-c", IN_ANOTHER_PROCESS], input=asked, capture_output=True, text=True, check=True
    )

    assert set(json.loads(other.stdout)) == users_in(read(path), USERS[:5_000]) != set()


def test_a_running_app_sees_each_change(path, read):
    client = read(path)
    assert not gets(client, "ada")
    toggle(path, percent=100)
    wait_until(lambda: gets(client, "ada"))
    toggle(path, deny=["ada"])
    wait_until(lambda: not gets(client, "ada"))
    assert gets(client, "bob")
    toggle(path, percent=0, deny=[], allow=["ada"])
    wait_until(lambda: gets(client, "ada") and not gets(client, "bob"))
    toggle(path, default_variant="on")
    wait_until(lambda: gets(client, "bob") and gets(client))


def test_the_kill_switch_leaves_the_app_with_its_own_default(path, read):
    toggle(path, percent=100)
    client = read(path)
    assert gets(client, "ada")
    toggle(path, state="disabled")

    wait_until(lambda: not client.get_boolean_value("new", False, EvaluationContext("ada")))
    assert client.get_boolean_value("new", True, EvaluationContext("ada"))
    toggle(path, state="enabled")
    wait_until(lambda: gets(client, "ada"))


def test_users_are_told_apart_by_the_attribute_that_was_chosen(path, read):
    toggle(path, percent=50, bucket_by="email")
    client = read(path)
    mails = [f"user-{number}@example.com" for number in range(1000)]
    whose = {mail: {gets(client, key, email=mail) for key in ("one", "two", None)} for mail in mails}

    assert all(len(answers) == 1 for answers in whose.values())
    assert {True} in whose.values()
    assert {False} in whose.values()
    assert not gets(client, "ada")


@pytest.mark.parametrize(
    ("variants", "method"),
    [
        ({"old": "v1", "new": "v2"}, "get_string_value"),
        ({"old": 1, "new": 2}, "get_integer_value"),
        ({"old": 0.5, "new": 1.5}, "get_float_value"),
        ({"old": {"size": 1}, "new": {"size": 2}}, "get_object_value"),
    ],
)
def test_variants_of_every_type_reach_the_app(tmp_path, read, variants, method):
    path = str(tmp_path / "typed.json")
    toggle(path, variants=variants, default_variant="old", percent=0, allow=["ada"])
    ask = getattr(read(path), method)
    neither = type(variants["old"])()

    assert ask("new", neither, EvaluationContext("ada")) == variants["new"]
    assert ask("new", neither, EvaluationContext("bob")) == variants["old"]
