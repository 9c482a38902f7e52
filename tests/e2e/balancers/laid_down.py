# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A balancer that the role laid down, and what a test does with it."""

from __future__ import annotations

import contextlib
import dataclasses
import getpass
import http.client
import importlib.util
import io
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
import typing as t

from ansible.module_utils.testing import patch_module_args

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
APP = "analyze-all"
SERVERS = {"blue": ["blue1", "blue2", "blue3"], "green": ["green1", "green2", "green3"]}

VENV = pathlib.Path(sys.executable).parent


@dataclasses.dataclass(frozen=True)
class Kind:
    """What the tests know of one kind of balancer, beside what the role knows.

    :param binary: where it is on this machine
    :param command: how the role's service starts it, from the binary and the directory
    :param live_change: the function of ``_balancers`` with which a change becomes live; a test kills the module there
    :param no_port: what it says of port 99999
    :param installed: options with which the README installs it on a host of its own
    :param users: whom its processes belong to there, where root starts them
    """

    binary: str
    command: t.Callable[[str, str], list[str]]
    live_change: str
    no_port: str
    installed: t.Mapping[str, str]
    users: t.AbstractSet[str]


def of_a_release(binary: str) -> dict[str, str]:
    """The options for a binary that no distribution packages, or none that is new enough."""
    return {"balancer_install": "none", "balancer_user": "edge", "balancer_binary": binary}


TABLE = {
    "caddy": Kind(
        binary=str(VENV / "caddy"),
        command=lambda binary, directory: [
            binary,
            "run",
            "--adapter",
            "caddyfile",
            "--config",
            f"{directory}/Caddyfile",
        ],
        live_change="caddy.write_file",
        no_port="port 99999 is out of range",
        installed=of_a_release("/usr/local/bin/caddy"),
        users={"edge"},
    ),
    "envoy": Kind(
        binary=str(pathlib.Path(importlib.util.find_spec("envoy").origin).parent / "_bin" / "envoy"),
        command=lambda binary, directory: [
            binary,
            "-c",
            f"{directory}/envoy.yaml",
            "--disable-hot-restart",
            "-l",
            "warning",
        ],
        live_change="envoy.write_file",
        no_port="PortValue: value must be less than or equal to 65535",
        installed=of_a_release("/usr/local/bin/envoy"),
        users={"edge"},
    ),
    "haproxy": Kind(
        binary="/usr/sbin/haproxy",
        command=lambda binary, directory: [binary, "-W", "-f", f"{directory}/haproxy.cfg"],
        live_change="haproxy.HAProxy._commit",
        no_port="invalid port",
        installed={"balancer_install": "package"},
        users={"root", "haproxy"},
    ),
    "nginx": Kind(
        binary="/usr/sbin/nginx",
        command=lambda binary, directory: [binary, "-p", directory, "-c", f"{directory}/nginx.conf"],
        live_change="nginx.point_link",
        no_port="invalid port in",
        installed={"balancer_install": "package"},
        users={"root", "www-data"},
    ),
}
"""The one place that a balancer is added to for the tests."""

KINDS = tuple(TABLE)
BINARIES = {name: kind.binary for name, kind in TABLE.items()}


