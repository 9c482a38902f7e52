# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module as a whole, with a balancer that is a variable."""

from __future__ import annotations

import dataclasses
import json

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.progressive.delivery.plugins.module_utils._balancers import parameters, pool_health
from ansible_collections.progressive.delivery.plugins.modules import traffic
from ansible_collections.progressive.delivery.tests.unit.plugins.module_utils._balancers.given import (
    Variable,
    lay_down,
    split,
)


@pytest.fixture
def balancer(monkeypatch):
    """The balancer that every driver's name leads to, all traffic on blue, every endpoint healthy."""
    variable = Variable(split(0), split(0))
    monkeypatch.setattr(parameters, "driver_for", lambda layout, connection: variable)
    monkeypatch.setattr(pool_health, "probe", lambda address, policy: None)
    return variable


@pytest.fixture
def run(balancer, tmp_path, capsys):
    """Runs the module for the app `shop` and returns its result."""
    named = lay_down(tmp_path)

    def run_module(check_mode=False, **options):
        parameters = {**named, **options, "_ansible_check_mode": check_mode}
        with patch_module_args(parameters), pytest.raises(SystemExit) as left:
            traffic.main()
        result = json.loads(capsys.readouterr().out)
        assert left.value.code == (1 if result.get("failed") else 0)
        return result

    return run_module


def test_a_change_says_what_was_and_what_is(run, balancer):
    result = run(split={"blue": "99.5", "green": 0.5}, header={"pool": "green"}, sticky=True)
    assert balancer.live == balancer.stored == split(50, header="green", sticky=True)
    after = {
        "split": {"blue": 99.5, "green": 0.5},
        "shares": {"blue": 9950, "green": 50},
        "header": {"name": "X-Preview", "pool": "green"},
        "sticky": True,
        "mirror": {},
    }
    assert {key: result[key] for key in after} == after
    assert result["diff"]["after"] == after
    assert result["diff"]["before"]["split"] == {"blue": 100, "green": 0}
    assert result["changed"]
    assert not result["repaired"]
    assert result["commands"] == ["set it"]


def test_a_copy_is_begun_shown_and_ended(run, balancer, tmp_path):
    layout = tmp_path / "layout.json"
    layout.write_text(json.dumps({**json.loads(layout.read_text()), "mirrors": True}))
    begun = run(mirror={"pool": "green", "percent": "2.5"})
    assert balancer.live == split(0, mirror=("green", 250))
    assert begun["mirror"] == begun["diff"]["after"]["mirror"] == {"pool": "green", "percent": 2.5}
    assert not run(mirror={"pool": "green", "percent": 2.5})["changed"]
    assert run(mirror={})["mirror"] == {}
    assert balancer.live == split(0)


def test_a_repair_is_in_the_diff_though_the_live_split_stays(run, balancer):
    balancer.stored = split(7000)
    result = run(split={"blue": 100, "green": 0})
    assert result["changed"]
    assert result["repaired"]
    assert result["diff"]["before"]["stored"]["split"] == {"blue": 30, "green": 70}
    assert result["diff"]["after"]["stored"]["split"] == {"blue": 100, "green": 0}


def test_check_mode_needs_no_lock(run, balancer, tmp_path):
    assert run(split={"blue": 0, "green": 100}, check_mode=True)["changed"]
    assert balancer.live == split(0)
    assert not (tmp_path / "lock").exists()


def test_a_drain_says_that_it_is_done(run):
    result = run(drain={"pool": "green"})
    assert result["drained"]
    assert result["in_flight"] == 0
    assert not result["changed"]


def test_a_drain_of_a_serving_pool_is_refused_before_the_shift(run, balancer):
    result = run(split={"blue": 50, "green": 50}, drain={"pool": "blue"})
    assert result["error"] == "pool-still-serving"
    assert balancer.live == split(0)


