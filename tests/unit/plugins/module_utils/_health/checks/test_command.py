# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks by a command."""

from __future__ import annotations

import os
import sys
import time

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._health.errors import CannotCheckHere
from ansible_collections.progressive.delivery.plugins.module_utils._health.interface import failed, passed, unable


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_rc_0_is_good(finding) -> None:
    assert finding("command", argv=python("pass")) == passed("rc 0")


def test_another_rc_is_bad_and_the_last_line_of_stderr_tells_why(finding) -> None:
    found = finding("command", argv=python("import sys; print('out'); sys.exit('first\\nlast')"))

    assert found == failed("rc 1, expected 0: last")


def test_any_of_several_rcs_is_good(finding) -> None:
    assert finding("command", argv=python("raise SystemExit(3)"), rc=[0, 3]) == passed("rc 3")
    assert finding("command", argv=python("raise SystemExit(2)"), rc=[0, 3]) == failed("rc 2, expected 0 or 3")


def test_the_output_must_match(finding) -> None:
    argv = python("print('role: primary')")

    assert finding("command", argv=argv, stdout_regex="role: primary$").passed
    assert finding("command", argv=argv, stdout_regex="replica") == failed(
        "rc 0, but the output does not match 'replica'"
    )


def test_placeholders_are_filled_and_there_is_no_shell(finding) -> None:
    argv = [*python("import sys; print(sys.argv[1:])"), "{name} {zone}", "$HOME; true"]

    assert finding("command", argv=argv, stdout_regex=r"^\['app1 east', '\$HOME; true'\]").passed


def test_one_that_takes_too_long_is_bad(finding) -> None:
    found = finding("command", argv=[*python("import time; time.sleep(600)")], timeout=0.3)

    assert found == failed(f"{sys.executable} did not end within 0.3 s and was killed")


def test_one_that_cannot_be_run_after_all_is_not_the_targets_fault(prepared, tmp_path) -> None:
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    probe = prepared("command", argv=[str(program)])
    program.unlink()

    assert probe.run(time.monotonic() + 10) == unable(f"{program} cannot be run: {os.strerror(2)}")


def test_one_that_is_not_there_is_refused_before_anything_runs(prepared) -> None:
    with pytest.raises(CannotCheckHere, match="Check 'it' runs no-such-command, which is no command on this machine"):
        prepared("command", argv=["no-such-command"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"argv": []}, "Option argv of check 'it' is empty"),
        ({"argv": ["true"], "stdout_regex": "("}, "Option stdout_regex of check 'it' is .*not a regular expression"),
    ],
)
def test_improper_options_are_refused(prepared, options, message) -> None:
    with pytest.raises(InvalidOption, match=message):
        prepared("command", **options)
