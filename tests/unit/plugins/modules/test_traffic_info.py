# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module as a whole, with a balancer that is a variable."""

from __future__ import annotations

import json

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.progressive.delivery.plugins.module_utils._balancers import parameters
from ansible_collections.progressive.delivery.plugins.modules import traffic_info
from ansible_collections.progressive.delivery.tests.unit.plugins.module_utils._balancers.given import (
    Variable,
    lay_down,
    split,
)


@pytest.fixture
def run(monkeypatch, tmp_path, capsys):
    """Runs the module against a balancer and returns its result."""
    named = lay_down(tmp_path)

    def run_module(balancer, **options):
        monkeypatch.setattr(parameters, "driver_for", lambda layout, connection: balancer)
        with patch_module_args({**named, **options}), pytest.raises(SystemExit) as left:
            traffic_info.main()
        result = json.loads(capsys.readouterr().out)
        assert left.value.code == (1 if result.get("failed") else 0)
        return result

    return run_module


def test_what_is_live_is_shown_and_whether_it_is_stored(run):
    result = run(Variable(split(2500, sticky=True), split(2500)))
    assert not result["changed"]
    assert result["split"] == {"blue": 75, "green": 25}
    assert result["shares"] == {"blue": 7500, "green": 2500}
    assert result["header"] == {}
    assert result["sticky"]
    assert not result["consistent"]
    assert run(Variable(split(5), split(5)))["consistent"]


def test_what_runs_is_told_as_the_process_tells_it(run):
    assert run(Variable(split(0), split(0), configuration="0f3a"))["generation"] == "0f3a"


def test_each_endpoint_is_shown_as_the_balancer_sees_it(run):
    assert run(Variable(split(0), split(0), states={"green1": "down"}))["pools"]["green"] == {
        "endpoints": [
            {"name": "green1", "address": "127.0.0.1:8011", "state": "down", "in_flight": 0},
            {"name": "green2", "address": "127.0.0.1:8012", "state": "ready", "in_flight": 0},
        ],
        "in_flight": 0,
    }


def test_another_app_is_not_read(run):
    result = run(Variable(split(0), split(0)), app="other")
    assert result["error"] == "balancer-layout-mismatch"
    assert "for app 'shop' on haproxy, not for app 'other'" in result["msg"]


def test_where_a_balancer_of_that_kind_never_is_is_refused(run, tmp_path):
    result = run(Variable(split(0), split(0)), connection={"directory": str(tmp_path), "admin": "127.0.0.1:2019"})
    assert result["error"] == "invalid-option"
    assert "connection.admin is not for haproxy, which is reached by connection.socket" in result["msg"]


def test_why_no_copies_can_be_sent_is_told_before_anybody_asks_for_them(run):
    old = run(Variable(split(0), split(0)))
    assert old["cannot_mirror"].endswith("was laid down before it could mirror")
    unable = Variable(split(0), split(0))
    unable.CANNOT_MIRROR = "it has no way"
    assert run(unable)["cannot_mirror"].endswith("cannot mirror; it has no way")
