# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A database that is asked, a real one of SQLite; a real PostgreSQL is asked in tests/e2e/analysis."""

from __future__ import annotations

import contextlib
import pathlib
import sqlite3
import typing as t

import pytest
import sqlalchemy

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.errors import (
    BadMeasurement,
    ProviderRefused,
    ProviderUnreachable,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers import sql
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.registry import (
    OPTIONS,
    provider_of,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.series import Series
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import MissingLibrary

ROWS = [("stable", "a:1", 200, 0.1), ("canary", "b:1", 200, 0.2), ("canary", "b:2", 500, 0.4)]


@pytest.fixture
def file(tmp_path: pathlib.Path) -> pathlib.Path:
    """A database of requests."""
    path = tmp_path / "requests.db"
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE requests (pool TEXT, host TEXT, status INTEGER, seconds REAL)")
        database.executemany("INSERT INTO requests VALUES (?, ?, ?, ?)", ROWS)
        database.commit()
    return path


def provider(address: t.Any, **options: t.Any) -> t.Any:
    defaults = {name: spec.get("default") for name, spec in OPTIONS.items()}
    return provider_of({**defaults, "type": "sql", "attempts": 1, "address": str(address), **options})


def labelled(value: t.Any, **labels: str) -> Series:
    return Series(frozenset(labels.items()), value)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT count(*) FROM requests WHERE pool = 'canary' AND status >= 500", [labelled(1)]),
        ("SELECT max(seconds) FROM requests", [labelled(0.4)]),
        ("SELECT max(seconds) FROM requests WHERE pool = 'none'", []),
        ("SELECT seconds FROM requests WHERE pool = 'none'", []),
        ("SELECT seconds FROM requests WHERE host = 'b:2'", [labelled(0.4)]),
        ("SELECT count(*) FROM requests WHERE host LIKE 'b:%'", [labelled(2)]),
        (
            "SELECT host, status, seconds FROM requests WHERE pool = 'canary' ORDER BY host;",
            [labelled(0.2, host="b:1", status="200"), labelled(0.4, host="b:2", status="500")],
        ),
        ("SELECT 'steady'", [labelled("steady")]),
    ],
)
def test_what_a_query_yields(file: pathlib.Path, query: str, expected: list[Series]) -> None:
    asking = provider(f"sqlite:///{file}")
    asking.check(query)
    asking.check_counter(query)
    assert asking.measure([query, query]) == [expected, expected]


@pytest.mark.parametrize("query", ["DELETE FROM requests", "INSERT INTO requests VALUES ('x', 'x', 1, 1)"])
def test_nothing_is_ever_written(file: pathlib.Path, query: str) -> None:
    with pytest.raises(ProviderRefused, match="attempt to write a readonly database"):
        provider(f"sqlite:///{file}").measure([query])
    assert provider(f"sqlite:///{file}").measure(["SELECT count(*) FROM requests"])[0][0].value == len(ROWS)


def test_a_query_that_is_wrong_is_refused_in_one_line(file: pathlib.Path) -> None:
    with pytest.raises(ProviderRefused) as refusal:
        provider(f"sqlite:///{file}").measure(["SELECT * FROM request"])
    assert refusal.value.message == "the database refused the query: no such table: request"


def test_what_yields_no_rows_is_no_measurement(file: pathlib.Path) -> None:
    with pytest.raises(BadMeasurement, match="yields no rows; it must be a SELECT"):
        provider(f"sqlite:///{file}").measure(["PRAGMA cache_size = 100"])


def test_a_database_that_cannot_be_opened_does_not_answer(file: pathlib.Path) -> None:
    asking = provider(f"sqlite:///{file}")
    file.unlink()
    file.mkdir()
    with pytest.raises(ProviderUnreachable, match="the database does not answer: unable to open database file"):
        asking.measure(["SELECT 1"])


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("requests.db", "address: it is no URL of a database as SQLAlchemy has them"),
        ("nosuch://host/db", "address: it is no URL of a database"),
        ("postgresql://me:s3cret@host/db", "address: a password in it would be shown"),
        ("postgresql://me@host/db?password=s3cret", "address: a password in it would be shown"),
        ("mysql://me@host/db?charset=utf8&Passwd=s3cret", "address: a password in it would be shown"),
        ("postgresql+asyncpg://me@host/db", "address: asyncpg is a driver for asyncio"),
        ("sqlite:////nowhere/requests.db", "address: there is no file /nowhere/requests.db"),
        ("sqlite://", "address: there is no file None"),
    ],
)
def test_an_address_that_cannot_be_is_refused(address: str, says: str) -> None:
    with pytest.raises(InvalidOption) as refusal:
        provider(address)
    assert refusal.value.message.startswith(says)
    assert "s3cret" not in refusal.value.message


def test_a_password_in_a_file_that_is_not_there_is_refused(file: pathlib.Path) -> None:
    with pytest.raises(InvalidOption, match=r"password_file: cannot read .*nowhere"):
        provider(f"sqlite:///{file}", password_file=str(file.parent / "nowhere"))


def test_of_two_passwords_none_is_taken(file: pathlib.Path) -> None:
    with pytest.raises(InvalidOption, match="password_file: there is a password as well") as refusal:
        provider(f"sqlite:///{file}", password="s3cret", password_file=str(file))
    assert "s3cret" not in refusal.value.message


def test_an_empty_query_is_refused(file: pathlib.Path) -> None:
    with pytest.raises(InvalidOption, match="there is no query"):
        provider(f"sqlite:///{file}").check(" ")


def test_a_library_that_is_missing_is_said_first(monkeypatch: pytest.MonkeyPatch, file: pathlib.Path) -> None:
    def create_engine(*_positional: t.Any, **_options: t.Any) -> t.NoReturn:
        raise ModuleNotFoundError("No module named 'oracledb'", name="oracledb")

    monkeypatch.setattr(sqlalchemy, "create_engine", create_engine)
    with pytest.raises(MissingLibrary, match="oracledb"):
        provider(f"sqlite:///{file}")
    monkeypatch.setattr(sql, "sqlalchemy", None)
    with pytest.raises(MissingLibrary, match="SQLAlchemy"):
        provider(f"sqlite:///{file}")