def test_servers_are_changed_and_shown(run, balancer):
    result = run(servers={"pool": "green", "names": ["green2"], "state": "maint"})
    assert balancer.said == [("green", ("green2",), "maint")]
    assert result["diff"] == {
        "before": {"green1": "ready", "green2": "ready"},
        "after": {"green1": "ready", "green2": "maint"},
    }
    assert [server["state"] for server in result["servers"]] == ["ready", "maint"]
    assert not run(servers={"pool": "green", "names": ["green2"], "state": "maint"})["changed"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "one of the following is required: split, header, sticky, mirror, drain, servers"),
        (
            {"sticky": True, "servers": {"pool": "green", "names": [], "state": "ready"}},
            "mutually exclusive: servers|sticky",
        ),
        ({"servers": {"pool": "green", "names": ["green1"], "state": "off"}}, "value of state must be one of"),
        ({"split": {"blue": 1}, "balancer": "relayd"}, "value of balancer must be one of"),
        ({"sticky": True, "app": "other"}, "is for app 'shop' on haproxy, not for app 'other'"),
        (
            {"split": {"blue": 100, "green": 0}, "health": {"quorum": "all"}, "pools": [{"name": "red"}]},
            "'red' is none of",
        ),
        ({"split": {"blue": 0, "green": 100}, "health": {"quorum": "3"}}, "health.quorum is 3"),
        ({"split": {"blue": 0, "red": 100}}, "pool 'red' of shop does not exist"),
        ({"header": {"pool": "red"}}, "pool 'red' of shop does not exist"),
        ({"drain": {"pool": "red"}}, "pool 'red' of shop does not exist"),
        ({"servers": {"pool": "red", "names": ["red1"], "state": "maint"}}, "pool 'red' of shop does not exist"),
        ({"servers": {"pool": "green", "names": ["red1"], "state": "maint"}}, "pool 'green' has no ['red1']"),
        ({"drain": {"pool": "green", "timeout": "nan"}}, "drain.timeout is nan"),
        ({"split": {"blue": 0, "green": 100}, "drain": {"pool": "blue", "timeout": "inf"}}, "drain.timeout is inf"),
        ({"drain": {"pool": "green", "timeout": -1}}, "drain.timeout is -1"),
        ({"mirror": {"pool": "green", "percent": 10}}, "laid down before it could mirror"),
        (
            {"mirror": {"pool": "green", "percent": 10}, "servers": {"pool": "green", "names": [], "state": "ready"}},
            "mutually exclusive: servers|mirror",
        ),
        ({"sticky": True, "lock_timeout": "inf"}, "lock_timeout is inf"),
        ({"sticky": True, "lock_timeout": -0.5}, "lock_timeout is -0.5"),
    ],
)
@pytest.mark.parametrize("check_mode", [False, True])
def test_what_cannot_be_is_refused(run, balancer, options, words, check_mode):
    result = run(check_mode, **options)
    assert words in result["msg"]
    assert balancer.said == []


@pytest.mark.parametrize("way", ["admin", "probe"])
def test_where_haproxy_never_is_is_refused(run, balancer, tmp_path, way):
    result = run(sticky=True, connection={"directory": str(tmp_path), way: "127.0.0.1:2019"})
    assert result["error"] == "invalid-option"
    assert f"connection.{way} is not for haproxy, which is reached by connection.socket" in result["msg"]
    assert balancer.said == []


@pytest.mark.parametrize(
    ("kind", "way", "words"),
    [
        ("nginx", "socket", "connection.socket is not for nginx, which is reached by connection.probe"),
        ("nginx", "admin", "connection.admin is not for nginx"),
        ("envoy", "probe", "connection.probe is not for envoy, which is reached by connection.admin"),
        (
            "caddy",
            "socket",
            "connection.socket is not for caddy, which is reached by connection.admin or connection.probe",
        ),
    ],
)
def test_each_kind_is_reached_in_ways_of_its_own(run, tmp_path, kind, way, words):
    assert words in run(sticky=True, balancer=kind, connection={"directory": str(tmp_path), way: "/run/it.sock"})["msg"]


def test_servers_that_a_restart_would_bring_back_are_repaired_and_shown(run, balancer, monkeypatch):
    found = [dataclasses.replace(endpoint, state="maint", stored="ready") for endpoint in balancer.endpoints("green")]
    kept = [dataclasses.replace(endpoint, stored="maint") for endpoint in found]
    answers = iter([found, kept])
    monkeypatch.setattr(balancer, "endpoints", lambda _pool: next(answers))
    result = run(servers={"pool": "green", "names": ["green2"], "state": "maint"})
    assert result["changed"]
    assert result["repaired"]
    assert result["diff"]["before"]["green2"] == "maint, after a restart ready"
    assert result["diff"]["after"]["green2"] == "maint"


def test_an_error_says_what_to_do_next(run, balancer):
    balancer.states["green1"] = "down"
    result = run(split={"blue": 0, "green": 100}, health={"wait": 0})
    assert result["error"] == "unhealthy-pool"
    assert "Next: Make the pool's endpoints healthy first" in result["msg"]
    assert result["details"] == {"endpoints": {"green1": "the balancer has it as 'down'"}}
