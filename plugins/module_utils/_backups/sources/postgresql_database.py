# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a PostgreSQL database is beside its content, and the statements that make, name and drop one.

PRIVATE to the collection.
"""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.postgresql_access import (
    identifier,
    literal,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.scratch_database import OURS, short

LIST = """
SELECT to_json(datname) FROM pg_database
WHERE NOT datistemplate AND datallowconn AND NOT starts_with(datname, '{0}') ORDER BY datname
""".format(OURS)
_DESCRIBED = """
SELECT json_build_object(
    'owner', pg_get_userbyid(d.datdba), 'encoding', pg_encoding_to_char(d.encoding), 'collate', d.datcollate, 'ctype', d.datctype,
    'provider', to_jsonb(d) ->> 'datlocprovider', 'locale', coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale'),
    'rules', to_jsonb(d) ->> 'daticurules', 'tablespace', s.spcname, 'limit', d.datconnlimit,
    'comment', shobj_description(d.oid, 'pg_database'),
    'grants', CASE WHEN d.datacl IS NOT NULL THEN ARRAY(
        SELECT json_build_object('grantee', CASE WHEN grantee <> 0 THEN pg_get_userbyid(grantee) END,
            'privilege', privilege_type, 'grantable', is_grantable) FROM aclexplode(d.datacl)) END,
    'settings', ARRAY(SELECT json_build_object('role', CASE WHEN setrole <> 0 THEN pg_get_userbyid(setrole) END, 'values', setconfig)
        FROM pg_db_role_setting WHERE setdatabase = d.oid))
FROM pg_database d JOIN pg_tablespace s ON s.oid = d.dattablespace WHERE d.datname = {0}
"""
_LISTS = (
    "search_path",
    "temp_tablespaces",
    "local_preload_libraries",
    "session_preload_libraries",
    "shared_preload_libraries",
    "unix_socket_directories",
)
"""Settings whose value is a list of names, which the catalogue holds as SQL writes it."""

About = t.Mapping[str, t.Any]


def lock_of(database: str) -> int:
    """The number of the advisory lock that whoever makes scratch databases for this one holds."""
    return int(short(database), 16) >> 1


def described(database: str) -> str:
    """The query of all that :func:`created` and :func:`dressed` put back."""
    return _DESCRIBED.format(literal(database))


def created(name: str, about: About, owned: bool) -> str:
    """The statement that makes an empty database for such content; *owned*: with its owner and in its tablespace."""
    options = ["ENCODING {0}".format(literal(about["encoding"]))]
    options += ["LC_COLLATE {0}".format(literal(about["collate"])), "LC_CTYPE {0}".format(literal(about["ctype"]))]
    if about["provider"] == "i":
        options += ["LOCALE_PROVIDER icu", "ICU_LOCALE {0}".format(literal(about["locale"]))]
        options += ["ICU_RULES {0}".format(literal(about["rules"]))] if about["rules"] else []
    elif about["provider"] == "b":
        options += ["LOCALE_PROVIDER builtin", "BUILTIN_LOCALE {0}".format(literal(about["locale"]))]
    if owned:
        options += ["OWNER {0}".format(identifier(about["owner"]))]
        options += ["TABLESPACE {0}".format(identifier(about["tablespace"]))]
    return "CREATE DATABASE {0} TEMPLATE template0 {1}".format(identifier(name), " ".join(options))


def dressed(name: str, about: About) -> t.List[str]:
    """The statements that give a database its limit, comment, rights and settings."""
    database = "DATABASE {0}".format(identifier(name))
    statements = ["ALTER {0} CONNECTION LIMIT {1}".format(database, about["limit"])]
    if about["comment"] is not None:
        statements.append("COMMENT ON {0} IS {1}".format(database, literal(about["comment"])))
    if about["grants"] is not None:
        owner = identifier(about["owner"])
        statements.append("REVOKE ALL ON {0} FROM PUBLIC, {1}".format(database, owner))
        statements += [_granted(database, grant) for grant in about["grants"]]
    for setting in about["settings"]:
        of_role = "ROLE {0} IN {1}".format(identifier(setting["role"]), database) if setting["role"] else database
        for value in setting["values"]:
            statements.append("ALTER {0} SET {1}".format(of_role, assigned(value)))
    return statements


def assigned(setting: str) -> str:
    """A setting as the catalogue holds it, ``name=value``, as SQL sets it."""
    name, _equals, value = setting.partition("=")
    values = _elements(value) if name in _LISTS else [value]
    return "{0} TO {1}".format(
        ".".join(identifier(part) for part in name.split(".")), ", ".join(literal(value) for value in values or [""])
    )


def dropped(name: str, version: int) -> str:
    """The statement that drops a database, whoever uses it."""
    return "DROP DATABASE IF EXISTS {0}{1}".format(identifier(name), " WITH (FORCE)" if version >= 130000 else "")


def renamed(pairs: t.Iterable[t.Tuple[str, str]]) -> str:
    """The transaction that gives databases other names, all at once."""
    statements = ["ALTER DATABASE {0} RENAME TO {1}".format(identifier(old), identifier(new)) for old, new in pairs]
    return ";\n".join(["BEGIN", *statements, "COMMIT"])


def ended(databases: t.Iterable[str]) -> str:
    """The query that ends all other connections to *databases*."""
    return (
        "SELECT to_json(pg_terminate_backend(pid)) FROM pg_stat_activity "
        "WHERE pid <> pg_backend_pid() AND datname IN ({0})".format(", ".join(literal(name) for name in databases))
    )


def _granted(database: str, grant: About) -> str:
    grantee = "PUBLIC" if grant["grantee"] is None else identifier(grant["grantee"])
    option = " WITH GRANT OPTION" if grant["grantable"] else ""
    return "GRANT {0} ON {1} TO {2}{3}".format(grant["privilege"], database, grantee, option)


def _elements(value: str) -> t.List[str]:
    """The names in a list of them, of which any may be in double quotes."""
    found: t.List[str] = []
    rest = value.strip()
    while rest:
        if rest.startswith('"'):
            end = 1
            while not (rest[end] == '"' and rest[end + 1 : end + 2] != '"'):
                end += 2 if rest[end] == '"' else 1
            found.append(rest[1:end].replace('""', '"'))
            rest = rest[end + 1 :]
        else:
            name, comma, rest = rest.partition(",")
            found.append(name.strip())
            rest = comma + rest
        rest = rest.lstrip().lstrip(",").lstrip()
    return found
