# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts the service and the load generator as processes, on ports that the system picks."""

from __future__ import annotations

import collections.abc
import contextlib
import http.client
import json
import pathlib
import re
import subprocess
import sys
import typing as t

import pytest

EXAMPLES = pathlib.Path(__file__).resolve().parents[3] / "examples"
APP = EXAMPLES / "analyze_all"

_SERVING = re.compile(r"serving on \S+ port (\d+)")


class Reply(t.NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    content: t.Any


class RunningService:
    """One instance, started from ``folder``; its port is known once it serves."""

    def __init__(self, folder: pathlib.Path, arguments: list[str]) -> None:
        command = [sys.executable, "-B", "-m", "analyze_all", *arguments]
        self.process = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True)
        self.port = 0

    def wait_for_line(self, pattern: re.Pattern[str]) -> re.Match[str]:
        """The first line of the log from here on that matches; ends with the log."""
        seen = []
        for line in self.process.stderr:
            seen.append(line)
            if match := pattern.search(line):
                return match
        raise AssertionError(f"it ended without {pattern.pattern!r}: {''.join(seen)}")

    def wait_until_serving(self) -> RunningService:
        self.port = int(self.wait_for_line(_SERVING)[1])
        return self

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def get(self, path: str) -> Reply:
        with contextlib.closing(self.connect()) as connection:
            return ask(connection, "GET", path)

    def analyze(self, content: object) -> Reply:
        with contextlib.closing(self.connect()) as connection:
            return ask(connection, "POST", "/analyze", content)

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        self.process.terminate()
        return self.process.wait(timeout=60)


def ask(connection: http.client.HTTPConnection, method: str, path: str, content: object = None) -> Reply:
    body = None if content is None else content if isinstance(content, bytes) else json.dumps(content)
    connection.request(method, path, body)
    response = connection.getresponse()
    text = response.read().decode()
    is_json = response.getheader("content-type") == "application/json"
    return Reply(response.status, response.headers, json.loads(text) if is_json else text)


@pytest.fixture
def start(tmp_path) -> collections.abc.Iterator[collections.abc.Callable[..., RunningService]]:
    """Starts an instance of a release that has the given faults; ends all at the end of the test."""
    with contextlib.ExitStack() as running:

        def start_one(
            *options: str, folder: pathlib.Path = APP, manifest: str | None = None, port: int = 0, **faults: t.Any
        ) -> RunningService:
            if manifest is None:
                manifest = str(tmp_path / "release.json")
                content = {"app": "analyze-all", "version": "1.0.0", "faults": faults}
                pathlib.Path(manifest).write_text(json.dumps(content))
            service = RunningService(
                folder,
                ["--manifest", manifest, "--port", str(port), "--instance", "blue-1", "--lame-duck", "0", *options],
            )
            running.enter_context(service.process)
            running.callback(service.process.kill)
            return service

        yield start_one


@pytest.fixture
def start_load(tmp_path) -> collections.abc.Iterator[collections.abc.Callable[..., subprocess.Popen[str]]]:
    """Starts a load generator that records into ``load.jsonl``; ends all at the end of the test."""
    with contextlib.ExitStack() as running:

        def start_one(url: str, *options: str) -> subprocess.Popen[str]:
            command = [sys.executable, "-m", "load", "--url", url, "--record", str(tmp_path / "load.jsonl"), *options]
            process = subprocess.Popen(command, cwd=EXAMPLES, stdout=subprocess.PIPE, text=True)
            running.enter_context(process)
            running.callback(process.kill)
            return process

        yield start_one
