# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a play with the roles ``release`` and ``service`` on this machine, and the service that it delivers."""

from __future__ import annotations

import collections.abc
import dataclasses
import hashlib
import http.client
import io
import json
import os
import pathlib
import socket
import subprocess
import sys
import tarfile
import time
import typing as t

import pytest
import yaml

from ansible_collections.progressive.delivery.tests.module_call import call

ROOT = pathlib.Path(__file__).resolve().parents[3]

SERVICE = """
import http.server, json, os, pathlib, signal, sys, threading

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"version": pathlib.Path("VERSION").read_text(), "pid": os.getpid(), "arguments": sys.argv[2:],
                           "color": os.environ.get("COLOR")}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
signal.signal(signal.SIGTERM, lambda *arguments: threading.Thread(target=server.shutdown).start())
server.serve_forever()
"""


@dataclasses.dataclass(frozen=True)
class Run:
    """One run of a play: its exit code, what it printed, and how many tasks changed something."""

    code: int
    output: str

    @property
    def changed(self) -> int:
        recap = self.output[self.output.rindex("PLAY RECAP") :]
        return int(recap.split("changed=")[1].split()[0])


class Host:
    """A host on this machine with a root for releases, a supervisor and a port."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.root = folder / "app"
        self.supervisor = folder / "supervisor"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.variables: dict[str, t.Any] = {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "service_manager": "supervisor",
            "service_supervisor_directory": str(self.supervisor),
            "service_start_seconds": 0,
            "release_root": str(self.root),
            "release_command": [sys.executable, "service.py", str(self.port)],
            "release_stop_timeout": 10,
        }

    def archive(self, version: str, **further: str) -> dict[str, str]:
        """The source of a release of the service, with further files."""
        path = self.folder / f"service-{version}.tar"
        with tarfile.open(path, "w") as made:
            for name, content in {"service.py": SERVICE, "VERSION": version, **further}.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                made.addfile(entry, io.BytesIO(content.encode()))
        return {"path": str(path), "checksum": f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"}

    def environment(self) -> dict[str, str]:
        """The environment in which playbooks find the collection."""
        return {
            **os.environ,
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "collections"),
            "ANSIBLE_NOCOLOR": "1",
        }

    def command(
        self, *options: str, entry: str = "main", then: t.Sequence[t.Any] = (), **variables: t.Any
    ) -> list[str]:
        """The command line that includes the role's entry point, then runs further tasks."""
        role = {"name": "progressive.delivery.release", "tasks_from": entry}
        include = {"name": "Include the role", "ansible.builtin.include_role": role}
        play = {"hosts": "all", "gather_facts": False, "tasks": [include, *then]}
        (self.folder / "play.yml").write_text(yaml.safe_dump([play]), encoding="utf-8")
        inventory = {"all": {"hosts": {"app-1": {**self.variables, **variables}}}}
        (self.folder / "inventory.yml").write_text(yaml.safe_dump(inventory), encoding="utf-8")
        return [
            str(pathlib.Path(sys.executable).with_name("ansible-playbook")),
            "--inventory",
            str(self.folder / "inventory.yml"),
            *options,
            str(self.folder / "play.yml"),
        ]

    def play(self, *options: str, **variables: t.Any) -> Run:
        """Run the play to its end."""
        done = subprocess.run(
            self.command(*options, **variables),
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return Run(done.returncode, done.stdout)

    def deploy(self, version: str, *options: str, **variables: t.Any) -> Run:
        """Deploy a version of the service from its archive; it must succeed."""
        source = variables["release_source"] if "release_source" in variables else self.archive(version)
        run = self.play(*options, **{**variables, "release_version": version, "release_source": source})
        assert run.code == 0, run.output
        return run

    def report(self) -> dict[str, t.Any]:
        """What the service tells; waits until it listens."""
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", self.port)
            try:
                connection.request("GET", "/")
                return json.loads(connection.getresponse().read())
            except ConnectionError:
                time.sleep(0.02)
            finally:
                connection.close()

    def listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def releases(self) -> dict[str, t.Any]:
        return call("release_info", root=str(self.root))


@pytest.fixture
def host(tmp_path: pathlib.Path) -> collections.abc.Iterator[Host]:
    host = Host(tmp_path)
    yield host
    call("supervised_process", supervisor_directory=str(host.supervisor), state="shutdown")