def free_port() -> int:
    """A port on loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment() -> dict[str, str]:
    """The environment in which modules and playbooks find the collection."""
    paths = [str(ROOT / ".cache" / "collections"), str(ROOT / "examples")]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(paths),
        "PATH": f"{VENV}{os.pathsep}{os.environ['PATH']}",
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": paths[0],
        "ANSIBLE_LOCALHOST_WARNING": "false",
    }


class Failed(Exception):
    """A module that failed; ``result`` is what it said."""

    def __init__(self, result: dict[str, t.Any]) -> None:
        super().__init__(result.get("msg"))
        self.result = result


@dataclasses.dataclass
class Answer:
    """One answer that came through the balancer, or from an endpoint."""

    status: int
    headers: http.client.HTTPMessage
    body: str

    @property
    def pool(self) -> str | None:
        """The pool that gave the answer."""
        return self.headers["X-Release"]


class Endpoints:
    """The running endpoints of the pools of *servers*."""

    def __init__(self, servers: t.Mapping[str, list[str]] | None = None) -> None:
        self._processes: list[subprocess.Popen[str]] = []
        self.ports: dict[str, dict[str, int]] = {}
        for pool, names in (servers or SERVERS).items():
            command = [sys.executable, str(HERE / "endpoint_server.py"), pool, *names]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            self._processes.append(process)
            self.ports[pool] = json.loads(process.stdout.readline())

    def addresses(self, pool: str) -> list[str]:
        """``host:port`` of each endpoint of *pool*."""
        return [f"127.0.0.1:{port}" for port in self.ports[pool].values()]

    def tell(self, name: str, path: str) -> None:
        """Ask the endpoint *name* for a control path, past the balancer."""
        port = next(ports[name] for ports in self.ports.values() if name in ports)
        assert ask(port, f"/control/{path}").status == 200

    def tell_pool(self, pool: str, path: str) -> None:
        """Ask every endpoint of *pool* for a control path."""
        for name in self.ports[pool]:
            self.tell(name, path)

    def seen(self, pool: str) -> list[dict[str, t.Any]]:
        """The requests that *pool* has met since this was last asked: ``method``, ``path`` and ``headers`` of each."""
        return [
            request for port in self.ports[pool].values() for request in json.loads(ask(port, "/control/seen").body)
        ]

    def signal(self, pool: str, number: int) -> None:
        """Send a signal to the process of all endpoints of *pool*."""
        self._processes[list(self.ports).index(pool)].send_signal(number)

    def close(self) -> None:
        """End them."""
        for process in self._processes:
            process.kill()
            process.communicate()


@dataclasses.dataclass
class LaidDown:
    """A balancer of one kind with its directory, listener and endpoints."""

    kind: str
    directory: pathlib.Path
    port: int
    endpoints: Endpoints
    process: subprocess.Popen[bytes] | None = None
    app: str = APP
    host: str = "127.0.0.1"

    def start(self) -> None:
        """Run the balancer and return once it answers."""
        log = (self.directory / "log").open("ab")
        command = TABLE[self.kind].command(BINARIES[self.kind], str(self.directory))
        self.process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        until(self._answers, f"{self.kind} answers at port {self.port}; see {self.directory / 'log'}")

    def stop(self) -> None:
        """End the balancer and whatever it started."""
        if self.process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def _answers(self) -> bool:
        assert self.process.poll() is None, (self.directory / "log").read_text()
        try:
            return ask(self.port, "/", host=self.host).status == 200
        except OSError:
            return False

    def parameters(self, check_mode: bool = False, **options: t.Any) -> dict[str, t.Any]:
        """The module parameters that name this balancer, with *options* on top."""
        named = {"app": self.app, "balancer": self.kind, "connection": {"directory": str(self.directory)}}
        return {**named, **options, "_ansible_check_mode": check_mode}

    def traffic(self, **options: t.Any) -> dict[str, t.Any]:
        """Run the module ``traffic``; raises Failed."""
        return run_module("traffic", self.parameters(**options))

    def info(self) -> dict[str, t.Any]:
        """Run the module ``traffic_info``; raises Failed."""
        return run_module("traffic_info", self.parameters())

    def traffic_in_process(self, prefix: t.Sequence[str] = (), **options: t.Any) -> dict[str, t.Any]:
        """Run ``traffic`` in a process of its own; raises Failed."""
        process = module_process("traffic", self.parameters(**options), prefix=prefix)
        return result_in(process.stdout)

    def traffic_killed_at(self, place: str, **options: t.Any) -> None:
        """Run ``traffic`` and have it killed where the function *place* begins."""
        process = module_process("traffic", self.parameters(**options), place)
        assert process.returncode == -signal.SIGKILL, process.stdout + process.stderr

    def split(self, green: float, **options: t.Any) -> dict[str, t.Any]:
        """Give green so many per cent, and blue the rest."""
        return self.traffic(split={"blue": round(100 - green, 2), "green": green}, **options)

    def get(self, path: str = "/", **headers: str) -> Answer:
        """One request through the balancer; ``X_Preview="green"`` is the header X-Preview."""
        return ask(self.port, path, {name.replace("_", "-"): value for name, value in headers.items()}, self.host)

    def pools_of(self, requests: int, **headers: str) -> list[str | None]:
        """Which pool answered each of some requests on one connection."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        with contextlib.closing(http.client.HTTPConnection(self.host, self.port, timeout=30)) as channel:
            return [ask_over(channel, "/", sent).pool for _number in range(requests)]


def ask(port: int, path: str, headers: t.Mapping[str, str] | None = None, host: str = "127.0.0.1") -> Answer:
    """One request on a connection of its own."""
    with contextlib.closing(http.client.HTTPConnection(host, port, timeout=30)) as channel:
        return ask_over(channel, path, headers)


def ask_over(channel: http.client.HTTPConnection, path: str, headers: t.Mapping[str, str] | None = None) -> Answer:
    """One request on *channel*."""
    channel.request("GET", path, headers=dict(headers or {}))
    answer = channel.getresponse()
    return Answer(answer.status, answer.headers, answer.read().decode())


