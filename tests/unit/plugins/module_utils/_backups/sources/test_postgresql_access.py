# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the programs of PostgreSQL are told, and what is read from them."""

from __future__ import annotations

import os
import pathlib
import pwd

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources import postgresql_access
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.postgresql import dump_arguments
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.postgresql_access import (
    Refused,
    Server,
    as_user,
    environment_for,
    identifier,
    literal,
    password_line,
    program_path,
    target,
    words,
)

OTHER = next(account for account in pwd.getpwall() if account.pw_uid not in (0, os.geteuid()))


def test_what_pg_dump_is_told() -> None:
    assert dump_arguments("shop", "00000003-1", 1.5) == [
        "--format=custom",
        "--no-password",
        "--compress=0",
        "--snapshot=00000003-1",
        "--lock-wait-timeout=1500",
        "--dbname=dbname='shop'",
    ]


def test_a_password_is_shown_nowhere() -> None:
    server = Server("db", 5433, "shop", "s3cret")
    assert "s3cret" not in repr(server)
    assert environment_for(server, "/proc/self/fd/3") == {
        "PGAPPNAME": "progressive.delivery",
        "PGCLIENTENCODING": None,
        "PGHOST": "db",
        "PGPORT": "5433",
        "PGUSER": "shop",
        "PGPASSFILE": "/proc/self/fd/3",
        "PGPASSWORD": None,
    }


def test_what_is_not_given_is_left_to_libpq() -> None:
    assert set(environment_for(Server(), None)) == {"PGAPPNAME", "PGCLIENTENCODING"}


def test_programs_of_another_user_have_his_home_and_end_with_this_process() -> None:
    environment = environment_for(Server(run_as=OTHER.pw_name), None)
    assert (environment["HOME"], environment["USER"]) == (OTHER.pw_dir, OTHER.pw_name)
    assert as_user(OTHER.pw_name) == [
        "setpriv",
        "--pdeathsig=KILL",
        f"--reuid={OTHER.pw_uid}",
        f"--regid={OTHER.pw_gid}",
        "--init-groups",
        "--",
    ]
    assert as_user(None) == as_user(pwd.getpwuid(os.geteuid()).pw_name) == []
    with pytest.raises(Refused, match="run_as names the user 'no one'"):
        as_user("no one")


@given(password=st.text())
def test_a_password_line_holds_every_password(password: str) -> None:
    line = password_line(password)
    assert line.startswith("*:*:*:*:")
    read = iter(line[len("*:*:*:*:") : -1])
    assert "".join(next(read) if character == "\\" else character for character in read) == password


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("shop", "--dbname=dbname='shop'"),
        ("host=elsewhere", "--dbname=dbname='host=elsewhere'"),
        ("a'b\\c", "--dbname=dbname='a\\'b\\\\c'"),
    ],
)
def test_a_database_is_named_whatever_its_name_looks_like(name: str, written: str) -> None:
    assert target(name) == written


def test_names_and_values_are_quoted() -> None:
    assert identifier('Sh"op') == '"Sh""op"'
    assert literal("it's \\") == "'it''s \\'"


def test_a_program_is_taken_from_its_folder_only_where_one_is_given(tmp_path: pathlib.Path) -> None:
    program = tmp_path / "psql"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert program_path("psql", str(tmp_path)) == str(program)
    with pytest.raises(Refused, match=f"pg_dump is not installed, or not in {tmp_path}"):
        program_path("pg_dump", str(tmp_path))


def test_a_program_of_the_version_of_the_server_comes_before_the_newest(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("14/bin", "9.6/bin", "16/bin", "path"):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "pg_dump").write_text("#!/bin/sh\n")
        (tmp_path / place / "pg_dump").chmod(0o755)
    monkeypatch.setattr(postgresql_access, "_PLACES", (f"{tmp_path}/*/bin",))
    monkeypatch.setattr(
        postgresql_access, "_version", lambda place: [int(pathlib.Path(place).parent.name.split(".")[0])]
    )
    monkeypatch.setenv("PATH", f"{tmp_path}/path")
    assert program_path("pg_dump", None, 14) == f"{tmp_path}/14/bin/pg_dump"
    assert program_path("pg_dump", None) == program_path("pg_dump", None, 15) == f"{tmp_path}/16/bin/pg_dump"
    monkeypatch.setattr(postgresql_access, "_PLACES", ())
    assert program_path("pg_dump", None, 14) == f"{tmp_path}/path/pg_dump"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ('psql:<stdin>:7: ERROR:  no "x"\nDETAIL:  None.\n', 'ERROR:  no "x"; DETAIL:  None.'),
        ("pg_restore: error: could not read\npg_restore: detail: cut", "error: could not read; detail: cut"),
        ("", ""),
    ],
)
def test_the_words_of_a_program_are_told_in_one_line(said: str, told: str) -> None:
    assert words(said) == told
