# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rollout that takes the place of another one: whatever becomes of its run, the journal says of neither that it goes on for good."""

from __future__ import annotations

import contextlib
from unittest import mock

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._rollout import fault

WAITS = {"strategy": "canary", "steps": [{"share": 25}, {"pause": "until_promoted"}]}
WRITES = {"its file": 2, "the name of the current one": 3, "the end of the one before": 4}
"""What the command that opens such a rollout writes, after its lock."""


class Killed(BaseException):
    """The module dies."""


@contextlib.contextmanager
def killed(place, nth):
    """The module dies at *place* of the journal, the nth time that it gets there, and writes nothing more."""
    reached = []

    def reach(name):
        reached.append(name)
        if reached.count(place) >= nth:
            raise Killed

    with mock.patch.object(fault, "reach", reach), pytest.raises(Killed):
        yield


@pytest.fixture
def first(shop):
    """The id of a canary of 1.1 that waits at its gate."""
    shop.open(**WAITS)
    shop.walk({})
    return shop.answer["rollout"]["id"]


def open_one(shop, release, **options):
    """Begin a canary of *release* in the place of the one before, an hour after it."""
    shop.clock.now += 3600
    return shop.open(release=release, supersede=True, **{**WAITS, **options})


def status(shop, rollout_id):
    return shop.info(id=rollout_id)["rollout"]["status"]


@pytest.mark.parametrize("way_out", ["resume", "rollback", "another", "abandon"])
@pytest.mark.parametrize("place", ["before-write", "after-write"])
@pytest.mark.parametrize("write", WRITES)
def test_a_run_killed_as_it_takes_the_place_of_another_leaves_no_rollout_open(shop, first, write, place, way_out):
    shop.token = shop.lock()["token"]
    with killed(place, WRITES[write]):
        shop.say("begin", release="1.2", supersede=True, **WAITS)
    second = shop.info()["rollout"]
    shop.clock.now += 301
    if way_out == "another":
        open_one(shop, "1.3")
    else:
        if way_out == "abandon":
            shop.shares = {"blue": 10000, "green": 0}
        shop.open(way_out)

    if second["id"] != first or way_out == "another":
        assert status(shop, first) == "superseded"
    if way_out == "another" and second["id"] != first:
        assert status(shop, second["id"]) == "superseded"
        assert shop.info(id=second["id"])["rollout"]["reason"] == f"superseded by {shop.info()['rollout']['id']}"


def test_a_file_of_an_old_rollout_that_cannot_be_read_keeps_nobody_from_the_way_back(shop, first):
    open_one(shop, "1.2")
    path = shop.folder / "rollouts" / f"{first}.json"
    path.write_text("torn", encoding="utf-8")
    shop.ask("unlock", token=shop.token)

    assert shop.open("rollback")["rollout"]["status"] == "aborting"
    assert path.read_text(encoding="utf-8") == "torn"
