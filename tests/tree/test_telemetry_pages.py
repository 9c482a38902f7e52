# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is measured, told and shipped to is on its page."""

from __future__ import annotations

import pathlib
import re

from ansible_collections.progressive.delivery.plugins.module_utils._metrics.model import Metric
from ansible_collections.progressive.delivery.plugins.module_utils._metrics.stores.registry import STORES
from ansible_collections.progressive.delivery.plugins.plugin_utils._monitoring.rules import rules_of
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry import metrics
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.alerting.rules import RULES
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.registry import SINKS

TABLE = re.compile(r"^\| `(progressive_delivery_\w+)` \| (\w+) \| .* \| (.*) \|$", re.MULTILINE)


def test_every_metric_is_on_the_page_as_it_is(root: pathlib.Path) -> None:
    known = {
        each.name: (each.kind, each.about.rstrip(".")) for each in vars(metrics).values() if isinstance(each, Metric)
    }
    page = (root / "docs" / "telemetry.md").read_text(encoding="utf-8")
    assert {name: (kind, about) for name, kind, about in TABLE.findall(page)} == known


def test_every_sink_is_on_the_page_and_in_the_callbacks_documentation(root: pathlib.Path) -> None:
    page = (root / "docs" / "telemetry.md").read_text(encoding="utf-8")
    callback = (root / "plugins" / "callback" / "telemetry.py").read_text(encoding="utf-8")
    for beginning in {*SINKS, *STORES}:
        assert "`" + beginning in page, beginning
        assert "C(" + beginning in callback, beginning


def test_every_alert_has_a_section_that_its_link_leads_to(root: pathlib.Path) -> None:
    page = (root / "docs" / "alerts.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (\w+)$", page, re.MULTILINE) == [rule.name for rule in RULES]


def test_every_rule_of_prometheus_has_a_section_that_its_link_leads_to(root: pathlib.Path) -> None:
    page = (root / "docs" / "monitoring.md").read_text(encoding="utf-8")
    requests = {"total": "a", "bad": "b"}
    app = {"name": "shop", "availability": requests, "pools": {**requests, "label": "pool"}, "saturation": "s"}
    made = {rule["alert"] for group in rules_of([app])["groups"] for rule in group["rules"] if "alert" in rule}
    assert set(re.findall(r"^## (\w+)$", page, re.MULTILINE)) == made
