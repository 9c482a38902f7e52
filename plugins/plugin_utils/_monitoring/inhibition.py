# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which alert keeps which others from being told of, so that one cause calls people once.

PRIVATE to the collection. Pure. See
https://prometheus.io/docs/alerting/latest/configuration/#inhibit_rule.
"""

from __future__ import annotations

import dataclasses
import typing as t


@dataclasses.dataclass(frozen=True)
class Cause:
    """What follows from an alert.

    :param source: matchers of the alert that is told of
    :param targets: matchers of those that are not, meanwhile
    :param same: the labels in which both agree
    """

    source: tuple[str, ...]
    targets: tuple[str, ...]
    same: tuple[str, ...]

    def rule(self) -> dict[str, t.Any]:
        """As Alertmanager has it."""
        return {
            "source_matchers": list(self.source),
            "target_matchers": list(self.targets),
            "equal": list(self.same),
        }


OURS = (
    # of Prometheus' rules
    "AlertmanagerMissing",
    "AppDown",
    "AppSaturated",
    "CanaryWorse",
    "CertificateExpires",
    "ErrorBudgetBurns",
    "ErrorBudgetSpent",
    "HostDiskFills",
    "HostDiskFull",
    "HostDown",
    "HostMemoryShort",
    "HostSaturated",
    "InstanceDown",
    "RulesFail",
    "TargetDown",
    # of runs
    "BackupUnproven",
    "HealthDegraded",
    "HealthUnhealthy",
    "LockBroken",
    "RolloutAborting",
    "RolloutFrozen",
    "RolloutPaused",
    "RolloutRolledBack",
    "RunFailed",
    "VerdictInconclusive",
)
"""Alerts of which it is known what tells them apart; those of others are left alone."""

_IDENTITY = (
    "alertname",
    "environment",
    "app",
    "rollout",
    "instance",
    "slo",
    "mountpoint",
    "job",
    "toggle",
    "pool",
    "proxy",
)


def _ours(severity: str) -> tuple[str, ...]:
    return ('alertname=~"{0}"'.format("|".join(OURS)), severity)


CAUSES = (
    # The same thing at two severities.
    Cause(_ours('severity="critical"'), _ours('severity=~"warning|info"'), _IDENTITY),
    Cause(_ours('severity="warning"'), _ours('severity="info"'), _IDENTITY),
    # What runs on a host that is down does not answer either.
    Cause(('alertname="HostDown"',), ('alertname!="HostDown"', 'host=~".+"'), ("environment", "host")),
    # An app that does not answer its users misses what is promised of it. Instances have an alert of their own, which a rollout
    # may silence: what is silenced keeps others from being told all the same.
    Cause(
        ('alertname="AppDown"',),
        (
            'alertname=~"ErrorBudgetBurns|AppSaturated|CanaryWorse|HealthUnhealthy|HealthDegraded|InstanceDown"',
            'app=~".+"',
        ),
        ("environment", "app"),
    ),
    # What becomes of a rollout says more than what made it so.
    Cause(
        ('alertname=~"RolloutFrozen|RolloutAborting|RolloutRolledBack"',),
        (
            'alertname=~"RunFailed|VerdictInconclusive|HealthUnhealthy|HealthDegraded|CanaryWorse"',
            'severity!="critical"',
            'app=~".+"',
        ),
        ("environment", "app"),
    ),
)
"""In the words of docs/alerts.md and docs/monitoring.md."""
