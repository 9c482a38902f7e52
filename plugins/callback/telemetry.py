# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ships what runs are seen to do; translates core's objects, and nothing else."""

from __future__ import annotations

DOCUMENTATION = r"""
name: telemetry
type: notification
short_description: Ship events of runs to where they are looked at
version_added: "0.2.0"
author:
  - The progressive.delivery engineers (@progressive-delivery)
description:
  - Tells of every run, play and task how long it took, how it ended and on which hosts it failed, and of the collection's own modules what they
    came to. Everything else of a result stays where it is, and so do arguments, messages and whatever C(no_log) hides.
  - A process of its own ships it, beside the run. The run waits for no sink; what one that is down does not take is kept on disk and shipped by the
    next run. Where a run is killed, what it had told is shipped all the same.
  - An event has the same C(id) whenever it comes, so who gets one twice knows.
  - Variables are those of the first host of the first play, or of the inventory where that has none, from wherever the inventory has them.
requirements:
  - enabled by C(callbacks_enabled = progressive.delivery.telemetry) in the section C(defaults) of C(ansible.cfg), or by the environment
    variable E(ANSIBLE_CALLBACKS_ENABLED)
  - jmespath and requests, on the controller, and for some sinks what docs/dependencies.md names
options:
  sinks:
    description:
      - Where events go, any number of addresses with commas between them.
      - C(jsonl:PATH) writes them to a file, a JSON object a line.
      - C(cloudevents+https://HOST/PATH) sends them as batches of CloudEvents, and as CDEvents where a type of those fits.
      - C(otlp+https://HOST:4318) sends logs, metrics and traces to whatever takes OpenTelemetry's protocol over HTTP.
      - C(loki+https://HOST:3100) sends them to Loki; C(syslog:/dev/log), C(syslog:HOST:514) and C(syslog+tcp:HOST:601) to syslog;
        C(journald:) to the journal of this machine.
      - C(pushgateway+https://HOST:9091), C(remote-write+https://HOST/api/v1/write), C(textfile:/FOLDER) for node_exporter and
        C(statsd:HOST:8125) get what is measured.
      - C(alertmanager+https://HOST:9093), with further members of the cluster behind semicolons, gets alerts. Without one,
        C(apprise+ADDRESS) tells people of them by whatever Apprise speaks to, such as C(apprise+slack://…).
      - All of these take C(http) too. User and password may stand in the address, and are sent as basic authentication.
    type: list
    elements: str
    default: ["jsonl:~/.ansible/progressive_delivery/events.jsonl"]
    ini:
      - section: progressive_delivery_telemetry
        key: sinks
    env:
      - name: PROGRESSIVE_DELIVERY_SINKS
    vars:
      - name: progressive_delivery_sinks
  labels:
    description:
      - What else every event is to say, such as C(team=search,environment=production).
      - The number of an AWX job is added as C(job), and its host as C(controller).
    type: list
    elements: str
    default: []
    ini:
      - section: progressive_delivery_telemetry
        key: labels
    env:
      - name: PROGRESSIVE_DELIVERY_LABELS
    vars:
      - name: progressive_delivery_labels
  backlog:
    description: The folder in which waits what sinks did not take.
    type: path
    default: ~/.ansible/progressive_delivery/backlog
    ini:
      - section: progressive_delivery_telemetry
        key: backlog
    env:
      - name: PROGRESSIVE_DELIVERY_BACKLOG
    vars:
      - name: progressive_delivery_backlog
  backlog_megabytes:
    description: How much waits for each sink at most. What comes when it is full is counted, and lost.
    type: int
    default: 50
    ini:
      - section: progressive_delivery_telemetry
        key: backlog_megabytes
    env:
      - name: PROGRESSIVE_DELIVERY_BACKLOG_MEGABYTES
    vars:
      - name: progressive_delivery_backlog_megabytes
  working_hours:
    description:
      - The hours in which somebody is there to look, such as C(Mon-Fri 08:00-18:00), on the controller's clock. Outside them what can wait
        matters less, such as a rollout that is paused. By default all hours are.
    type: str
    default: ""
    ini:
      - section: progressive_delivery_telemetry
        key: working_hours
    env:
      - name: PROGRESSIVE_DELIVERY_WORKING_HOURS
    vars:
      - name: progressive_delivery_working_hours
  runbooks:
    description: The address of the page that says what to do about an alert, which is linked with the alert's name behind C(#).
    type: str
    default: docs/alerts.md
    ini:
      - section: progressive_delivery_telemetry
        key: runbooks
    env:
      - name: PROGRESSIVE_DELIVERY_RUNBOOKS
    vars:
      - name: progressive_delivery_runbooks
  inventory:
    description: The inventory that the commands in an alert are to name.
    type: str
    default: ""
    ini:
      - section: progressive_delivery_telemetry
        key: inventory
    env:
      - name: PROGRESSIVE_DELIVERY_INVENTORY
    vars:
      - name: progressive_delivery_inventory
  flush:
    description:
      - For how many seconds at most the end of the run waits for what is not shipped yet.
      - Where the process that ships does not run, as on a machine that hangs, it is given five seconds more.
    type: float
    default: 5
    ini:
      - section: progressive_delivery_telemetry
        key: flush
    env:
      - name: PROGRESSIVE_DELIVERY_FLUSH
    vars:
      - name: progressive_delivery_flush
"""

import os
import time
import typing as t
import uuid

