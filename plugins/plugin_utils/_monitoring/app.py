# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be watched of an app, as an inventory has it.

PRIVATE to the collection. Pure.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.plugin_utils._monitoring.given import need_known

_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*\Z")


@dataclasses.dataclass(frozen=True)
class Requests:
    """Counters of requests, as selectors without a window.

    :param bad: of those that failed, or of those that were answered in time where that is what *good* counts
    :param total: of all
    :param counts_good: whether *bad* holds those that were good instead
    """

    total: str
    bad: str
    counts_good: bool = False


@dataclasses.dataclass(frozen=True)
class Objective:
    """What is promised of an app's answers over 30 days.

    :param name: ``availability`` or ``latency``
    :param ratio: the part of them that is good at least, such as 0.999
    :param requests: what counts them; None where probes by blackbox_exporter do
    """

    name: str
    ratio: float
    requests: Requests | None = None


@dataclasses.dataclass(frozen=True)
class App:
    """An app that is watched.

    :param labels: of all of its rules, such as its team
    :param pools: counters of requests by pool, and the label by which pools are told apart; None where nothing tells
    :param saturation: an expression that is 1 when it is full; empty where nothing tells
    """

    name: str
    objectives: tuple[Objective, ...]
    labels: t.Mapping[str, str]
    pools: tuple[Requests, str] | None = None
    saturation: str = ""


def app_of(given: t.Mapping[str, t.Any]) -> App:
    """An app of the list that a team writes.

    :raises InvalidOption: it cannot be meant, which is told by the app's name
    """
    name = given.get("name")
    if not isinstance(name, str) or not name or "\n" in name:
        raise InvalidOption("apps: {0!r} is no name of an app".format(name))
    where = "apps: {0}".format(name)
    need_known(given, {"name", "availability", "latency", "labels", "pools", "saturation"}, where)
    objectives = [_availability(given.get("availability") or {}, where + ": availability")]
    if given.get("latency"):
        objectives.append(_latency(given["latency"], where + ": latency"))
    labels = {label: str(value) for label, value in (given.get("labels") or {}).items()}
    odd = [label for label in labels if not _LABEL.match(label) or label in ("app", "slo", "severity", "alertname")]
    if odd:
        raise InvalidOption("{0}: labels: {1!r} cannot be one".format(where, odd[0]))
    pools = None
    if given.get("pools"):
        pools = _pools(given["pools"], where + ": pools")
    return App(name, tuple(objectives), labels, pools, given.get("saturation") or "")


def _availability(given: t.Mapping[str, t.Any], where: str) -> Objective:
    need_known(given, {"objective", "total", "bad"}, where)
    if bool(given.get("total")) != bool(given.get("bad")):
        raise InvalidOption("{0}: total and bad belong together; without both, probes tell".format(where))
    requests = Requests(given["total"], given["bad"]) if given.get("total") else None
    return Objective("availability", _ratio(given.get("objective", 0.999), where), requests)


def _latency(given: t.Mapping[str, t.Any], where: str) -> Objective:
    need_known(given, {"objective", "total", "good"}, where)
    if not given.get("total") or not given.get("good"):
        raise InvalidOption(
            "{0}: total and good are needed, such as a histogram's count and the bucket of what is fast enough".format(
                where
            )
        )
    return Objective(
        "latency",
        _ratio(given.get("objective", 0.99), where),
        Requests(given["total"], given["good"], counts_good=True),
    )


def _pools(given: t.Mapping[str, t.Any], where: str) -> tuple[Requests, str]:
    need_known(given, {"total", "bad", "label"}, where)
    missing = [name for name in ("total", "bad", "label") if not given.get(name)]
    if missing:
        raise InvalidOption("{0}: {1} is needed".format(where, missing[0]))
    if not _LABEL.match(given["label"]):
        raise InvalidOption("{0}: label: {1!r} is no name of a label".format(where, given["label"]))
    return Requests(given["total"], given["bad"]), given["label"]


def _ratio(value: t.Any, where: str) -> float:
    try:
        ratio = float(value)
    except (TypeError, ValueError):
        ratio = 0.0
    if not 0 < ratio < 1:
        raise InvalidOption("{0}: objective: {1!r} is not between 0 and 1, as 0.999 is".format(where, value))
    return ratio
