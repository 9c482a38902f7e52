# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the module as people do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def check_health(tmp_path: Path) -> t.Callable[..., dict[str, t.Any]]:
    """Runs one task by ansible-playbook on this machine and returns its result.

    :param arguments: further ones for ansible-playbook
    """

    def run(options: dict[str, t.Any], *arguments: str) -> dict[str, t.Any]:
        result = tmp_path / "result.json"
        play = {
            "hosts": "localhost",
            "connection": "local",
            "gather_facts": False,
            "tasks": [
                {
                    "name": "Check",
                    "progressive.delivery.health_check": options,
                    "register": "checked",
                    "failed_when": False,
                },
                {
                    "name": "Keep the result",
                    "ansible.builtin.copy": {"dest": str(result), "content": "{{ checked | to_json }}", "mode": "0600"},
                    "check_mode": False,
                },
            ],
        }
        playbook = tmp_path / "playbook.json"
        playbook.write_text(json.dumps([play]))
        ansible_playbook = Path(sys.executable).with_name("ansible-playbook")
        variables = {**os.environ, "ANSIBLE_LOCALHOST_WARNING": "false", "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false"}
        ran = subprocess.run(
            [ansible_playbook, playbook, "-e", f"ansible_python_interpreter={sys.executable}", *arguments],
            cwd=ROOT,
            env=variables,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return {**json.loads(result.read_text()), "output": ran.stdout + ran.stderr}

    return run
