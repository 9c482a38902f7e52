# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole site on loopback: instances, a real balancer, releases and load.

The demo and the end-to-end tests deliver to it with the same playbooks that a
team runs on its own inventory.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import typing as t

from load import records

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = REPOSITORY / "examples"
INVENTORY = EXAMPLES / "loopback" / "inventory.yml"
CONNECTION = "{{{{ 'ssh' if (site_directory ~ '/cut-{0}') is exists else 'local' }}}}"
"""How a host is reached: a file cuts it off. The host is named in full, so that it holds for delegated tasks too."""


class SiteError(Exception):
    """The site itself does not do what it should."""


@dataclasses.dataclass(frozen=True)
class Run:
    """One finished run of a playbook.

    :param began: when it was started, seconds since the epoch
    :param ended: when it ended
    :param code: its exit code
    :param output: what it printed, errors included
    """

    playbook: str
    began: float
    ended: float
    code: int
    output: str


@dataclasses.dataclass(frozen=True)
class Started:
    """A playbook that runs; its output goes to a file, so that nothing it leaves behind can hold it open."""

    playbook: str
    process: subprocess.Popen[bytes]
    output: pathlib.Path
    began: float

    def lines(self) -> t.Iterator[str]:
        """What it prints, line by line, as it comes."""
        with self.output.open(encoding="utf-8") as stream:
            ended, begun = False, ""
            while not ended:
                ended = self.process.poll() is not None
                *lines, begun = (begun + stream.read()).split("\n")
                yield from lines
                time.sleep(0.1)

    def end(self) -> None:
        """End it now, if it still runs."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait()

    def wait(self) -> Run:
        """Wait for its end."""
        code = self.process.wait()
        return Run(self.playbook, self.began, time.time(), code, self.output.read_text(encoding="utf-8"))


class Load:
    """Steady load on the site from a process of its own."""

    def __init__(self, url: str, record: pathlib.Path, *options: str) -> None:
        self.record = record
        self._process = subprocess.Popen(
            [sys.executable, "-m", "load", "--url", url, "--record", str(record), *options],
            cwd=EXAMPLES,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def stop(self) -> list[records.Record]:
        """Let requests under way finish; all records, by when they were sent."""
        self._process.send_signal(signal.SIGTERM)
        output, _none = self._process.communicate()
        if self._process.returncode != 0:
            raise SiteError(f"the load generator ended with {self._process.returncode}: {output}")
        return list(records.read(self.record))

    def kill(self) -> None:
        """End it at once, if it still runs."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()