def until(condition: t.Callable[[], bool], what: str, seconds: float = 60) -> None:
    """Wait for *condition*; fails with *what* when it does not come about."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.02)


def module_process(module: str, parameters: dict[str, t.Any], *fault: str, prefix: t.Sequence[str] = ()) -> t.Any:
    """Run a module in a process of its own, and return the ended process."""
    command = [*prefix, sys.executable, str(HERE / "module_process.py"), module, *fault]
    return subprocess.run(
        command, input=json.dumps(parameters), capture_output=True, text=True, check=False, env=environment(), cwd="/"
    )


def run_module(module: str, parameters: dict[str, t.Any]) -> dict[str, t.Any]:
    """A module's result, from this process because that is faster; raises Failed."""
    printed = io.StringIO()
    with patch_module_args(parameters), contextlib.redirect_stdout(printed), contextlib.suppress(SystemExit):
        importlib.import_module(f"ansible_collections.progressive.delivery.plugins.modules.{module}").main()
    return result_in(printed.getvalue())


def result_in(printed: str) -> dict[str, t.Any]:
    """The result that a module printed; raises Failed."""
    result = json.loads(printed)
    if result.get("failed"):
        raise Failed(result)
    return result


def lay_down(kind: str, directory: pathlib.Path, endpoints: Endpoints, **options: t.Any) -> LaidDown:
    """Run the role ``balancer`` for *kind*, without its service."""
    port = options.pop("port", None) or free_port()
    run_role(kind, directory, port, endpoints, balancer_run=False, **options)
    return LaidDown(kind, directory, port, endpoints)


def lay_down_all(folder: pathlib.Path, endpoints: Endpoints) -> dict[str, LaidDown]:
    """Run the role ``balancer`` for every kind at once, each for all pools of *endpoints*, without its service."""
    balancers = {kind: LaidDown(kind, folder / kind, free_port(), endpoints) for kind in KINDS}
    options = {"balancer_run": False, "rollout_pools": list(endpoints.ports)}
    hosts = {kind: role_variables(kind, one.directory, one.port, **options) for kind, one in balancers.items()}
    children = {**groups(endpoints.ports), "balancers": {"hosts": hosts}}
    play = {"hosts": "balancers", "gather_facts": False, "roles": ["progressive.delivery.balancer"]}
    process = run_playbook(folder / "playbook", {"all": {"vars": LOCAL, "children": children}}, play)
    assert process.returncode == 0, process.stdout + process.stderr
    return balancers


def run_role(
    kind: str, directory: pathlib.Path, port: int, endpoints: Endpoints, *arguments: str, **options: t.Any
) -> subprocess.CompletedProcess[str]:
    """Run the role ``balancer`` on this host with pools of *endpoints*; fails when the playbook does."""
    process = role_process(kind, directory, port, endpoints, *arguments, **options)
    assert process.returncode == 0, process.stdout + process.stderr
    return process


def role_process(
    kind: str, directory: pathlib.Path, port: int, endpoints: Endpoints, *arguments: str, **options: t.Any
) -> subprocess.CompletedProcess[str]:
    """Run the role ``balancer`` on this host with pools of *endpoints*, and return the ended playbook."""
    files = directory.parent / f"{directory.name}-playbook"
    play = {
        "hosts": "balancers",
        "gather_facts": False,
        "roles": ["progressive.delivery.balancer"],
        "vars": role_variables(kind, directory, port, **options),
    }
    return run_playbook(files, {"all": {"vars": LOCAL, "children": groups(endpoints.ports)}}, play, *arguments)


LOCAL = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}


def groups(ports: t.Mapping[str, t.Mapping[str, int]]) -> dict[str, t.Any]:
    """The groups of an inventory: a host for each instance by pool, and the balancer ``edge``."""
    pools = {
        pool: {"hosts": {name: {"rollout_port": port} for name, port in instances.items()}}
        for pool, instances in ports.items()
    }
    return {**pools, "balancers": {"hosts": {"edge": {}}}}


def role_variables(kind: str, directory: pathlib.Path, port: int, **options: t.Any) -> dict[str, t.Any]:
    """The options with which the role lays down a balancer of *kind* as whoever runs this."""
    return {
        "rollout_app": APP,
        "rollout_pools": list(SERVERS),
        "balancer_kind": kind,
        "balancer_directory": str(directory),
        "balancer_listen": f"127.0.0.1:{port}",
        "balancer_install": "none",
        "balancer_binary": BINARIES[kind],
        "balancer_user": getpass.getuser(),
        **options,
    }


def run_playbook(
    files: pathlib.Path, inventory: dict[str, t.Any], play: dict[str, t.Any] | str, *arguments: str
) -> subprocess.CompletedProcess[str]:
    """Run one play, or the playbook of that name in the collection; *files* is where things are written."""
    files.mkdir(exist_ok=True)
    (files / "inventory.json").write_text(json.dumps(inventory))
    (files / "play.json").write_text(json.dumps([play]))
    playbook = play if isinstance(play, str) else str(files / "play.json")
    command = ["ansible-playbook", "-i", str(files / "inventory.json"), playbook, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment(), cwd=files)
