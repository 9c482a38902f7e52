# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server for repositories of restic, after its published REST interface: Debian has none."""

from __future__ import annotations

import base64
import contextlib
import http.server
import json
import pathlib
import re
import threading
import typing as t
import urllib.parse

KINDS = ("data", "index", "keys", "locks", "snapshots")
_FILE = re.compile(rf"/(?:(?P<kind>{'|'.join(KINDS)})/(?P<name>[0-9a-f]{{64}})|(?P<config>config))\Z")
_LIST = re.compile(rf"/({'|'.join(KINDS)})/\Z")
_VERSION = "application/vnd.x.restic.rest.v2"


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers what the interface names, and refuses everything else."""

    server: Server

    def do_HEAD(self) -> None:
        self._serve(lambda: self._answer(200, self._file().read_bytes()))

    def do_GET(self) -> None:
        self._serve(self._get)

    def do_POST(self) -> None:
        self._serve(self._post)

    def do_DELETE(self) -> None:
        self._serve(lambda: (self._file().unlink(), self._answer(200)))

    def _serve(self, method: t.Callable[[], object]) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.body = body
        if self.headers.get("Authorization") != self.server.authorization:
            self._answer(401)
            return
        try:
            method()
        except FileNotFoundError:
            self._answer(404)

    def _get(self) -> None:
        listed = _LIST.match(self.path)
        if listed:
            assert self.headers["Accept"] == _VERSION
            files = (self.server.folder / listed[1]).iterdir()
            entries = [{"name": file.name, "size": file.stat().st_size} for file in files]
            self._answer(200, json.dumps(entries).encode(), _VERSION)
            return
        content = self._file().read_bytes()
        part = re.match(r"bytes=(\d+)-(\d*)\Z", self.headers.get("Range") or "")
        if part:
            end = int(part[2]) + 1 if part[2] else len(content)
            self._answer(206, content[int(part[1]) : end])
        else:
            self._answer(200, content)

    def _post(self) -> None:
        address = urllib.parse.urlsplit(self.path)
        if (address.path, address.query) == ("/", "create=true"):
            for kind in KINDS:
                (self.server.folder / kind).mkdir(parents=True, exist_ok=True)
            self._answer(200)
            return
        file = self._file()
        if file.exists():
            self._answer(403)
            return
        file.write_bytes(self.body)
        self._answer(200)

    def _file(self) -> pathlib.Path:
        found = _FILE.match(self.path)
        if not found:
            raise FileNotFoundError
        return self.server.folder / (found["config"] or f"{found['kind']}/{found['name']}")

    def _answer(self, status: int, content: bytes = b"", kind: str = "application/octet-stream") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


class Server(http.server.ThreadingHTTPServer):
    """Serves the repository in a folder to whoever knows the password."""

    def __init__(self, folder: pathlib.Path, user: str, password: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder = folder
        self.authorization = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@contextlib.contextmanager
def serving(folder: pathlib.Path, user: str, password: str) -> t.Iterator[str]:
    """The address, without user and password."""
    with Server(folder, user, password) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield "127.0.0.1:{}".format(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()
