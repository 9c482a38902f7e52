# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdicts on measurements of a real PostgreSQL."""

from __future__ import annotations

import collections.abc
import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading
import typing as t

import psycopg
import pytest

from ansible_collections.progressive.delivery.tests.e2e.balancers.laid_down import free_port, until
from ansible_collections.progressive.delivery.tests.module_call import call

POOLS = {"baseline": "stable", "canary": "canary"}
ERRORS = {
    "name": "errors",
    "bad": "SELECT count(*) FROM requests WHERE pool = '{{ pool }}' AND status::text LIKE '5%'",
    "total": "SELECT count(*) FROM requests WHERE pool = '{{ pool }}'",
    "interval": 0.25,
}
REQUESTS = """
INSERT INTO requests SELECT pool, CASE WHEN number <= bad THEN 500 ELSE 200 END
FROM generate_series(1, 100) AS number, (VALUES ('stable', 1), ('canary', %s)) AS pools (pool, bad)
"""


def binary(name: str) -> str:
    """A program of PostgreSQL, of which Debian puts few on the path."""
    places = [os.environ["PATH"], *map(str, sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), reverse=True))]
    found = shutil.which(name, path=os.pathsep.join(places))
    assert found, f"{name} is not installed"
    return found


class PostgreSQL:
    """A server with a database of requests; it does not run as root, so where root tests it is another's."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.port = free_port()
        self._folder = folder
        self._user = "postgres" if os.geteuid() == 0 else None
        self.password_file = folder / "password"
        self.password_file.write_text("s3cret\n")
        if self._user:
            for path in (folder, self.password_file):
                shutil.chown(path, self._user)
        options = [
            "--auth=scram-sha-256",
            f"--pwfile={self.password_file}",
            "--no-sync",
            "--encoding=UTF8",
            "--locale=C",
        ]
        self._run(binary("initdb"), f"--pgdata={folder}/data", "--username=shop", *options)
        self.start()
        with self.connected() as connection:
            connection.execute("CREATE TABLE requests (pool text, status integer)")
        self.provider = {
            "type": "sql",
            "address": f"postgresql+psycopg://shop@127.0.0.1:{self.port}/postgres",
            "password_file": str(self.password_file),
            "attempts": 1,
        }

    def _run(self, *command: str) -> None:
        subprocess.run(command, user=self._user, cwd=self._folder, check=True, capture_output=True)

    def start(self) -> None:
        command = [binary("postgres"), "-D", f"{self._folder}/data", "-k", str(self._folder), "-p", str(self.port)]
        self._log = (self._folder / "log").open("ab")
        self._process = subprocess.Popen(
            [*command, "-h", "127.0.0.1", "-F"],
            user=self._user,
            cwd=self._folder,
            stdout=self._log,
            stderr=self._log,
        )
        until(self._answers, "PostgreSQL answers")

    def _answers(self) -> bool:
        assert self._process.poll() is None, (self._folder / "log").read_text()
        try:
            self.connected().close()
        except psycopg.OperationalError:
            return False
        return True

    def connected(self) -> psycopg.Connection:
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user="shop", password="s3cret", dbname="postgres", autocommit=True
        )

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()
        self._log.close()


@pytest.fixture(scope="module")
def postgresql() -> collections.abc.Iterator[PostgreSQL]:
    # pytest's own folders can be entered by their owner only.
    with tempfile.TemporaryDirectory() as folder:
        server = PostgreSQL(pathlib.Path(folder))
        try:
            yield server
        finally:
            server.stop()


@contextlib.contextmanager
def requests_of_users(server: PostgreSQL, bad: int) -> collections.abc.Iterator[None]:
    """A hundred at a time to each pool; one of the stable pool's is bad, and so many of the canary's."""
    over = threading.Event()

    def go_on() -> None:
        with server.connected() as connection:
            while not over.wait(0.02):
                connection.execute(REQUESTS, [bad])

    traffic = threading.Thread(target=go_on)
    traffic.start()
    try:
        yield
    finally:
        over.set()
        traffic.join()


@pytest.mark.parametrize(
    ("bad", "verdict", "reason"),
    [
        (5, "failed", "errors: worse than 1.5 × the baseline"),
        (1, "successful", "errors: within 1.5 × the baseline"),
    ],
)
def test_a_canary_beside_its_baseline(postgresql: PostgreSQL, bad: int, verdict: str, reason: str) -> None:
    with requests_of_users(postgresql, bad):
        result = call(
            "analysis", provider=postgresql.provider, metrics=[ERRORS], duration=120, fail_on="never", **POOLS
        )
    assert (result["verdict"], result["reason"][: len(reason)]) == (verdict, reason), result
    samples = result["metrics"]["errors"]["measured"]["samples"]
    assert samples["baseline"] == samples["canary"], "the two sides were not read in one transaction"


def measured(postgresql: PostgreSQL, query: str, **options: t.Any) -> dict[str, t.Any]:
    """What the analysis says of one measurement."""
    metric = {"name": "one", "query": query, "success_condition": "result == `0.5`", "consecutive_error_limit": 0}
    provider = {**postgresql.provider, **options}
    return call("analysis", provider=provider, metrics=[metric], fail_on="never")


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 0.5",
        "SELECT 0.5::float8",
        "SELECT 50 * 0.01 WHERE 'a:b%c' LIKE '%:b%'",
        "SELECT 'x', 0.5::numeric(4, 2)",
    ],
)
def test_conditions_on_a_query_of_its_language(postgresql: PostgreSQL, query: str) -> None:
    assert measured(postgresql, query)["verdict"] == "successful"


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("INSERT INTO requests VALUES ('canary', 200)", "cannot execute INSERT in a read-only transaction"),
        ("SELECT pg_sleep(600)", "canceling statement due to statement timeout"),
        ("SELECT nothing", 'column "nothing" does not exist'),
        ("SELECT 1 FROM generate_series(1, 2)", "the query has 2 series where one is wanted"),
    ],
)
def test_what_is_no_measurement_is_an_error_with_its_reason(postgresql: PostgreSQL, query: str, says: str) -> None:
    result = measured(postgresql, query, timeout=1.0)
    assert result["verdict"] == "error"
    assert says in result["reason"]


def test_a_password_that_is_wrong_is_an_error_that_does_not_tell_it(
    postgresql: PostgreSQL, tmp_path: pathlib.Path
) -> None:
    (tmp_path / "password").write_text("s3cret-of-yesterday")
    result = measured(postgresql, "SELECT 0.5", password_file=str(tmp_path / "password"))
    assert result["verdict"] == "error"
    assert "the database does not answer: " in result["reason"]
    assert "s3cret" not in str(result)
    given = {"password_file": None, "password": "s3cret"}
    assert measured(postgresql, "SELECT 0.5", **given)["verdict"] == "successful"


def test_a_server_that_is_down_for_a_time_is_no_verdict_on_the_release(postgresql: PostgreSQL) -> None:
    """Each look is a connection of its own, so the next one after it is back measures again."""
    metric = {
        "name": "one",
        "query": "SELECT 0.5",
        "success_condition": "result == `0.5`",
        "interval": 1e-9,
        "count": 2,
    }
    part = {"provider": postgresql.provider, "metrics": [metric], "duration": 0, "final": False}
    postgresql.stop()
    try:
        first = call("analysis", **part)
    finally:
        postgresql.start()
    second = call("analysis", **{**part, "duration": 60}, state=first["state"])
    assert (first["verdict"], second["verdict"]) == (None, "successful")
    assert second["metrics"]["one"]["measured"]["error"] == 1
