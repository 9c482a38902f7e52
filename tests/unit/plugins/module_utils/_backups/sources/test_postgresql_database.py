# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Statements about databases as such."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.postgresql_database import (
    assigned,
    created,
    dressed,
    dropped,
    ended,
    lock_of,
    renamed,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.postgresql_facts import rows_of
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.scratch_database import (
    FRESH,
    OLD,
    PROOF,
    scratch_name,
)

ABOUT: dict[str, t.Any] = {
    "owner": 'o"w',
    "encoding": "UTF8",
    "collate": "C",
    "ctype": "de_DE.utf8",
    "provider": "c",
    "locale": None,
    "rules": None,
    "tablespace": "pg_default",
    "limit": -1,
    "comment": None,
    "grants": None,
    "settings": [],
}
BEGINNING = "CREATE DATABASE \"new\" TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'de_DE.utf8'"


@pytest.mark.parametrize(
    ("change", "owned", "end"),
    [
        ({}, False, ""),
        ({}, True, ' OWNER "o""w" TABLESPACE "pg_default"'),
        ({"provider": None}, False, ""),
        ({"provider": "i", "locale": "de"}, False, " LOCALE_PROVIDER icu ICU_LOCALE 'de'"),
        (
            {"provider": "i", "locale": "de", "rules": "&a<b"},
            False,
            " LOCALE_PROVIDER icu ICU_LOCALE 'de' ICU_RULES '&a<b'",
        ),
        ({"provider": "b", "locale": "C.UTF-8"}, False, " LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'"),
    ],
)
def test_a_database_is_made_for_the_texts_of_the_one_that_was_saved(
    change: dict[str, t.Any], owned: bool, end: str
) -> None:
    assert created("new", {**ABOUT, **change}, owned) == BEGINNING + end


def test_a_database_gets_its_limit_comment_rights_and_settings() -> None:
    about = {
        **ABOUT,
        "limit": 7,
        "comment": "it's",
        "grants": [
            {"grantee": None, "privilege": "TEMPORARY", "grantable": False},
            {"grantee": "a b", "privilege": "CONNECT", "grantable": True},
        ],
        "settings": [{"role": None, "values": ["work_mem=8MB"]}, {"role": "app", "values": ["a.b=x=y"]}],
    }
    assert dressed("new", about) == [
        'ALTER DATABASE "new" CONNECTION LIMIT 7',
        "COMMENT ON DATABASE \"new\" IS 'it''s'",
        'REVOKE ALL ON DATABASE "new" FROM PUBLIC, "o""w"',
        'GRANT TEMPORARY ON DATABASE "new" TO PUBLIC',
        'GRANT CONNECT ON DATABASE "new" TO "a b" WITH GRANT OPTION',
        'ALTER DATABASE "new" SET "work_mem" TO \'8MB\'',
        'ALTER ROLE "app" IN DATABASE "new" SET "a"."b" TO \'x=y\'',
    ]
    assert dressed("new", ABOUT) == ['ALTER DATABASE "new" CONNECTION LIMIT -1']


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ('"$user", public', "'$user', 'public'"),
        ('"a, ""b""",c', "'a, \"b\"', 'c'"),
        ('""', "''"),
        ("", "''"),
    ],
)
def test_a_list_is_set_name_by_name(value: str, written: str) -> None:
    assert assigned(f"search_path={value}") == f'"search_path" TO {written}'


@given(names=st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), min_size=1))
def test_every_list_of_quoted_names_is_read_back(names: list[str]) -> None:
    value = ", ".join('"{}"'.format(name.replace('"', '""')) for name in names)
    written = ", ".join("'{}'".format(name.replace("'", "''")) for name in names)
    assert assigned(f"search_path={value}") == f'"search_path" TO {written}'


@given(name=st.text(st.characters(exclude_categories=["Cs"])))
def test_scratch_names_fit_and_differ_by_use(name: str) -> None:
    names = [scratch_name(use, name) for use in (PROOF, FRESH, OLD)]
    assert len(set(names)) == 3
    assert all(len(each) < 63 and each == scratch_name(use, name) for use, each in zip((PROOF, FRESH, OLD), names))
    assert 0 <= lock_of(name) < 1 << 63


def test_databases_are_renamed_in_one_transaction_and_dropped_by_force_where_the_server_can() -> None:
    assert renamed([("a", "o"), ("f", "a")]) == (
        'BEGIN;\nALTER DATABASE "a" RENAME TO "o";\nALTER DATABASE "f" RENAME TO "a";\nCOMMIT'
    )
    assert dropped("a", 150000) == 'DROP DATABASE IF EXISTS "a" WITH (FORCE)'
    assert dropped("a", 120000) == 'DROP DATABASE IF EXISTS "a"'
    assert ended(["a", "b'"]).endswith("datname IN ('a', 'b''')")


def test_rows_are_read_by_columns_and_without_heirs() -> None:
    assert rows_of('public."T"', ["a", '"b c"']) == 'SELECT ROW(t.a, t."b c")::text AS whole FROM ONLY public."T" AS t'
