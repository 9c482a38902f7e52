# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Of a result only what is named is taken, and of a censored one nothing."""

from __future__ import annotations

import pytest

from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.said import MODULES, problem, said

BACKUP = {
    "changed": True,
    "engine": "restic",
    "files": 3,
    "snapshot": {"id": "1a2b", "proven": {"how": "restore"}, "labels": {"app": "shop", "release": "1.0"}},
    "invocation": {"module_args": {"password": "s3cret"}},
    "msg": "s3cret",
}


def test_what_is_named_of_a_result_is_taken():
    taken = {
        "kind": "backup.taken",
        "about": {"app": "shop", "release": "1.0"},
        "facts": {"snapshot": "1a2b", "proven": "restore", "files": 3, "engine": "restic"},
    }
    assert said("progressive.delivery.backup", BACKUP) == (taken,)


def test_each_item_of_a_loop_says_its_own():
    items = [{"ansible_loop_var": "item", "changed": True, "split": {"blue": share}} for share in (5, 25)]
    items += [{"ansible_loop_var": "item", "censored": "hidden", "changed": True}]
    items += [{"ansible_loop_var": "item", "changed": False, "failed": True, "error": "unhealthy-pool"}]
    loop = {"changed": True, "results": items}

    assert [each["facts"] for each in said("progressive.delivery.traffic", loop)] == [
        {"split": {"blue": 5}},
        {"split": {"blue": 25}},
    ]
    assert problem("progressive.delivery.traffic", loop) == "unhealthy-pool"


@pytest.mark.parametrize(
    ("action", "result"),
    [
        ("progressive.delivery.backup", {**BACKUP, "changed": False}),
        ("progressive.delivery.backup", {"censored": "hidden", "changed": True}),
        ("progressive.delivery.backup", {**BACKUP, "_ansible_no_log": True}),
        ("ansible.builtin.command", {"changed": True, "stdout": "s3cret"}),
        ("somebody.elses.backup", BACKUP),
        ("progressive.delivery.backup_info", BACKUP),
    ],
)
def test_of_everything_else_nothing_is(action, result):
    assert said(action, result) == ()


@pytest.mark.parametrize("module", MODULES)
def test_no_result_is_too_odd(module):
    for odd in ({}, {"changed": True}, {"changed": True, "snapshot": None, "rollout": 5, "split": []}):
        taken = said(f"progressive.delivery.{module}", odd)
        assert all(None not in each["facts"].values() for each in taken)


def test_a_failure_is_named_by_the_collections_modules_alone():
    assert problem("progressive.delivery.traffic", {"error": "unhealthy-pool"}) == "unhealthy-pool"
    assert problem("progressive.delivery.traffic", {"error": ["x"]}) == ""
    assert problem("ansible.builtin.uri", {"error": "s3cret"}) == ""
