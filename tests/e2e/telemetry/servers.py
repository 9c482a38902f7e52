# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real servers of a monitoring stack, each on a free port of loopback."""

from __future__ import annotations

import collections.abc
import contextlib
import pathlib
import socket
import subprocess
import typing as t

import requests
import yaml

from ansible_collections.progressive.delivery.tests.e2e.balancers.laid_down import free_port, until


class Server:
    """A server that answers over HTTP.

    :param ready: the path that it answers with 200 once it is up
    """

    def __init__(self, folder: pathlib.Path, command: t.Sequence[str], port: int, ready: str) -> None:
        self.address = f"http://127.0.0.1:{port}"
        with open(folder / (command[0] + ".log"), "ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        until(lambda: self.answers(ready), f"{command[0]} is up")

    def answers(self, path: str) -> bool:
        assert self.process.poll() is None, "it has ended"
        with contextlib.suppress(requests.RequestException):
            return requests.get(self.address + path, timeout=5).ok
        return False

    def get(self, path: str, **parameters: str) -> requests.Response:
        answer = requests.get(self.address + path, params=parameters, timeout=10)
        answer.raise_for_status()
        return answer

    def query(self, expression: str) -> dict[tuple[tuple[str, str], ...], float]:
        """What Prometheus answers, by labels."""
        found = self.get("/api/v1/query", query=expression).json()["data"]["result"]
        return {tuple(sorted(each["metric"].items())): float(each["value"][1]) for each in found}


@contextlib.contextmanager
def ended(server: Server) -> collections.abc.Iterator[Server]:
    try:
        yield server
    finally:
        server.process.kill()
        server.process.wait()


def prometheus(folder: pathlib.Path, configuration: t.Mapping[str, t.Any] | None = None, *further: str) -> t.Any:
    """It takes remote write, and scrapes what *configuration* says.

    :param further: options
    """
    folder.mkdir(exist_ok=True)
    (folder / "prometheus.yml").write_text(yaml.safe_dump(configuration or {"global": {"scrape_interval": "1s"}}))
    port = free_port()
    options = {
        "config.file": folder / "prometheus.yml",
        "storage.tsdb.path": folder / "data",
        "web.listen-address": f"127.0.0.1:{port}",
    }
    command = ["prometheus", *(f"--{name}={value}" for name, value in options.items())]
    return ended(Server(folder, [*command, "--web.enable-remote-write-receiver", *further], port, "/-/ready"))


def pushgateway(folder: pathlib.Path) -> t.Any:
    port = free_port()
    return ended(Server(folder, ["prometheus-pushgateway", f"--web.listen-address=127.0.0.1:{port}"], port, "/-/ready"))


def node_exporter(folder: pathlib.Path, textfiles: pathlib.Path) -> t.Any:
    port = free_port()
    command = [
        "prometheus-node-exporter",
        f"--web.listen-address=127.0.0.1:{port}",
        "--collector.disable-defaults",
        "--collector.textfile",
        f"--collector.textfile.directory={textfiles}",
    ]
    return ended(Server(folder, command, port, "/"))


def alertmanager(folder: pathlib.Path, configuration: t.Mapping[str, t.Any]) -> t.Any:
    (folder / "alertmanager.yml").write_text(yaml.safe_dump(configuration))
    port = free_port()
    command = [
        "prometheus-alertmanager",
        f"--config.file={folder}/alertmanager.yml",
        f"--storage.path={folder}/alerts",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    return ended(Server(folder, command, port, "/-/ready"))


@contextlib.contextmanager
def datagrams(family: int = socket.AF_INET, place: t.Any = ("127.0.0.1", 0)) -> collections.abc.Iterator[socket.socket]:
    """A socket that takes datagrams, of up to ten seconds' waiting."""
    with socket.socket(family, socket.SOCK_DGRAM) as listening:
        listening.bind(place)
        listening.settimeout(10)
        yield listening
