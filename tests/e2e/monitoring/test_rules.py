# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every rule that is made, in Prometheus' own tests of rules: that it fires, and that it does not."""

from __future__ import annotations

import dataclasses
import pathlib
import subprocess
import typing as t

import pytest
import yaml

from ansible_collections.progressive.delivery.plugins.plugin_utils._monitoring.rules import rules_of

REQUESTS = 'haproxy_backend_http_responses_total{{proxy=~"shop[.].*"{0}}}'
APPS = [
    {
        "name": "shop",
        "labels": {"team": "search"},
        "availability": {"objective": 0.999, "total": REQUESTS.format(""), "bad": REQUESTS.format(',code="5xx"')},
        "latency": {
            "objective": 0.99,
            "total": 'seconds_count{job="shop"}',
            "good": 'seconds_bucket{job="shop",le="0.5"}',
        },
        "pools": {"total": REQUESTS.format(""), "bad": REQUESTS.format(',code="5xx"'), "label": "proxy"},
        "saturation": "busy / threads",
    },
    {"name": 'o"dd', "availability": {"objective": 0.99}},
]


@dataclasses.dataclass(frozen=True)
class Case:
    """Series by name, as promtool writes their values, in steps of *interval*.

    :param fires: the labels of which one such alert has all at *at*; None where none may fire
    :param but: labels of those that may not, where others may
    """

    alert: str
    series: t.Mapping[str, str]
    at: str
    fires: t.Mapping[str, str] | None
    interval: str = "1m"
    but: t.Mapping[str, str] = dataclasses.field(default_factory=dict)


def requests(pool: str, good: str, bad: str) -> dict[str, str]:
    name = 'haproxy_backend_http_responses_total{{proxy="shop.{0}",code="{1}"}}'
    return {name.format(pool, "2xx"): good, name.format(pool, "5xx"): bad}


