# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A database that SQLAlchemy speaks to.

PRIVATE to the collection. It only reads: what a query does is rolled back, and PostgreSQL and SQLite
refuse to write from the start.
"""

from __future__ import annotations

import decimal
import functools
import math
import os
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.errors import (
    BadMeasurement,
    ProviderRefused,
    ProviderUnreachable,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.kind import (
    ADDRESS,
    Kind,
    need_text,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.series import Series
from ansible_collections.progressive.delivery.plugins.module_utils._attempts import Attempts
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._http_options import Params, secret_in
from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import (
    MissingLibrary,
    OptionalLibrary,
)

sqlalchemy = OptionalLibrary("sqlalchemy")

_PATIENCE = {"psycopg": "connect_timeout", "psycopg2": "connect_timeout", "pg8000": "timeout", "pysqlite": "timeout"}
"""By driver, what it calls the seconds that a connection may take."""
_BEGINNING = {
    "postgresql": (
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
        "SET LOCAL statement_timeout = {0:.0f}",
    ),
    "sqlite": ("PRAGMA query_only = ON",),
}
"""By database, what comes before the queries; it is given the milliseconds that each may take."""


_SECRETS = {"password", "passwd", "pwd", "sslpassword"}
"""What drivers call a password in the part of a URL after the question mark."""


class Sql:
    """A database; satisfies ``Provider``.

    A query yields a series for each row. The last column is its value, the others are its labels, and NULL is no data.
    The queries of one look are asked in one transaction, in PostgreSQL of one snapshot, so that what is counted meanwhile is in none.

    :param engine: SQLAlchemy's
    :param timeout: seconds that a query may take, where the database can be told
    """

    def __init__(self, engine: t.Any, timeout: float, attempts: Attempts) -> None:
        self._engine = engine
        self._beginning = [text.format(1000 * timeout) for text in _BEGINNING.get(engine.dialect.name, ())]
        self._attempts = attempts

    def check(self, query: str) -> None:
        """Leave it to the database, which alone knows its language; raises InvalidOption where there is nothing."""
        need_text(query)

    def check_counter(self, query: str) -> None:
        """Any may be a counter, as far as anybody can see."""

    def measure(self, queries: t.Sequence[str]) -> t.List[t.List[Series]]:
        """The series that each query yields."""
        return self._attempts.of(functools.partial(self._measure, queries))

    def _measure(self, queries: t.Sequence[str]) -> t.List[t.List[Series]]:
        try:
            connection = self._engine.connect()
        except sqlalchemy.exc.SQLAlchemyError as error:
            raise ProviderUnreachable("the database does not answer: {0}".format(_said(error))) from error
        try:
            for text in self._beginning:
                connection.execute(_literally(text))
            return [_series(connection.execute(_literally(query))) for query in queries]
        except sqlalchemy.exc.DBAPIError as error:
            kind = ProviderUnreachable if error.connection_invalidated else ProviderRefused
            raise kind("the database refused the query: {0}".format(_said(error))) from error
        except sqlalchemy.exc.SQLAlchemyError as error:
            raise ProviderRefused("the database cannot be asked: {0}".format(_said(error))) from error
        finally:
            connection.close()  # which rolls back


def _literally(text: str) -> t.Any:
    """A statement in which a colon is a colon, and names no parameter."""
    return sqlalchemy.text(text.replace(":", "\\:"))


def _series(answer: t.Any) -> t.List[Series]:
    if not answer.returns_rows:
        raise BadMeasurement("the query yields no rows; it must be a SELECT")
    names = list(answer.keys())[:-1]
    return [
        Series(frozenset(zip(names, map(str, labels))), float(value) if isinstance(value, decimal.Decimal) else value)
        for *labels, value in answer
        if value is not None
    ]


def _said(error: Exception) -> str:
    """What went wrong in one line, without the query and without what SQLAlchemy adds."""
    return (str(getattr(error, "orig", None) or error) or type(error).__name__).splitlines()[0]


def _build(params: Params) -> Sql:
    if not sqlalchemy:
        raise MissingLibrary("SQLAlchemy")
    try:
        url = sqlalchemy.engine.make_url(params["address"])
        dialect = url.get_dialect()
    except (sqlalchemy.exc.SQLAlchemyError, ValueError) as error:
        said = "address: it is no URL of a database as SQLAlchemy has them, such as postgresql+psycopg://user@host/name"
        raise InvalidOption(said) from error
    if url.password is not None or _SECRETS & {name.lower() for name in url.query}:
        raise InvalidOption("address: a password in it would be shown; give password or password_file")
    if dialect.is_async:
        raise InvalidOption("address: {0} is a driver for asyncio; name one that is not".format(dialect.driver))
    if dialect.name == "sqlite" and not os.path.isfile(url.database or ""):
        raise InvalidOption("address: there is no file {0}".format(url.database))
    if params["password"] is not None and params["password_file"]:
        raise InvalidOption("password_file: there is a password as well; give one of them")
    password = secret_in(params["password_file"], "password_file") if params["password_file"] else params["password"]
    patience = _PATIENCE.get(dialect.driver)
    try:
        engine = sqlalchemy.create_engine(
            url if password is None else url.set(password=password),
            poolclass=sqlalchemy.pool.NullPool,
            connect_args={patience: math.ceil(params["timeout"])} if patience else {},
            future=True,
        )
    except ImportError as error:
        raise MissingLibrary(error.name or dialect.driver) from error
    return Sql(engine, params["timeout"], Attempts(params["attempts"], ProviderUnreachable))


KIND = Kind(
    build=_build,
    options={
        **ADDRESS,
        "password": {"type": "str", "no_log": True},
        "password_file": {"type": "path", "no_log": False},
    },
    needs=["address"],
)
