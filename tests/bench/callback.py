# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a callback costs a run over many hosts: ours with sinks that are up, refuse or never answer, and those of others.

The tasks start no module, so that a run is as short as one over so many hosts can
be, and a callback's share of it as large.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import sys
import time
import typing as t

from ansible_collections.progressive.delivery.tests.e2e.balancers import laid_down
from ansible_collections.progressive.delivery.tests.e2e.telemetry import servers
from ansible_collections.progressive.delivery.tests.loopback_servers import Reply, refusing_port, web_server

HOSTS, TASKS, ROUNDS = 200, 20, 5
FORKS = 10
HOLD = 1.03
NONE = "no callback"


@dataclasses.dataclass(frozen=True)
class Cost:
    """Of one run.

    :param cpu: seconds, of the run and all its processes
    :param megabytes: that its largest process had at most
    """

    seconds: float
    cpu: float
    megabytes: float


@dataclasses.dataclass(frozen=True)
class Row:
    """The medians of a callback's runs.

    :param ratio: of the times, to those without a callback: the median over its runs, of each to the mean of the run before and the one after it
    :param cpu_ratio: the same of the processor's time
    :param hold: what *ratio* is to be at most; None for a rival
    """

    who: str
    results: int
    cost: Cost
    ratio: float
    cpu_ratio: float
    hold: float | None


def measure(scale: float, _balancers: t.Sequence[str], folder: pathlib.Path) -> t.Iterator[Row]:
    """A row a callback. A run without one is before and after each run, as a machine's speed moves by more than what is measured."""
    hosts = max(10, round(HOSTS * scale))
    files = _play(folder, hosts)
    with contextlib.ExitStack() as stack:
        callbacks = _callbacks(stack, folder)
        bare = [_run(folder, files, {})]
        costs: dict[str, list[Cost]] = {who: [] for who in callbacks}
        ratios: dict[str, list[tuple[float, float]]] = {who: [] for who in callbacks}
        for number in range(max(1, round(ROUNDS * scale))):
            for who, environment in callbacks.items():
                if number and not who.startswith("ours"):
                    continue  # A rival's share is so large that one run shows it.
                cost = _run(folder, files, environment)
                bare.append(_run(folder, files, {}))
                costs[who].append(cost)
                ratios[who].append(_ratio(cost, bare[-2], bare[-1]))
                print(f"callback: round {number + 1}: {who}: {cost}, beside {bare[-1]}", file=sys.stderr, flush=True)
    yield Row(NONE, hosts * TASKS, _median(bare), 1.0, 1.0, None)
    for who, found in costs.items():
        wall, cpu = (statistics.median(column) for column in zip(*ratios[who], strict=True))
        yield Row(who, hosts * TASKS, _median(found), wall, cpu, HOLD if who.startswith("ours") else None)


def _ratio(cost: Cost, before: Cost, after: Cost) -> tuple[float, float]:
    """Of the time and the processor's time, to the means of two runs."""
    return 2 * cost.seconds / (before.seconds + after.seconds), 2 * cost.cpu / (before.cpu + after.cpu)


def _median(costs: t.Sequence[Cost]) -> Cost:
    return Cost(*(statistics.median(column) for column in zip(*map(dataclasses.astuple, costs), strict=True)))


def _play(folder: pathlib.Path, hosts: int) -> list[str]:
    inventory = {"all": {"hosts": {f"host{number}": {"ansible_connection": "local"} for number in range(hosts)}}}
    tasks = [
        {"name": f"Say {number}", "ansible.builtin.debug": {"msg": "{{ inventory_hostname }}"}}
        for number in range(TASKS)
    ]
    play = [{"name": "Say", "hosts": "all", "gather_facts": False, "tasks": tasks}]
    for name, content in (("inventory.json", inventory), ("play.json", play)):
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    return ["-i", str(folder / "inventory.json"), str(folder / "play.json")]


def _run(folder: pathlib.Path, files: t.Sequence[str], environment: t.Mapping[str, str]) -> Cost:
    """A run with nothing left of those before it."""
    for name in ("backlog", "ara", "textfiles"):
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).mkdir()
    command = [str(pathlib.Path(sys.executable).with_name("ansible-playbook")), "--forks", str(FORKS), *files]
    began = time.monotonic()
    with open(folder / "output", "w+b") as output:
        process = subprocess.Popen(
            command, env={**laid_down.environment(), **environment}, stdout=output, stderr=output
        )
        _pid, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - began
        output.seek(0)
        if process.returncode != 0:
            raise RuntimeError(output.read().decode(errors="replace")[-3000:])
    return Cost(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def _callbacks(stack: contextlib.ExitStack, folder: pathlib.Path) -> dict[str, dict[str, str]]:
    """By callback, the environment that switches it on, with all that it speaks with."""
    receiver = stack.enter_context(web_server(lambda _exchange: Reply()))
    listening = stack.enter_context(servers.datagrams())
    udp = listening.getsockname()[1]
    gateway = stack.enter_context(servers.pushgateway(folder)).address
    prometheus = stack.enter_context(servers.prometheus(folder / "prometheus")).address
    nobody = {"route": {"receiver": "nobody"}, "receivers": [{"name": "nobody"}]}
    alertmanager = stack.enter_context(servers.alertmanager(folder, nobody)).address
    refusing = f"http://127.0.0.1:{stack.enter_context(refusing_port())}"
    mute = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=4096))
    silent = f"http://127.0.0.1:{mute.getsockname()[1]}"
    answering = f"http://127.0.0.1:{receiver.port}"
    return {
        "ours, all sinks up": _ours(folder, udp, gateway, prometheus, alertmanager, answering),
        "ours, all refuse": _ours(folder, udp, *[refusing] * 4),
        "ours, none answers": _ours(folder, udp, *[silent] * 4),
        "community.general.opentelemetry": {
            "ANSIBLE_CALLBACKS_ENABLED": "community.general.opentelemetry",
            "OTEL_EXPORTER_OTLP_ENDPOINT": answering,
            # The callback asks for this one alone; with its default, gRPC, it would wait 30 seconds for our receiver.
            "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf",
            "ANSIBLE_OPENTELEMETRY_STORE_SPANS_IN_FILE": "",
        },
        "ara": {"ANSIBLE_CALLBACK_PLUGINS": _ara(), "ARA_BASE_DIR": str(folder / "ara")},
    }


def _ours(
    folder: pathlib.Path, udp: int, gateway: str, prometheus: str, alertmanager: str, answering: str
) -> dict[str, str]:
    sinks = [
        f"jsonl:{folder}/backlog/events.jsonl",
        f"textfile:{folder}/textfiles",
        f"statsd:127.0.0.1:{udp}",
        f"syslog:127.0.0.1:{udp}",
        f"pushgateway+{gateway}",
        f"remote-write+{prometheus}/api/v1/write",
        f"alertmanager+{alertmanager}",
        f"cloudevents+{answering}/events",
        f"otlp+{answering}",
        f"loki+{answering}",
    ]
    return {
        "ANSIBLE_CALLBACKS_ENABLED": "progressive.delivery.telemetry",
        "PROGRESSIVE_DELIVERY_SINKS": ",".join(sinks),
        "PROGRESSIVE_DELIVERY_BACKLOG": str(folder / "backlog"),
    }


def _ara() -> str:
    command = [sys.executable, "-m", "ara.setup.callback_plugins"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
