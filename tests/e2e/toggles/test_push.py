# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook pushes a file to all hosts or to none, and finishes what a run that was killed had begun."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

from ansible_collections.progressive.delivery.plugins.module_utils._toggles.push import PushedFile
from ansible_collections.progressive.delivery.tests.e2e.balancers.laid_down import ROOT

HOSTS = ("a", "b", "c")


def file(percent: int) -> str:
    targeting = {"if": [{"==": [{"var": "percent"}, percent]}, "on", "off"]}
    flag = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off", "targeting": targeting}
    return json.dumps({"flags": {"search": flag}}) + "\n"


def push(folder: pathlib.Path, content: str, *arguments: str) -> tuple[int, str]:
    """How the run ended, and what it printed."""
    (folder / "source.json").write_text(content)
    variables = {
        "feature_toggles_source": f"{folder}/source.json",
        "feature_toggles_path": f"{folder}/{{{{ inventory_hostname }}}}/flags.json",
        "feature_toggles_hosts": list(HOSTS),
        "ansible_python_interpreter": sys.executable,
    }
    environment = {
        **os.environ,
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "collections"),
        "ANSIBLE_NOCOLOR": "1",
    }
    command = [str(pathlib.Path(sys.executable).with_name("ansible-playbook")), "-i", ",".join(HOSTS), "-c", "local"]
    command += ["-e", json.dumps(variables), *arguments, "progressive.delivery.feature_toggles"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_a_file_is_pushed_to_all_hosts_or_to_none_and_what_was_begun_is_finished(tmp_path: pathlib.Path) -> None:
    def live() -> list[str | None]:
        files = [tmp_path / host / "flags.json" for host in HOSTS]
        return [path.read_text() if path.exists() else None for path in files]

    for host in HOSTS[:2]:
        (tmp_path / host).mkdir()
    # One has no folder for it.
    code, printed = push(tmp_path, file(1))
    assert (code, live()) == (2, [None] * 3), printed
    assert "Nothing was begun. c could not be looked at" in printed

    (tmp_path / "c").mkdir()
    code, printed = push(tmp_path, file(1))
    assert (code, live()) == (0, [file(1)] * 3), printed

    # Of a run that was killed: all have it prepared, and the first has activated it.
    pushed = [PushedFile(str(tmp_path / host / "flags.json"), 0.0, None, 20) for host in HOSTS]
    (digest,) = {each.prepare(file(2))[1] for each in pushed}
    pushed[0].activate(digest)
    # What comes next cannot be prepared by one, where a flag was changed by hand.
    (tmp_path / "b" / "flags.json").write_text(file(2) + "\n")
    code, printed = push(tmp_path, file(3))
    assert (code, live()) == (2, [file(2), file(2) + "\n", file(1)]), printed
    assert "Nothing was activated. b could not prepare the same file" in printed
    assert [each.look().prepared for each in pushed] == [None] * 3

    (tmp_path / "b" / "flags.json").write_text(file(1))
    for each in pushed[1:]:
        each.prepare(file(2))
    code, printed = push(tmp_path, "{}")
    assert (code, live()) == (2, [file(2)] * 3), printed
    assert push(tmp_path, file(3), "--limit", "a")[0] == 2
    code, printed = push(tmp_path, file(3), "-e", "feature_toggles_environment=staging")
    assert (code, live()) == (0, [file(3)] * 3), printed
