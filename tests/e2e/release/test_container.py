# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A container is pulled once and run by its engine; here a stand-in for the engine, which keeps what it is told.

What a real engine makes of it is not shown: none can run where these tests do. The options
of ``run`` were held against those of podman 4.3 and docker 28.
"""

from __future__ import annotations

import json

import pytest

ENGINE = """#!/usr/bin/env python3
import http.server, json, os, pathlib, signal, sys

kept = pathlib.Path(sys.argv[0]).with_suffix(".json")
said = json.loads(kept.read_text()) if kept.exists() else []
kept.write_text(json.dumps([*said, sys.argv[1:]]))
if sys.argv[1:3] == ["image", "inspect"]:
    sys.exit(0 if ["pull", sys.argv[3]] in said else 1)
if sys.argv[1] == "run":
    version = sys.argv[-1]
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = json.dumps({"version": version, "color": os.environ.get("COLOR")}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        def log_message(self, *arguments):
            pass
    signal.signal(signal.SIGTERM, lambda *arguments: sys.exit(0))
    http.server.HTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
"""


@pytest.fixture
def engine(host):
    """The stand-in's path and a function that tells what it was told."""
    path = host.folder / "podman"
    path.write_text(ENGINE.replace("PORT", str(host.port)))
    path.chmod(0o755)
    return path, lambda: json.loads(path.with_suffix(".json").read_text())


def test_an_image_is_pulled_once_and_run_with_its_variables(host, engine):
    path, told = engine

    def deploy(version):
        image = f"registry.example.com/app@sha256:{version}"
        return host.deploy(
            version,
            release_source={"type": "container", "image": image, "engine": str(path), "arguments": [version]},
            release_command=[],
            release_environment={"COLOR": "blue"},
            release_service_name="web",
        )

    deploy("1.0")
    first = host.report()
    again = deploy("1.0")
    deploy("1.1")

    assert first == {"version": "1.0", "color": "blue"}
    assert again.changed == 0
    assert host.report()["version"] == "1.1"
    image = "registry.example.com/app@sha256:"
    assert [words for words in told() if words[0] != "image"] == [
        ["pull", f"{image}1.0"],
        ["run", "--rm", "--stop-timeout", "10", "--replace", "--name", "web", "--env=COLOR", f"{image}1.0", "1.0"],
        ["pull", f"{image}1.1"],
        ["run", "--rm", "--stop-timeout", "10", "--replace", "--name", "web", "--env=COLOR", f"{image}1.1", "1.1"],
    ]
    assert f"IMAGE={image}1.1" in (host.root / "current" / "container.env").read_text()


def test_an_image_that_cannot_be_pulled_leaves_what_serves(host, engine):
    path, _told = engine
    host.deploy("1.0")
    before = host.report()
    path.write_text("#!/bin/sh\necho no such image >&2\nexit 125\n")

    run = host.play(
        release_version="1.1",
        release_source={"type": "container", "image": "absent", "engine": str(path)},
        release_command=[],
    )

    assert run.code != 0
    assert "no such image" in run.output
    assert host.releases()["current"] == "1.0"
    assert host.report() == before
