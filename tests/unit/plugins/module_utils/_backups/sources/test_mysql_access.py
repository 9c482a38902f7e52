# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the programs of MariaDB are told, and what is read from them."""

from __future__ import annotations

import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.mysql import (
    dump_arguments,
    has_snapshot,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.mysql_access import (
    Refused,
    Server,
    identifier,
    literal,
    option_file,
    program_path,
    qualified,
    unescaped,
    words,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.mysql_facts import sum_of

ESCAPES = {"\n": "\\n", "\t": "\\t", "\0": "\\0", "\\": "\\\\"}


def test_what_the_dump_program_is_told() -> None:
    told = dump_arguments("/d/1.sql", "-shop", ["v 1"])
    assert told[:4] == ["--single-transaction", "--skip-lock-tables", "--quick", "--hex-blob"]
    assert told[-4:] == ["--result-file=/d/1.sql", "--ignore-table=-shop.v 1", "--", "-shop"]


@pytest.mark.parametrize(
    ("said", "has"),
    [
        ("", False),
        ("-- Connecting to localhost...\n", False),
        ("-- Connecting to localhost...\n-- Starting transaction...\n", False),
        ("-- Connecting to localhost...\n-- Starting transaction...\n-- Setting savepoint...\n", True),
        ("ecting to localhost...\n-- Retrieving table structure for table t...\n", True),
        ("mysqldump: Got error: 1045\n", False),
    ],
)
def test_a_dump_has_its_snapshot_when_it_tells_of_what_comes_after_it(said: str, has: bool) -> None:
    assert has_snapshot(said) == has


@given(value=st.text())
def test_what_the_client_writes_is_read_back(value: str) -> None:
    assert unescaped("".join(ESCAPES.get(character, character) for character in value)) == value


def test_the_options_name_the_server_and_the_password() -> None:
    server = Server("db", 3307, None, "shop", 's"#\\c')
    assert option_file(server) == (
        '[client]\nhost="db"\nport="3307"\nuser="shop"\npassword="s\\"#\\\\c"\nprotocol="tcp"\n'
    )
    assert option_file(Server(socket="/run/s", port=1)) == '[client]\nport="1"\nsocket="/run/s"\n'
    assert 's"#' not in repr(server)


def test_names_and_values_are_quoted() -> None:
    assert identifier("a`b") == "`a``b`"
    assert qualified("d", "t") == "`d`.`t`"
    assert literal("it's") == "'it''s'"
    assert literal("a\\") == "CONVERT(0x615c USING utf8mb4)"


def test_the_first_program_that_is_there_is_taken(tmp_path: pathlib.Path) -> None:
    program = tmp_path / "mysql"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert program_path(("mariadb", "mysql"), str(tmp_path)) == str(program)
    with pytest.raises(Refused, match=f"neither mariadb-dump nor mysqldump is installed, or not in {tmp_path}"):
        program_path(("mariadb-dump", "mysqldump"), str(tmp_path))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "--------------\nSELECT 's3cret'\n--------------\n\nERROR 1146 (42S02) at line 7: Table 'a.b' doesn't exist\n",
            "ERROR 1146 (42S02): Table 'a.b' doesn't exist",
        ),
        ("-- Connecting to localhost...\nmariadb-dump: Got error: 2002: down\n", "mariadb-dump: Got error: 2002: down"),
        ("something else\n", "something else"),
    ],
)
def test_the_words_of_a_program_are_told_without_the_statement_they_are_about(said: str, told: str) -> None:
    assert words(said) == told


def test_rows_are_summed_by_bytes_of_texts_and_by_what_the_server_writes_of_numbers() -> None:
    columns = [("a b", "int", 0), ("c", "char", 20), ("l", "longtext", 1 << 32), ("p", "point", 0), ("j", "json", 0)]
    assert sum_of("`d`.`t`", columns) == (
        "SELECT COUNT(*), COALESCE(SUM(CAST(CONV(LEFT(SHA2(CONCAT_WS(',', IFNULL(CAST(`a b` AS CHAR), '-'), "
        "IFNULL(HEX(`c`), '-'), IFNULL(SHA2(`l`, 256), '-'), IFNULL(HEX(`p`), '-'), IFNULL(SHA2(CAST(`j` AS CHAR), 256), '-')), "
        "256), 16), 16, 10) AS UNSIGNED)), 0) FROM `d`.`t`"
    )
