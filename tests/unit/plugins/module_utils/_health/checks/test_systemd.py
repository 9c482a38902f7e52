# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of units, with a stand-in for systemctl that is a real program."""

from __future__ import annotations

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._health.errors import CannotCheckHere
from ansible_collections.progressive.delivery.plugins.module_utils._health.interface import failed, passed, unable

ACTIVE = "LoadState=loaded\nActiveState=active\nSubState=running\nResult=success\n"


@pytest.fixture
def systemctl(tmp_path, monkeypatch):
    """Installs a systemctl that writes its arguments down, prints and ends as told."""

    def install(output: str, rc: int = 0, stream: int = 1):
        arguments = tmp_path / "arguments"
        program = tmp_path / "systemctl"
        program.write_text(f"#!/bin/sh\necho \"$@\" > {arguments}\ncat <<'END' >&{stream}\n{output}END\nexit {rc}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
        return arguments

    return install


def test_an_active_unit_is_good(finding, systemctl) -> None:
    arguments = systemctl(ACTIVE)

    assert finding("systemd", unit="app@{zone}.service") == passed("app@east.service is active (running)")
    assert arguments.read_text() == "show --property=LoadState,ActiveState,SubState,Result -- app@east.service\n"


def test_a_failed_one_is_bad_and_says_why(finding, systemctl) -> None:
    systemctl("LoadState=loaded\nActiveState=failed\nSubState=failed\nResult=exit-code\n")

    assert finding("systemd", unit="app.service") == failed(
        "app.service is failed (failed), expected active; result: exit-code"
    )


def test_another_state_may_be_wanted(finding, systemctl) -> None:
    systemctl("LoadState=loaded\nActiveState=inactive\nSubState=dead\nResult=success\n")

    assert finding("systemd", unit="app.service", state="inactive") == passed("app.service is inactive (dead)")


def test_one_that_does_not_exist_is_bad_whatever_is_wanted(finding, systemctl) -> None:
    systemctl("LoadState=not-found\nActiveState=inactive\nSubState=dead\nResult=success\n")

    assert finding("systemd", unit="app.service", state="inactive") == failed("app.service is not-found")


def test_a_systemd_that_does_not_answer_is_not_the_units_fault(finding, systemctl) -> None:
    systemctl("Not booted with systemd\nFailed to connect to bus\n", rc=1, stream=2)

    assert finding("systemd", unit="app.service") == unable("systemctl failed: Failed to connect to bus")


def test_a_machine_without_systemd_is_refused(prepared, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(CannotCheckHere, match="The systemd check 'it' needs systemctl"):
        prepared("systemd", unit="app.service")