ALWAYS = "1x5000"
CASES = [
    # 1.5 % fail: 15 times as fast as planned.
    Case(
        "ErrorBudgetBurns",
        requests("blue", "0+985x120", "0+15x120"),
        "2h",
        {"severity": "critical", "slo": "availability"},
    ),
    # 0.5 % fail, five times as fast as planned: it is for the morning.
    Case(
        "ErrorBudgetBurns",
        requests("blue", "0+9950x300", "0+50x300"),
        "1d",
        {"severity": "warning", "slo": "availability", "team": "search"},
        "10m",
    ),
    Case("ErrorBudgetBurns", requests("blue", "0+99950x300", "0+50x300"), "1d", None, "10m"),
    # It failed, and does not any more: the short windows know.
    Case(
        "ErrorBudgetBurns", requests("blue", "0+100x90", "0+50x30 1500x60"), "85m", None, but={"severity": "critical"}
    ),
    # Nothing ever failed, so there is no series of what did.
    Case(
        "ErrorBudgetBurns",
        {'haproxy_backend_http_responses_total{proxy="shop.blue",code="2xx"}': "0+9x120"},
        "2h",
        None,
    ),
    Case(
        "ErrorBudgetBurns",
        {'seconds_count{job="shop"}': "0+100x120", 'seconds_bucket{job="shop",le="0.5"}': "0+80x120"},
        "2h",
        {"severity": "critical", "slo": "latency"},
    ),
    Case(
        "ErrorBudgetBurns",
        {'seconds_count{job="shop"}': "0+1000x120", 'seconds_bucket{job="shop",le="0.5"}': "0+999x120"},
        "2h",
        None,
    ),
    Case("ErrorBudgetBurns", {'probe_success{app="o\\"dd"}': "0x120"}, "2h", {"severity": "critical", "app": 'o"dd'}),
    Case("ErrorBudgetSpent", requests("blue", "0+99x120", "0+1x120"), "2h", {"slo": "availability"}),
    Case("ErrorBudgetSpent", requests("blue", "0+9999x120", "0+1x120"), "2h", None),
    Case("AppDown", {'probe_success{app="shop",instance="x"}': "1 1 0 0 0 0 0"}, "6s", {"severity": "critical"}, "1s"),
    Case("AppDown", {'probe_success{app="shop",instance="x"}': "1 1 1 1 1 0 1"}, "6s", None, "1s"),
    Case("AppDown", {'probe_success{app="shop",instance="x",probe="instance"}': "1 1 0 0 0 0 0"}, "6s", None, "1s"),
    Case(
        "InstanceDown",
        {'probe_success{app="shop",instance="x",probe="instance"}': "1 1 0 0 0 0 0"},
        "6s",
        {"severity": "warning", "instance": "x"},
        "1s",
    ),
    Case("InstanceDown", {'probe_success{app="shop",instance="x"}': "1 1 0 0 0 0 0"}, "6s", None, "1s"),
    Case(
        "CertificateExpires",
        {'probe_ssl_earliest_cert_expiry{app="shop"}': f"{86400 * 20}x10"},
        "5m",
        {"severity": "warning"},
    ),
    Case(
        "CertificateExpires",
        {'probe_ssl_earliest_cert_expiry{app="shop"}': f"{86400 * 2}x10"},
        "5m",
        {"severity": "critical"},
    ),
    Case("CertificateExpires", {'probe_ssl_earliest_cert_expiry{app="shop"}': f"{86400 * 22}x10"}, "5m", None),
    Case("AppSaturated", {"busy": "9x30", "threads": "10x30"}, "15m", {"team": "search"}),
    Case("AppSaturated", {"busy": "9x5 1x30", "threads": "10x30"}, "15m", None),
    Case(
        "CanaryWorse",
        {**requests("blue", "0+1000x10", "0+10x10"), **requests("green", "0+45x10", "0+5x10")},
        "8m",
        {"proxy": "shop.green"},
    ),
    # The stable pool is the one that is worse.
    Case(
        "CanaryWorse", {**requests("blue", "0+900x10", "0+100x10"), **requests("green", "0+50x10", "0x10")}, "8m", None
    ),
    # One pool alone has no other to be worse than.
    Case("CanaryWorse", requests("blue", "0+500x10", "0+500x10"), "8m", None),
    Case(
        "HostDown",
        {'up{job="node",instance="h"}': "1 0 0 0 0 0"},
        "5s",
        {"severity": "critical", "instance": "h"},
        "1s",
    ),
    Case("HostDown", {'up{job="node",instance="h"}': "1 0 1 0 1 0"}, "5s", None, "1s"),
    Case("TargetDown", {'up{job="shop",instance="h"}': "1 0 0 0 0 0"}, "5s", {"severity": "warning"}, "1s"),
    Case("TargetDown", {'up{job="node",instance="h"}': "1 0 0 0 0 0"}, "5s", None, "1s"),
    Case(
        "HostDiskFills",
        {'node_filesystem_avail_bytes{fstype="ext4"}': "9x20", 'node_filesystem_size_bytes{fstype="ext4"}': "100x20"},
        "10m",
        {"severity": "warning"},
    ),
    Case(
        "HostDiskFills",
        {'node_filesystem_avail_bytes{fstype="tmpfs"}': "9x20", 'node_filesystem_size_bytes{fstype="tmpfs"}': "100x20"},
        "10m",
        None,
    ),
    Case(
        "HostDiskFull",
        {'node_filesystem_avail_bytes{fstype="ext4"}': "2x20", 'node_filesystem_size_bytes{fstype="ext4"}': "100x20"},
        "10m",
        {"severity": "critical"},
    ),
    Case(
        "HostDiskFull",
        {'node_filesystem_avail_bytes{fstype="ext4"}': "4x20", 'node_filesystem_size_bytes{fstype="ext4"}': "100x20"},
        "10m",
        None,
    ),
    Case(
        "HostMemoryShort", {"node_memory_MemAvailable_bytes": "4x20", "node_memory_MemTotal_bytes": "100x20"}, "10m", {}
    ),
    Case(
        "HostMemoryShort",
        {"node_memory_MemAvailable_bytes": "6x20", "node_memory_MemTotal_bytes": "100x20"},
        "10m",
        None,
    ),
    Case(
        "HostSaturated",
        {'node_cpu_seconds_total{mode="idle",instance="h",cpu="0"}': "0+3x40"},
        "30m",
        {"instance": "h"},
    ),
    Case("HostSaturated", {'node_cpu_seconds_total{mode="idle",instance="h",cpu="0"}': "0+30x40"}, "30m", None),
    Case("Watchdog", {"x": ALWAYS}, "1m", {"severity": "none"}),
    Case(
        "AlertmanagerMissing",
        {"prometheus_notifications_alertmanagers_discovered": "0x5"},
        "2m",
        {"severity": "critical"},
    ),
    Case("AlertmanagerMissing", {"prometheus_notifications_alertmanagers_discovered": "1x5"}, "2m", None),
    Case(
        "RulesFail", {'prometheus_rule_evaluation_failures_total{rule_group="g"}': "0+1x10"}, "5m", {"rule_group": "g"}
    ),
    Case("RulesFail", {'prometheus_rule_evaluation_failures_total{rule_group="g"}': "7x10"}, "5m", None),
]
ESCALATION = [
    {"alert": "TargetDown", "after": "5s", "severity": "critical"},
    {"alert": "HostMemoryShort", "after": "10m", "severity": "critical"},
]
DOWN = {'up{job="shop",instance="h"}': "0x30"}
SHORT = {"node_memory_MemAvailable_bytes": "4x40", "node_memory_MemTotal_bytes": "100x40"}
# Level by level, as the condition lasts.
CASES += [
    Case("TargetDown", DOWN, "1s", None, "1s"),
    Case("TargetDown", DOWN, "3s", {"severity": "warning"}, "1s"),
    Case("TargetDown", DOWN, "3s", None, "1s", but={"severity": "critical"}),
    Case("TargetDown", DOWN, "6s", {"severity": "critical", "escalated": "true"}, "1s"),
    Case(
        "TargetDown", {'up{job="shop",instance="h"}': "0 0 0 1 0 0 0 0"}, "7s", None, "1s", but={"severity": "critical"}
    ),
    Case("HostMemoryShort", SHORT, "7m", None, but={"severity": "critical"}),
    Case("HostMemoryShort", SHORT, "12m", {"severity": "critical"}),
]
NEVER_SILENT = {"Watchdog"}


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A file of rules, evaluated each minute: a simulated day in steps of a second would take long."""
    path = tmp_path_factory.mktemp("rules") / "rules.yml"
    path.write_text(
        yaml.safe_dump(rules_of(APPS, labels={"environment": "production"}, escalation=ESCALATION), sort_keys=False)
    )
    return path


def promtool(*arguments: t.Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True, check=False)


def test_prometheus_takes_them(rules: pathlib.Path) -> None:
    checked = promtool("check", "rules", rules)
    assert checked.returncode == 0, checked.stderr


def alerts_of(rules: pathlib.Path) -> dict[tuple[str, ...], list[dict[str, t.Any]]]:
    found: dict[tuple[str, ...], list[dict[str, t.Any]]] = {}
    for group in yaml.safe_load(rules.read_text())["groups"]:
        for rule in group["rules"]:
            if "alert" in rule:
                found.setdefault((rule["alert"],), []).append(rule)
    return found


def test_every_alert_is_seen_to_fire_and_not_to(rules: pathlib.Path) -> None:
    names = {name for (name,) in alerts_of(rules)}
    assert {case.alert for case in CASES if case.fires is not None} == names
    assert {case.alert for case in CASES if case.fires is None} == names - NEVER_SILENT


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.alert}-{'fires' if case.fires is not None else 'not'}")
def test_an_alert(tmp_path: pathlib.Path, rules: pathlib.Path, case: Case) -> None:
    """The expression ALERTS tells what fires, of which promtool compares all; so the labels that matter are asked for."""
    wanted = {"alertname": case.alert, "alertstate": "firing", **(case.fires or case.but)}
    selector = ",".join(f"{name}={yaml_string(value)}" for name, value in wanted.items())
    test = {
        "rule_files": [str(rules)],
        "evaluation_interval": "1m" if case.interval != "1s" else "1s",
        "tests": [
            {
                "interval": case.interval,
                "input_series": [{"series": name, "values": values} for name, values in case.series.items()],
                "promql_expr_test": [
                    {
                        "expr": f"count(ALERTS{{{selector}}}) > bool 0",
                        "eval_time": case.at,
                        "exp_samples": [] if case.fires is None else [{"labels": "{}", "value": 1}],
                    }
                ],
            }
        ],
    }
    path = tmp_path / "test.yml"
    path.write_text(yaml.safe_dump(test))
    tested = promtool("test", "rules", path)
    assert tested.returncode == 0, tested.stdout + tested.stderr


def yaml_string(value: str) -> str:
    """A string of PromQL."""
    return '"{0}"'.format(value.replace("\\", "\\\\").replace('"', '\\"'))


def test_the_budget_and_the_uptime_are_what_they_say(tmp_path: pathlib.Path, rules: pathlib.Path) -> None:
    labels = 'app="shop",team="search"'
    test = {
        "rule_files": [str(rules)],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [
                    {"series": name, "values": values}
                    for name, values in requests("blue", "0+9995x120", "0+5x120").items()
                ],
                "promql_expr_test": [
                    {
                        "expr": f"round({name}{{app='shop',slo='availability'}}, 0.0001)",
                        "eval_time": "2h",
                        "exp_samples": [{"labels": f'{{{labels},slo="availability"}}', "value": value}],
                    }
                    for name, value in (
                        ("slo:error_budget_remaining:ratio", 0.5),
                        ("app:uptime:ratio1h", 0.9995),
                        ("slo:error_ratio:rate30d", 0.0005),
                        ("slo:objective:ratio", 0.999),
                    )
                ],
            }
        ],
    }
    path = tmp_path / "test.yml"
    path.write_text(yaml.safe_dump(test))
    tested = promtool("test", "rules", path)
    assert tested.returncode == 0, tested.stdout + tested.stderr
