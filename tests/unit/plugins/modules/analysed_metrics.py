# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Metrics that the module ``analysis`` is asked to judge, and a Prometheus that answers what they ask."""

from __future__ import annotations

import collections.abc
import contextlib
import json
import typing as t

from ansible_collections.progressive.delivery.tests.loopback_servers import Exchange, Reply, WebServer, web_server

GOOD = {"name": "ratio", "query": "ratio", "success_condition": "result < `0.01`"}
COMPARED = {"name": "errors", "bad": "bad{pool='{{ pool }}'}", "total": "total{pool='{{ pool }}'}", "interval": 0.02}

SCORED = {"name": "p50", "value": "p50{pool='{{ pool }}'}", "interval": 1e-9}
KAYENTA = {"judge": "kayenta", "kayenta": {"pass": 75, "marginal": 50}, "baseline": "stable", "canary": "canary"}


def scored(metric: t.Mapping[str, t.Any] | None = None, **options: t.Any) -> dict[str, t.Any]:
    """Options of an analysis by Kayenta's judge; those that are not its own are what ``kayenta`` has."""
    return {**KAYENTA, "metrics": [metric or SCORED], "kayenta": {**KAYENTA["kayenta"], **options}}


def configured(**canary: t.Any) -> dict[str, t.Any]:
    return {**SCORED, "analysis_configurations": {"canary": canary}}


@contextlib.contextmanager
def prometheus(value: t.Callable[[str], float]) -> collections.abc.Iterator[tuple[dict[str, t.Any], WebServer]]:
    """A server that answers each query with a value, in the form that Prometheus documents."""

    def answer(exchange: Exchange) -> Reply:
        result = [{"metric": {}, "value": [1435781451.781, str(value(exchange.path))]}]
        document = {"status": "success", "data": {"resultType": "vector", "result": result}}
        return Reply(body=json.dumps(document).encode())

    with web_server(answer) as server:
        yield {"type": "prometheus", "address": f"http://127.0.0.1:{server.port}"}, server