class Site:
    """The site in *directory*.

    :param balancer: ``haproxy``, ``nginx``, ``caddy`` or ``envoy``
    :param binary: the balancer's program; by default as found on this machine
    :param variables: further variables for every run
    :param instances: how many in each pool, called ``blue-1``, ``blue-2``, … and ``green-1``, …
    :param baseline: whether there is a pool ``baseline`` too, in which canaries start the old release afresh
    :param flags: whether the instances read feature toggles, all of them in ``flags.json``, and tell who saw what, each in a file of its own
    :param balancers: how many, called ``lb-1``, …; the load goes to the first
    """

    def __init__(
        self,
        directory: pathlib.Path,
        balancer: str = "caddy",
        binary: str | None = None,
        variables: t.Mapping[str, t.Any] | None = None,
        instances: int = 2,
        balancers: int = 1,
        baseline: bool = False,
        flags: bool = False,
    ) -> None:
        self.directory = directory
        pools = ["blue", "green", *(["baseline"] if baseline else [])]
        groups = {
            **{pool: [f"{pool}-{number + 1}" for number in range(instances)] for pool in pools},
            "balancers": [f"lb-{number + 1}" for number in range(balancers)],
        }
        self.ports = _free_ports([name for names in groups.values() for name in names])
        self.settings: dict[str, t.Any] = {
            "site_directory": str(directory),
            "site_ports": self.ports,
            "site_balancer": balancer,
            "site_balancer_binary": binary or find_binary(balancer),
            **({"rollout_baseline_pool": "baseline", "balancer_pools": pools} if baseline else {}),
            "site_flags": flags,
            **(variables or {}),
        }
        self._loads: list[Load] = []
        self._started: list[Started] = []
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "site.json").write_text(json.dumps(self.settings), encoding="utf-8")
        hosts = {
            group: {"hosts": {name: {"ansible_connection": CONNECTION.format(name)} for name in names}}
            for group, names in groups.items()
        }
        hosts["instances"] = {"children": {pool: {} for pool in pools}}
        (directory / "hosts.yml").write_text(json.dumps(hosts), encoding="utf-8")

    @property
    def url(self) -> str:
        """Where the balancer takes requests."""
        return f"http://127.0.0.1:{self.ports['lb-1']}/analyze"

    @property
    def options(self) -> list[str]:
        """What a playbook that is run in the checkout is given to find the site."""
        inventories = (self.directory / "hosts.yml", INVENTORY.relative_to(REPOSITORY))
        return [*(part for path in inventories for part in ("-i", str(path))), "-e", f"@{self.directory / 'site.json'}"]

    def build_releases(self, *versions: str, faults: t.Sequence[str] = ()) -> None:
        """Build releases into the site's own folder, with their checksums beside them."""
        options = [part for fault in faults for part in ("--fault", fault)]
        builder = EXAMPLES / "analyze_all" / "build_release.py"
        folder = self.directory / "releases"
        built = subprocess.run(
            [sys.executable, str(builder), *versions, *options, "--output", str(folder)],
            check=True,
            capture_output=True,
            text=True,
        )
        for line in built.stdout.splitlines():
            digest, path = line.split()
            pathlib.Path(f"{path}.sha256").write_text(digest, encoding="ascii")

    def start(
        self,
        playbook: str,
        fault: str | None = None,
        check: bool = False,
        file: pathlib.Path | None = None,
        **variables: t.Any,
    ) -> Started:
        """Start a playbook of the collection.

        :param fault: where the run is to be killed, as ``PLACE:COUNT`` of the rollout's fault points
        :param check: only say what would be done
        :param file: a file of variables
        """
        number = len(self._started) + 1
        output = self.directory / f"run-{number}.log"
        marks = self.directory / f"run-{number}.faults"
        command = [
            str(pathlib.Path(sys.executable).with_name("ansible-playbook")),
            str(REPOSITORY / "playbooks" / f"{playbook}.yml"),
            *self.options,
            *(["-e", f"@{file}"] if file else []),
            f"--extra-vars={json.dumps(variables)}",
            *(["--check", "--diff"] if check else []),
        ]
        if fault is not None:
            marks.mkdir()
            # The shell becomes ansible-playbook, so that its process number is known before it starts.
            script = 'export PROGRESSIVE_DELIVERY_FAULT="$0:$$:$1"; shift; exec "$@"'
            command = ["/bin/sh", "-c", script, fault, str(marks), *command]
        with output.open("wb") as stream:
            process = subprocess.Popen(
                command,
                cwd=REPOSITORY,
                env={**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_FORCE_COLOR": "0"},
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._started.append(Started(playbook, process, output, time.time()))
        return self._started[-1]

    def run(self, playbook: str, fault: str | None = None, check: bool = False, **variables: t.Any) -> Run:
        """Run a playbook of the collection to its end, whatever that is."""
        return self.start(playbook, fault, check, **variables).wait()

    def load(self, *options: str) -> Load:
        """Put the balancer under steady load; *options* as of ``python -m load``."""
        load = Load(self.url, self.directory / f"load-{len(self._loads) + 1}.jsonl", *options)
        self._loads.append(load)
        return load

    def journal(self, name: str = "analyze-all") -> dict[str, t.Any] | None:
        """The latest rollout as the journal of that name, by default that of deliveries, has it on disk."""
        folder = self.directory / "state" / name
        with contextlib.suppress(FileNotFoundError):
            name = (folder / "current").read_text(encoding="utf-8").strip()
            document = json.loads((folder / "rollouts" / f"{name}.json").read_text(encoding="utf-8"))
            return t.cast("dict[str, t.Any]", document["rollout"])
        return None

    def faults(self) -> pathlib.Path:
        """Where the last run, started with a fault, counted how often each place was reached: a file a place, a byte a time."""
        return self.directory / f"run-{len(self._started)}.faults"

    def locked(self) -> bool:
        """Whether a run holds the app."""
        return (self.directory / "state" / "analyze-all" / "lock").exists()

    def down(self) -> None:
        """End everything that was started for this site; may be called at any time, and again."""
        for started in self._started:
            started.end()
        for load in self._loads:
            load.kill()
        self._stop_processes()
        supervisors: list[int] = []
        for pid_file in self.directory.glob("supervisor*/supervisord.pid"):
            with contextlib.suppress(FileNotFoundError, ValueError, ProcessLookupError):
                pid = int(pid_file.read_text(encoding="ascii"))
                os.kill(pid, signal.SIGTERM)
                supervisors.append(pid)
        # All were told before any is waited for.
        for pid in supervisors:
            with contextlib.suppress(ProcessLookupError):
                while True:
                    os.kill(pid, 0)
                    time.sleep(0.05)

    def _stop_processes(self) -> None:
        """Stop what the supervisors run, all at the same time; a supervisor that is told to end does so one by one."""
        control = pathlib.Path(sys.executable).with_name("supervisorctl")
        stopping = [
            subprocess.Popen(
                [str(control), "-c", str(pid_file.with_name("supervisord.conf")), "stop", "all"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            for pid_file in self.directory.glob("supervisor*/supervisord.pid")
        ]
        for one in stopping:
            one.wait()


def find_binary(balancer: str) -> str:
    """The balancer's program on this machine: from PyPI for Caddy and Envoy, from the system for the others.

    :raises SiteError: when it is not there
    """
    if balancer == "envoy":
        return str(pathlib.Path(sysconfig.get_path("purelib")) / "envoy" / "_bin" / "envoy")
    beside = pathlib.Path(sys.executable).with_name(balancer)
    found = str(beside) if beside.exists() else shutil.which(balancer, path=os.environ["PATH"] + ":/usr/sbin")
    if found is None:
        raise SiteError(f"{balancer} is not installed")
    return found


def _free_ports(names: t.Iterable[str]) -> dict[str, int]:
    """A free port on loopback for each name, from below the range that outgoing connections are given."""
    ports: dict[str, int] = {}
    candidates = iter(random.sample(range(20000, 32000), 500))
    for name in names:
        ports[name] = next(port for port in candidates if _is_free(port))
    return ports


def _is_free(port: int) -> bool:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
