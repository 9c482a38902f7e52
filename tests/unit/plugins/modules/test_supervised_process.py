# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``supervised_process`` where no supervisord runs: what it predicts and what it refuses."""

from __future__ import annotations

import getpass

import pytest

from ansible_collections.progressive.delivery.tests.module_call import Failed, call, everything_told


@pytest.fixture
def supervised(tmp_path):
    def ask(**options):
        return call(
            "supervised_process", **{"supervisor_directory": str(tmp_path / "supervisor"), "name": "web", **options}
        )

    return ask


def test_check_mode_tells_the_steps_and_makes_nothing(supervised, tmp_path):
    result = supervised(command=["/bin/web"], environment={"TOKEN": "s3cret"}, check_mode=True)

    assert result["changed"]
    assert result["steps"] == ["write its configuration", "start supervisord", "start it and wait until it stays up"]
    assert "/bin/web" in result["diff"]["after"]
    assert "s3cret" not in result["diff"]["after"]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("typo", [{}, {"typo": 1}, {"state": "typo"}, {"name": "a/b"}])
def test_values_of_variables_are_told_nowhere(tmp_path, typo):
    options = {"supervisor_directory": str(tmp_path), "name": "web", "command": ["/bin/web"], **typo}
    result, told = everything_told(
        "supervised_process", **options, environment={"TOKEN": "s3cret", "KEY": "long-s3cret"}, _ansible_check_mode=True
    )

    assert "s3cret" not in told
    assert bool(typo) == result.get("failed", False)


def test_values_of_variables_do_not_mask_what_is_like_them(tmp_path):
    environment = {"WORKERS": "1", "NAME": "web", "HOME": str(tmp_path), "STATE": "UNKNOWN"}
    result, _told = everything_told(
        "supervised_process",
        supervisor_directory=str(tmp_path),
        name="web",
        command=["/bin/web"],
        environment=environment,
        _ansible_check_mode=True,
    )

    assert result["log"] == str(tmp_path / "logs" / "web.log")
    assert result["process_state"] == "UNKNOWN"
    assert result["invocation"]["module_args"]["environment"] == dict.fromkeys(environment, "***")
    assert "HOME=***,NAME=***,STATE=***,WORKERS=***" in result["diff"]["after"]


@pytest.mark.parametrize("state", ["stopped", "absent", "shutdown"])
def test_what_is_not_there_is_stopped_already(supervised, state, tmp_path):
    result = supervised(state=state)

    assert (result["changed"], result["steps"]) == (False, [])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("state", ["started", "restarted", "reloaded"])
def test_refused_to_run_what_was_never_described(supervised, state):
    with pytest.raises(Failed) as failure:
        supervised(state=state, check_mode=True)

    assert failure.value.result["error"] == "unknown-process"


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"name": "a/b"}, "a/b"),
        ({"supervisor_directory": "/tmp/a*"}, "supervisor_directory"),
        ({"user": "no such user"}, "no such user"),
        ({"environment": {"A": "x\ny"}}, "line break"),
        ({"stop_timeout": -1}, "stop_timeout"),
    ],
)
def test_refused_options_that_cannot_mean_anything(supervised, options, named, tmp_path):
    with pytest.raises(Failed, match=named) as failure:
        supervised(command=["/bin/web"], **options)

    assert failure.value.result["error"] == "invalid-option"
    assert not list(tmp_path.iterdir())


def test_the_user_who_runs_it_needs_not_be_written(supervised):
    result = supervised(command=["/bin/web"], user=getpass.getuser(), check_mode=True)

    assert "\nuser" not in result["diff"]["after"]


def test_refused_where_there_is_no_supervisord(supervised, tmp_path):
    with pytest.raises(Failed) as failure:
        supervised(command=["/bin/web"], binary_directory=str(tmp_path))

    assert failure.value.result["error"] == "supervisor-missing"
    assert str(tmp_path) in failure.value.result["msg"]

    assert not list(tmp_path.iterdir())