from ansible import context
from ansible.errors import AnsibleError
from ansible.plugins.callback import CallbackBase
from ansible.template import Templar

from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry import said
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.labels import labels
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.model import (
    HostEnded,
    Outcome,
    PlayBegan,
    RunBegan,
    RunEnded,
    TaskBegan,
)
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.options import Options
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.shipper_process import ShipperProcess


class CallbackModule(CallbackBase):
    """Observes a run."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "progressive.delivery.telemetry"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._shipper: ShipperProcess | None = None
        self._run: tuple[str, float, str] | None = None
        self._began: dict[tuple[str, str], float] = {}
        self._retries: dict[tuple[str, str], int] = {}

    def v2_playbook_on_start(self, playbook: t.Any) -> None:
        self._run = uuid.uuid4().hex, time.time(), os.path.basename(getattr(playbook, "_file_name", "") or "")

    def v2_playbook_on_play_start(self, play: t.Any) -> None:
        if self._run is not None:
            (run, at, name), self._run = self._run, None
            self._shipper = None
            self.set_options(var_options=self._variables(play))
            said.check()
            given = labels(self.get_option("labels"), os.environ)
            self._shipper = self._shipping()
            self._see(RunBegan(run, at, name, bool(context.CLIARGS.get("check")), given))
        self._see(PlayBegan(time.time(), play.get_name()))

    def v2_playbook_on_task_start(self, task: t.Any, is_conditional: bool) -> None:  # noqa: ARG002 (core names it)
        self._task_began(task)

    def v2_playbook_on_handler_task_start(self, task: t.Any) -> None:
        self._task_began(task)

    def v2_runner_on_start(self, host: t.Any, task: t.Any) -> None:
        self._began[(task._uuid, host.get_name())] = time.time()

    def v2_runner_retry(self, result: t.Any) -> None:
        host, task = _of(result)
        place = task._uuid, host.get_name()
        self._retries[place] = self._retries.get(place, 0) + 1

    def v2_runner_on_ok(self, result: t.Any) -> None:
        self._host_ended(result, "changed" if result.is_changed() else "ok")

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:
        self._host_ended(result, "ignored" if ignore_errors else "failed")

    def v2_runner_on_unreachable(self, result: t.Any) -> None:
        self._host_ended(result, "unreachable")

    def v2_runner_on_skipped(self, result: t.Any) -> None:
        self._host_ended(result, "skipped")

    def v2_playbook_on_stats(self, stats: t.Any) -> None:
        hosts = {host: dict(stats.summarize(host)) for host in sorted(stats.processed)}
        self._see(RunEnded(time.time(), hosts))
        shipper, self._shipper = self._shipper, None
        if shipper is not None:
            for line in shipper.end():
                self._display.display(line)

    def _variables(self, play: t.Any) -> dict[str, t.Any]:
        """What the inventory says of this callback, by the first host; core itself looks at C(-e) alone, and before 2.21 at nothing."""
        manager = play.get_variable_manager()
        hosts = manager._inventory.get_hosts(play.hosts) or manager._inventory.get_hosts()
        if not hosts:
            return {}
        known = manager.get_vars(play=play, host=hosts[0], include_hostvars=False)
        templar = Templar(loader=play.get_loader(), variables=known)
        found = {}
        for name in ("progressive_delivery_" + option for option in self._plugin_options):
            try:
                if name in known:
                    found[name] = templar.template(known[name])
            except AnsibleError as error:
                self._display.warning("telemetry: {0} is not looked at: {1}".format(name, error))
        return found

    def _shipping(self) -> ShipperProcess:
        return ShipperProcess(
            Options(
                tuple(self.get_option("sinks")),
                self.get_option("backlog"),
                self.get_option("backlog_megabytes") * 1_000_000,
                self.get_option("flush"),
                self.get_option("working_hours"),
                self.get_option("runbooks"),
                self.get_option("inventory"),
            )
        )

    def _see(self, observation: t.Any) -> None:
        if self._shipper is None:
            return
        self._shipper.see(observation)
        if problem := self._shipper.problem():
            self._shipper = None
            self._display.warning("telemetry: nothing is shipped of this run. " + problem)

    def _task_began(self, task: t.Any) -> None:
        role = task._role.get_name() if task._role else ""
        self._see(TaskBegan(time.time(), task._uuid, task.get_name(), task.resolved_action or task.action, role))

    def _host_ended(self, result: t.Any, outcome: Outcome) -> None:
        host, task = _of(result)
        told, fields = (_public(result, name) for name in ("result", "task_fields"))
        now = time.time()
        place = task._uuid, host.get_name()
        action = task.resolved_action or task.action
        self._see(
            HostEnded(
                now,
                task._uuid,
                host.get_name(),
                outcome,
                self._began.pop(place, now),
                # Core's own count of them is one too few where all failed.
                1 + self._retries.pop(place, 0),
                # What is only foreseen has not happened.
                () if fields.get("check_mode") else said.said(action, told),
                said.problem(action, told) if outcome in ("failed", "ignored") else "",
            )
        )


def _of(result: t.Any) -> tuple[t.Any, t.Any]:
    """The host and the task of a result."""
    return _public(result, "host"), _public(result, "task")


def _public(result: t.Any, name: str) -> t.Any:
    """What core has made public in 2.19, and takes away by its other name in 2.23."""
    return getattr(result, name if hasattr(result, name) else "_" + name)
