# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A program that is talked to, and how it is let go."""

from __future__ import annotations

import os

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._backups.coprocess import Coprocess, Ended
from ansible_collections.progressive.delivery.plugins.module_utils._backups.passwords import file_in_memory, path_of


def test_it_answers_line_by_line_with_any_bytes() -> None:
    talking = Coprocess(["cat"], {})
    try:
        for line in ("one", "", "zwei ü", "\udcff\udc80"):
            talking.send(line + "\n")
            assert talking.line() == line
        assert talking.running()
    finally:
        talking.close()
    assert not talking.running()


def test_what_it_said_last_is_the_error_when_it_is_gone() -> None:
    talking = Coprocess(["sh", "-c", "echo half; printf part; echo it is broken >&2; exit 3"], {})
    try:
        assert talking.line() == "half"
        with pytest.raises(Ended, match="^it is broken$"):
            talking.line()
        with pytest.raises(Ended, match="^it is broken$"):
            talking.send("more\n")
        assert talking.wait() == 3
    finally:
        talking.close()


def test_one_that_says_nothing_is_told_by_its_code() -> None:
    talking = Coprocess(["false"], {})
    try:
        with pytest.raises(Ended, match="it ended with code 1 and said nothing"):
            talking.line()
    finally:
        talking.close()


def test_one_that_does_not_end_by_itself_is_killed() -> None:
    talking = Coprocess(["sh", "-c", "echo $$; sleep 600"], {})
    number = talking.line()
    talking.close()
    assert int(number) > 0
    assert not talking.running()


def test_a_password_reaches_the_program_and_is_nowhere_afterwards() -> None:
    with file_in_memory("s3cret ü\n") as descriptor:
        for _time in range(2):
            talking = Coprocess(["cat", path_of(descriptor)], {}, [descriptor])
            try:
                assert talking.line() == "s3cret ü"
            finally:
                talking.close()
        talking = Coprocess(["stat", "--dereference", "--format=%a %F", path_of(descriptor)], {}, [descriptor])
        try:
            assert talking.line() == "600 regular file"
        finally:
            talking.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)
