# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A play whose tasks are timed, each from its start to its end; the start of Ansible itself is left out."""

from __future__ import annotations

import dataclasses
import datetime
import json
import pathlib
import subprocess
import sys
import typing as t

from ansible_collections.progressive.delivery.tests.e2e.balancers import laid_down


@dataclasses.dataclass(frozen=True)
class Timed:
    """When a task began, in seconds since the epoch, and how long it took, on all hosts together."""

    start: float
    seconds: float


def task_seconds(folder: pathlib.Path, variables: dict[str, t.Any], tasks: list[dict[str, t.Any]]) -> dict[str, float]:
    """Run *tasks* on this host; what each took, by its name.

    :raises RuntimeError: a task failed
    """
    return {name: timed.seconds for name, timed in tasks_timed(folder, ["here"], variables, tasks).items()}


def tasks_timed(
    folder: pathlib.Path, hosts: t.Sequence[str], variables: dict[str, t.Any], tasks: list[dict[str, t.Any]]
) -> dict[str, Timed]:
    """Run *tasks* as if this host were all *hosts*, on all of them at once; each by its name.

    :raises RuntimeError: a task failed
    """
    connection = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    inventory = {"all": {"hosts": dict.fromkeys(hosts, connection), "vars": variables}}
    files = {"inventory.json": inventory, "play.json": [{"hosts": "all", "gather_facts": False, "tasks": tasks}]}
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    inventory_file, play_file = (str(folder / name) for name in files)
    played = subprocess.run(
        ["ansible-playbook", "-i", inventory_file, "--forks", str(len(hosts)), play_file],
        env={**laid_down.environment(), "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json"},
        capture_output=True,
        text=True,
        check=False,
    )
    if played.returncode != 0:
        raise RuntimeError(f"ansible-playbook ended with {played.returncode}: {played.stdout[-3000:]}{played.stderr}")
    done = json.loads(played.stdout[played.stdout.index("{") :])["plays"][0]["tasks"]
    return {task["task"]["name"]: _timed(task["task"]["duration"]) for task in done}


def _timed(duration: dict[str, str]) -> Timed:
    start, end = (datetime.datetime.fromisoformat(duration[key]) for key in ("start", "end"))
    return Timed(start.timestamp(), (end - start).total_seconds())
