# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every kind of balancer refuses, and that nothing is changed by it."""

from __future__ import annotations

import os

import pytest

from ansible_collections.progressive.delivery.tests.e2e.balancers.laid_down import Failed

WITHOUT_PRIVILEGE = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
"""Root may use every file, unless it gives that up."""


def refusal(balancer, **options):
    """The kind of error and the message with which *options* are refused; nothing may have changed."""
    before = balancer.info()
    with pytest.raises(Failed) as failed:
        balancer.traffic(**options)
    after = balancer.info()
    assert {key: after[key] for key in ("split", "header", "sticky", "consistent")} == {
        key: before[key] for key in ("split", "header", "sticky", "consistent")
    }
    return failed.value.result["error"], failed.value.result["msg"]


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"split": {"blue": 50, "gren": 50}}, "unknown-pool", "gren"),
        ({"split": {"blue": 50, "green": 40}}, "invalid-option", "add up to 90 %"),
        ({"split": {"blue": 60, "green": 60}}, "invalid-option", "add up to 120 %"),
        ({"split": {"blue": 101, "green": -1}}, "invalid-option", "101 % for pool 'blue' is outside 0 to 100"),
        ({"split": {"blue": 99.995, "green": 0.005}}, "invalid-option", "more than two decimals"),
        ({"split": {"blue": "1e2", "green": 0}}, "invalid-option", "not a number"),
        ({"split": {"blue": 100}}, "invalid-option", "no share for pool green"),
        ({"pools": [{"name": "blue"}, {"name": "green", "endpoints": []}], "sticky": True}, "empty-pool", "green"),
        ({"split": {"blue": 90, "green": 10}, "health": {"timeout": -1}}, "invalid-option", "health.timeout is -1"),
        ({"header": {"name": "X-Other", "pool": "green"}}, "balancer-layout-mismatch", "X-Preview"),
        ({"header": {"cookie": "beta", "pool": "green"}}, "balancer-layout-mismatch", "analyze_all_preview"),
        ({"drain": {"pool": "blue"}}, "pool-still-serving", "100 %"),
    ],
)
def test_what_cannot_be_is_refused(balancer, options, error, words):
    kind, message = refusal(balancer, **options)
    assert kind == error
    assert words in message


def test_a_pool_that_is_not_ready_gets_no_traffic(balancer):
    balancer.endpoints.tell_pool("green", "unready")
    error, message = refusal(balancer, split={"blue": 90, "green": 10}, health={"wait": 0})
    assert error == "unhealthy-pool"
    assert "0 of 3" in message
    assert refusal(balancer, header={"pool": "green"}, health={"wait": 0})[0] == "unhealthy-pool"


def test_the_quorum_says_how_many_must_be_ready(balancer):
    balancer.endpoints.tell("green2", "unready")
    for quorum in ("all", "3", "70%"):
        error, message = refusal(balancer, split={"blue": 90, "green": 10}, health={"wait": 0, "quorum": quorum})
        assert error == "unhealthy-pool"
        assert "green2" in message
    assert balancer.split(10, health={"quorum": "2"})["changed"]
    assert balancer.split(20, health={"quorum": "60%"})["changed"]


def test_a_return_in_haste_needs_one_endpoint_that_accepts_connections(balancer):
    balancer.split(100)
    balancer.endpoints.tell_pool("blue", "unready")
    assert balancer.split(0, health={"check": False})["changed"]
    assert balancer.get().pool == "blue"


def test_traffic_leaves_an_unhealthy_pool_unasked(balancer):
    balancer.split(50)
    balancer.endpoints.tell_pool("green", "unready")
    assert balancer.split(0)["changed"]


def test_a_balancer_that_does_not_run_is_reported(balancer):
    balancer.stop()
    try:
        for attempt in (balancer.info, lambda: balancer.split(10)):
            with pytest.raises(Failed) as failed:
                attempt()
            assert failed.value.result["error"] == "balancer-unreachable"
    finally:
        balancer.start()
    assert balancer.info()["split"] == {"blue": 100, "green": 0}


def test_who_may_not_write_the_directory_changes_nothing(balancer):
    balancer.directory.chmod(0o555)
    (balancer.directory / "lock").chmod(0o444)
    try:
        with pytest.raises(Failed) as failed:
            balancer.traffic_in_process(prefix=WITHOUT_PRIVILEGE, split={"blue": 0, "green": 100})
    finally:
        balancer.directory.chmod(0o755)
        (balancer.directory / "lock").chmod(0o644)
    assert failed.value.result["error"] == "balancer-permission"
    assert balancer.info()["split"] == {"blue": 100, "green": 0}
