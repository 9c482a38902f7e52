# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An alert takes a release back, once: a real Alertmanager, ansible-rulebook with the rulebook, and a real rollout."""

from __future__ import annotations

import collections.abc
import contextlib
import datetime
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import typing as t

import requests
from loopback.site import INVENTORY, REPOSITORY

from ansible_collections.progressive.delivery.plugins.plugin_utils._monitoring.routing import configuration, routing_of
from ansible_collections.progressive.delivery.tests.e2e.balancers.laid_down import free_port, until
from ansible_collections.progressive.delivery.tests.e2e.telemetry import servers

from .story import QUICK, Story

TOKEN = "s3cret-of-alertmanager"


class Rulebook:
    """``ansible-rulebook`` with the collection's rulebook, listening on a port of its own."""

    def __init__(self, story: Story, folder: pathlib.Path) -> None:
        inventory = folder / "inventory"
        (inventory / "group_vars").mkdir(parents=True)
        shutil.copy(story.site.directory / "hosts.yml", inventory)
        shutil.copy(INVENTORY, inventory / "site.yml")
        (inventory / "group_vars" / "all.json").write_text(json.dumps({**story.site.settings, **QUICK}))
        self.port = free_port()
        (folder / "rollback.yml").write_text(json.dumps({"rollback_token": TOKEN, "rollback_port": self.port}))
        self.output = folder / "rulebook.log"
        self._command = [
            str(pathlib.Path(sys.executable).with_name("ansible-rulebook")),
            "--rulebook=progressive.delivery.rollback_on_alert",
            f"--inventory={inventory}",
            f"--vars={folder / 'rollback.yml'}",
            "--print-events",
        ]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/alerts"

    def send(self, *alerts: t.Any, token: str = TOKEN) -> int:
        """What is answered to a message of Alertmanager's."""
        body = {"version": "4", "status": "firing", "alerts": list(alerts)}
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return requests.post(self.url, json=body, headers=headers, timeout=10).status_code

    def said(self, text: str) -> int:
        """How often it, and the playbooks that it ran, said so."""
        return self.output.read_text(errors="replace").count(text)

    @contextlib.contextmanager
    def running(self) -> collections.abc.Iterator[None]:
        environment = {
            **os.environ,
            "ANSIBLE_CONFIG": str(REPOSITORY / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(REPOSITORY / ".cache" / "collections"),
            "ANSIBLE_NOCOLOR": "1",
            "PATH": f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}",
        }
        with self.output.open("ab") as output:
            process = subprocess.Popen(
                self._command, cwd=REPOSITORY, env=environment, stdout=output, stderr=output, start_new_session=True
            )
        try:
            until(lambda: self._listens(process), "the rulebook listens")
            yield
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(30)

    def _listens(self, process: subprocess.Popen[bytes]) -> bool:
        assert process.poll() is None, self.output.read_text()
        with contextlib.suppress(requests.ConnectionError):
            return requests.get(self.url, timeout=5).status_code in (401, 405)
        return False


def alertmanager_telling(rulebook: Rulebook) -> dict[str, t.Any]:
    receiver = {
        "url": rulebook.url,
        "send_resolved": False,
        "http_config": {"authorization": {"credentials": TOKEN}},
    }
    on = [
        {"name": "alertname", "value": "AppDown|ErrorBudgetBurns", "regex": True},
        {"name": "severity", "value": "critical"},
    ]
    return configuration(
        routing_of(
            {}, receivers=[{"name": "back", "webhook_configs": [receiver]}], rollback={"to": "back", "matchers": on}
        )
    )


def alert(name: str, began: str, **labels: str) -> dict[str, t.Any]:
    return {
        "status": "firing",
        "labels": {"alertname": name, "app": "analyze-all", "severity": "critical", **labels},
        "annotations": {},
        "startsAt": began,
        "fingerprint": "f",
    }


def test_an_alert_takes_the_release_back_once_and_whoever_else_calls_does_not(
    story: Story, tmp_path: pathlib.Path
) -> None:
    rulebook = Rulebook(story, tmp_path)
    story.given_serving_with_a_way_back().when_delivering(story.new).then_it_ended(0)
    delivered = story.site.journal()
    assert delivered is not None
    made = tmp_path / "made"
    began = datetime.datetime.now(datetime.timezone.utc).isoformat()

    def rolled_back() -> bool:
        latest = story.site.journal()
        return latest is not None and latest["strategy"] == "rollback" and latest["status"] == "succeeded"

    with rulebook.running():
        assert rulebook.send(alert("AppDown", began), token="") == 401
        assert rulebook.send(alert("AppDown", began), token="other") == 401
        hostile = "{{ lookup('ansible.builtin.pipe', 'touch " + str(made) + "') }}"
        assert rulebook.send(alert("AppDown", began, app=hostile), alert("AppDown", hostile), {}) == 200
        rulebook.send("odd", 5)  # whatever it says to that, it goes on
        assert rulebook.send(alert("AppDown", began, app="../x")) == 200
        assert rulebook.send({**alert("AppDown", began), "status": "resolved"}) == 200
        assert rulebook.send(alert("AppDown", began, app="search")) == 200
        until(
            lambda: rulebook.said("search is left as it is: this inventory delivers analyze-all") > 0, "it is refused"
        )
        answer = requests.post(rulebook.url, data="no json", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=10)
        assert answer.status_code == 400

        with servers.alertmanager(tmp_path, alertmanager_telling(rulebook)) as alertmanager:
            given = [
                {"labels": alert("AppDown", began, severity="warning")["labels"]},
                {"labels": alert("AppDown", began)["labels"]},
            ]
            requests.post(alertmanager.address + "/api/v2/alerts", json=given, timeout=10).raise_for_status()
            until(rolled_back, "the release is taken back")
        story.then_unlocked().then_serves(delivered["from_release"])
        back = story.site.journal()
        until(lambda: rulebook.said("PLAY RECAP") == 2, "the playbook has ended")

    # after it was started anew it has forgotten all; the journal has not
    with rulebook.running():
        for _number in range(3):
            assert rulebook.send(alert("AppDown", began)) == 200
        until(lambda: rulebook.said("PLAY RECAP") == 3, "the playbook has ended again")
        time.sleep(2)  # another one would have begun by then
    assert rulebook.said("PLAY RECAP") == 3
    assert rulebook.said("is a way back itself") >= 1
    assert story.site.journal() == back
    assert not made.exists()
    story.then_nothing_failed()


def test_without_a_token_it_does_not_listen(story: Story, tmp_path: pathlib.Path) -> None:
    rulebook = Rulebook(story, tmp_path)
    (tmp_path / "rollback.yml").write_text("{}")
    command = [*rulebook._command]
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(REPOSITORY / ".cache" / "collections")}
    ended = subprocess.run(
        command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode != 0
    assert "rollback_token" in ended.stdout + ended.stderr
