# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The callback on the ansible-core of this environment: a small play, told whole. What else it does is in tests/e2e/telemetry."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[4]
PLAY = """
- name: Say
  hosts: all
  gather_facts: false
  tasks:
    - name: Say it
      ansible.builtin.debug:
        msg: hello
    - name: Fail at it
      ansible.builtin.fail:
        msg: no
      ignore_errors: true
    - name: Leave it
      ansible.builtin.debug:
        msg: never
      when: false
"""


def test_core_of_whatever_version_is_understood(tmp_path: pathlib.Path) -> None:
    (tmp_path / "play.yml").write_text(PLAY)
    (tmp_path / "group_vars").mkdir()
    said = {"progressive_delivery_sinks": [f"jsonl:{tmp_path}/{{{{ where }}}}"], "where": "events"}
    (tmp_path / "group_vars" / "all.json").write_text(json.dumps(said))
    environment = {
        **os.environ,
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "collections"),
        "ANSIBLE_CALLBACKS_ENABLED": "progressive.delivery.telemetry",
        "ANSIBLE_NOCOLOR": "1",
        "PROGRESSIVE_DELIVERY_BACKLOG": str(tmp_path / "backlog"),
    }
    command = [str(pathlib.Path(sys.executable).with_name("ansible-playbook")), "-i", "a,b,", "-c", "local"]
    ended = subprocess.run(
        [*command, str(tmp_path / "play.yml")], env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "telemetry" not in ended.stderr, ended.stderr

    told = [json.loads(line) for line in (tmp_path / "events").read_text().splitlines()]
    assert f"telemetry: {tmp_path}/events: {len(told)} shipped" in ended.stdout
    tasks = {each["data"]["task"]: each["data"] for each in told if each["type"].endswith("task.ended")}
    assert {name: each["outcomes"] for name, each in tasks.items()} == {
        "Say it": {"ok": 2},
        "Fail at it": {"ignored": 2},
        "Leave it": {"skipped": 2},
    }
    assert tasks["Say it"]["action"] == "ansible.builtin.debug"
    assert (told[0]["type"], told[-1]["type"]) == ("progressive.delivery.run.began", "progressive.delivery.run.ended")
    assert told[-1]["data"]["outcome"] == "succeeded"
