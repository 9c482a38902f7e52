# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks bring configurations into force on two hosts, show a promotion, tell drift and go back."""

from __future__ import annotations

import collections.abc
import os
import pathlib
import re
import subprocess
import sys
import typing as t

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]


class Fleet:
    """Two hosts of an app on this machine, each with a folder of its own."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.layer(
            "base.yml", {"workers": 2, "database": {"host": "db.staging", "password": {"$secret": "file:password"}}}
        )
        self.layer("staging.yml", {"theme": "new"})
        self.layer("production.toml", 'theme = "old"\n[database]\nhost = "db.production"\n')
        self.layer("hosts/host-2.env", "zone='b'\n")
        (folder / "password").write_text("s3cret-1")
        (folder / "motd.j2").write_text("{{ settings.theme }} on {{ settings.database.host }}\n")
        (folder / "schema.json").write_text(
            '{"properties": {"workers": {"type": "integer"}, "theme": {"enum": ["old", "new"]}, "zone": {"type": "string"},'
            ' "database": {"properties": {"host": {"x-dangerous": true}, "password": {"writeOnly": true}}}}}'
        )
        hosts = {}
        for name in ("host-1", "host-2"):
            (folder / name / "etc").mkdir(parents=True)
            env = {"path": str(folder / name / "etc" / "app.env"), "format": "dotenv", "mode": "0600"}
            motd = {"path": str(folder / name / "etc" / "motd"), "format": "template", "mode": "0644"}
            motd |= {"template_file": str(folder / "motd.j2"), "keys": ["theme", "database.host"]}
            state = str(folder / name / "state")
            hosts[name] = {"environment_renders": [env, motd], "environment_state_directory": state}
        variables = {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "environment_app": "shop",
            "environment_name": "production",
            "environment_schema_file": str(folder / "schema.json"),
            "environment_secrets": {"folder": str(folder)},
        }
        (folder / "inventory.yml").write_text(yaml.safe_dump({"all": {"hosts": hosts, "vars": variables}}))

    def layer(self, name: str, settings: t.Any) -> None:
        path = self.folder / "environments" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(settings if isinstance(settings, str) else yaml.safe_dump(settings))

    def variables(self, host: str) -> dict[str, str]:
        """What a shell finds in the host's file."""
        script = f"set -a; . {self.folder}/{host}/etc/app.env; exec env -0"
        done = subprocess.run(["dash", "-c", script], env={}, capture_output=True, check=True, text=True)
        return {
            name: value
            for name, value in (one.split("=", 1) for one in done.stdout.split("\0") if one)
            if name != "PWD"
        }

    def play(self, name: str, *arguments: str, fails: bool = False) -> str:
        """What the playbook *name*, of the collection or a file, prints."""
        command = [str(pathlib.Path(sys.executable).with_name("ansible-playbook"))]
        command += [name if name.endswith(".yml") else f"progressive.delivery.{name}"]
        environment = {
            **os.environ,
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "collections"),
            "ANSIBLE_NOCOLOR": "1",
        }
        command += ["-i", str(self.folder / "inventory.yml"), *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        assert "s3cret" not in done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[Fleet]:
    return Fleet(tmp_path_factory.mktemp("fleet"))


def rows(printed: str) -> list[list[str]]:
    """The lines of a table that is printed, by its columns."""
    return [re.split(r"  +", line.strip().strip('",')) for line in printed.splitlines()]


def test_a_configuration_is_applied_promoted_drifts_and_is_gone_back_from(fleet: Fleet) -> None:
    fleet.play("environment")
    first = {"DATABASE_HOST": "db.production", "DATABASE_PASSWORD": "s3cret-1", "THEME": "old", "WORKERS": "2"}

    assert fleet.variables("host-1") == first
    assert fleet.variables("host-2") == {**first, "ZONE": "b"}
    assert (fleet.folder / "host-1/etc/motd").read_text() == "old on db.production\n"
    assert fleet.play("environment").count("changed=0") == 2

    # The promotion is looked at, and changes nothing; then it is made.
    fleet.layer("production.toml", 'theme = "new"\n[database]\nhost = "db.production"\n')
    shown = fleet.play(
        "environment", "--check", "--diff", "-e", "environment_from=staging", "-e", "environment_release=1.1"
    )
    assert ["changes", "theme", "new", "old", "new", "production.toml", "host-1, host-2"] in rows(shown)
    assert [
        "stays",
        "database.host",
        "db.staging",
        "db.production",
        "db.production",
        "production.toml",
        "host-1, host-2",
    ] in rows(shown)
    assert re.search(r'-.*"THEME": "old"', shown)
    assert fleet.variables("host-1") == first
    fleet.play("environment", "-e", "environment_release=1.1")
    assert fleet.variables("host-1") == {**first, "THEME": "new"}

    # Somebody edits a file by hand.
    (fleet.folder / "host-2/etc/app.env").write_text("DATABASE_HOST=mine\nTHEME=new\nTOKEN=abc\n")
    drifted = fleet.play("drift", fails=True)
    assert ["host-2", f"{fleet.folder}/host-2/etc/app.env", "DATABASE_HOST", "db.production", "mine", "edited"] in rows(
        drifted
    )
    assert [
        "host-2",
        f"{fleet.folder}/host-2/etc/app.env",
        "TOKEN",
        "(not set)",
        "(not declared, not shown)",
        "edited",
    ] in rows(drifted)
    assert ["host-2", f"{fleet.folder}/host-2/etc/app.env", "mode", "0600", "0644", "edited"] not in rows(drifted)
    assert "as declared: host-1" in drifted
    fleet.play("drift", "-e", "environment_drift_fails=false")

    # And all go back.
    fleet.play("environment", "-e", "environment_state=revision")
    assert fleet.variables("host-2") == {**first, "ZONE": "b"}
    assert (fleet.folder / "host-2/etc/motd").read_text() == "old on db.production\n"


def test_hosts_in_batches_are_told_of_batch_by_batch(fleet: Fleet) -> None:
    role = {"name": "progressive.delivery.environment"}
    tasks = [{"ansible.builtin.include_role": {**role, "tasks_from": entry}} for entry in ("main", "drift")]
    play = {"hosts": "all", "gather_facts": False, "serial": 1, "tasks": tasks}
    (fleet.folder / "batches.yml").write_text(yaml.safe_dump([play]))

    told = fleet.play(str(fleet.folder / "batches.yml"), "-e", "environment_from=staging")
    stays = ["stays", "database.host", "db.staging", "db.production", "db.production", "production.toml"]
    assert [row[6] for row in rows(told) if row[:6] == stays] == ["host-1", "host-2"]
    assert [row for row in rows(told) if row[0].startswith("as declared")] == [
        ["as declared: host-1"],
        ["as declared: host-2"],
    ]


def test_what_is_refused_is_refused_on_all_hosts_before_anything_is_touched(fleet: Fleet) -> None:
    before = {path: path.read_bytes() for path in fleet.folder.glob("host-*/**/*") if path.is_file()}
    fleet.layer("production.toml", 'theme = "olive"\n')
    fleet.layer("base.json", "{}")

    assert "is environment_name ('prodution') right?" in fleet.play(
        "environment", "-e", "environment_name=prodution", fails=True
    )
    refused = fleet.play("environment", "-e", "environment_name=prodution", fails=True)
    assert "is environment_name ('prodution') right?" in refused
    assert "several files of the same layer" in refused
    (fleet.folder / "environments/base.json").unlink()
    assert "production.toml: theme" in fleet.play("environment", fails=True)
    assert {path: path.read_bytes() for path in fleet.folder.glob("host-*/**/*") if path.is_file()} == before
