# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role ``alerting`` beside an Alertmanager that is there: what is said of teams is what it does."""

from __future__ import annotations

import collections.abc
import datetime
import pathlib
import re
import subprocess
import sys
import typing as t

import pytest

from ansible_collections.progressive.delivery.tests.e2e.balancers import laid_down
from ansible_collections.progressive.delivery.tests.e2e.telemetry import servers

COUNTS = re.compile(r"^here .*changed=(\d+)", re.MULTILINE)
NOBODY = {"route": {"receiver": "nobody"}, "receivers": [{"name": "nobody"}]}


class Alerting:
    """The role with some options again and again."""

    def __init__(self, folder: pathlib.Path, alertmanager: servers.Server) -> None:
        self.folder = folder
        self.alertmanager = alertmanager
        self.options: dict[str, t.Any] = {
            "alerting_file": str(folder / "alertmanager.yml"),
            "alerting_owner": "",
            "alerting_address": alertmanager.address,
            "alerting_receivers": [{"name": "chat"}, {"name": "on-call"}],
            "alerting_otherwise": {"critical": "on-call"},
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
        }

    def process(self, *arguments: str, **options: t.Any) -> t.Any:
        inventory = {"all": {"children": {"alertmanagers": {"hosts": {"here": {**self.options, **options}}}}}}
        return laid_down.run_playbook(self.folder / "play", inventory, "progressive.delivery.alerting", *arguments)

    def changes(self, *arguments: str, **options: t.Any) -> int:
        process = self.process(*arguments, **options)
        assert process.returncode == 0, (process.stdout + process.stderr)[-3000:]
        return int(COUNTS.search(process.stdout)[1])

    def in_force(self) -> str:
        """The configuration that Alertmanager goes by."""
        return str(self.alertmanager.get("/api/v2/status").json()["config"]["original"])

    def silenced(self) -> dict[str, str]:
        """By whom is silenced, why."""
        known = self.alertmanager.get("/api/v2/silences").json()
        return {each["createdBy"]: each["comment"] for each in known if each["status"]["state"] != "expired"}


@pytest.fixture
def alerting(tmp_path: pathlib.Path) -> collections.abc.Iterator[Alerting]:
    with servers.alertmanager(tmp_path, NOBODY) as alertmanager:
        yield Alerting(tmp_path, alertmanager)


def test_what_is_said_of_teams_is_what_alertmanager_does(alerting: Alerting) -> None:
    tomorrow = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
    rack = {
        "name": "rack 7",
        "starts": tomorrow.isoformat(timespec="seconds"),
        "ends": (tomorrow + datetime.timedelta(hours=2)).isoformat(timespec="seconds"),
        "matchers": [{"name": "host", "value": "rack7-.*", "regex": True}],
        "comment": "new power supplies",
    }
    over = {**rack, "name": "over", "starts": "2020-01-01T00:00:00Z", "ends": "2020-01-01T01:00:00Z"}
    weekly = {"hours": "patches", "matchers": [{"name": "host", "value": "db1"}]}
    said = {
        "alerting_teams": {"search": {"warning": "chat"}},
        "alerting_hours": {"patches": "Sun-Sun 02:00-04:00 Europe/Berlin"},
        "alerting_maintenance": [rack, over, weekly],
    }
    assert alerting.changes("--check", **said) == 2
    assert ("search" in alerting.in_force(), alerting.silenced()) == (False, {})

    assert alerting.changes(**said) >= 2
    assert "search" in alerting.in_force()
    assert "02:00" in alerting.in_force()
    assert alerting.silenced() == {"maintenance: rack 7": "new power supplies"}
    assert alerting.changes(**said) == 0

    # somebody else's silence, and a configuration that was laid down by a run that was cut off before it was read
    file = pathlib.Path(alerting.options["alerting_file"])
    file.write_text(file.read_text().replace("search", "sea"))
    assert alerting.changes(**{**said, "alerting_maintenance": [weekly]}) >= 2
    assert "search" in alerting.in_force()
    assert alerting.silenced() == {}


def test_a_vaulted_secret_is_laid_down_as_what_it_is(alerting: Alerting) -> None:
    (alerting.folder / "password").write_text("of the vault")
    vaulted = subprocess.run(
        [
            "ansible-vault",
            "encrypt_string",
            "--vault-password-file",
            str(alerting.folder / "password"),
            "s3cret-of-pagers",
        ],
        capture_output=True,
        text=True,
        check=True,
        cwd=alerting.folder,
    ).stdout
    (alerting.folder / "vaulted.yml").write_text("key: " + vaulted)
    receivers = [{"name": "on-call", "pagerduty_configs": [{"routing_key": "{{ key }}"}]}]
    arguments = "-e", f"@{alerting.folder}/vaulted.yml", "--vault-password-file", str(alerting.folder / "password")
    assert alerting.changes(*arguments, alerting_receivers=receivers)
    laid_down_file = pathlib.Path(alerting.options["alerting_file"])
    assert "routing_key: s3cret-of-pagers" in laid_down_file.read_text()
    assert laid_down_file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"alerting_otherwise": {"critical": "nurse"}}, "there is no receiver 'nurse'"),
        ({"alerting_receivers": [{"name": "on-call", "pager": 1}]}, "field pager not found"),
        ({"alerting_maintenance": [{"matchers": [], "name": "x"}]}, "maintenance: x: matchers are needed"),
    ],
)
def test_what_is_wrong_does_not_take_the_place_of_what_is_there(
    alerting: Alerting, options: dict[str, t.Any], message: str
) -> None:
    file = pathlib.Path(alerting.options["alerting_file"])
    before = file.read_text()
    process = alerting.process(**options)
    assert process.returncode == 2
    assert message in process.stdout
    assert file.read_text() == before
