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


_IDENTITY = ("alertname", "app", "rollout", "instance", "slo", "mountpoint", "job")

CAUSES = (
    # The same thing at two severities.
    Cause(('severity="critical"',), ('severity=~"warning|info"',), _IDENTITY),
    Cause(('severity="warning"',), ('severity="info"',), _IDENTITY),
    # What runs on a host that is down does not answer either.
    Cause(('alertname="HostDown"',), ('alertname!="HostDown"', 'host=~".+"'), ("host",)),
    # An app that does not answer misses what is promised of it.
    Cause(
        ('alertname="AppDown"',),
        ('alertname=~"ErrorBudgetBurns|AppSaturated|CanaryWorse|HealthUnhealthy|HealthDegraded"', 'app=~".+"'),
        ("app",),
    ),
    # What becomes of a rollout says more than what made it so.
    Cause(
        ('alertname=~"RolloutFrozen|RolloutAborting|RolloutRolledBack"',),
        ('alertname=~"RunFailed|VerdictInconclusive|HealthUnhealthy|HealthDegraded|CanaryWorse"', 'app=~".+"'),
        ("app",),
    ),
)
"""In the words of docs/alerts.md and docs/monitoring.md."""
