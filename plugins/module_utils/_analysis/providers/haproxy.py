# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HAProxy's statistics: its built-in exporter over HTTP, or its runtime socket.

PRIVATE to the collection. The socket answers with CSV. Its columns are given the names that the exporter
gives them, so that a query does not depend on the way.
"""

from __future__ import annotations

import csv
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.errors import (
    BadMeasurement,
    ProviderRefused,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.balancer_pages import (
    LocalSocket,
    kind_of,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.pages import Sample

_KINDS = {"0": "frontend", "1": "backend", "2": "server"}
_CODES = {"hrsp_{0}".format(code): code for code in ("1xx", "2xx", "3xx", "4xx", "5xx", "other")}
_COUNTERS = {
    "req_tot": "http_requests_total",
    "stot": "sessions_total",
    "bin": "bytes_in_total",
    "bout": "bytes_out_total",
    "econ": "connection_errors_total",
    "eresp": "response_errors_total",
    "wretr": "retry_warnings_total",
    "wredis": "redispatch_warnings_total",
}
_MILLISECONDS = {
    "qtime": "queue_time_average_seconds",
    "ctime": "connect_time_average_seconds",
    "rtime": "response_time_average_seconds",
    "ttime": "total_time_average_seconds",
}


def _read(place: LocalSocket) -> t.Iterator[Sample]:
    answer = place.told("show stat")
    if "denied" in answer.partition("\n")[0]:
        raise ProviderRefused("HAProxy does not let this socket show statistics: {0}".format(answer.strip()))
    return statistics(answer)


def statistics(text: str) -> t.Iterator[Sample]:
    """The samples in what ``show stat`` answers.

    :raises BadMeasurement: it is not of that form
    """
    rows = csv.DictReader(text.lstrip("# ").splitlines())
    if not {"pxname", "svname", "type"} <= set(rows.fieldnames or ()):
        raise BadMeasurement("what HAProxy answers to 'show stat' is no table of statistics: {0!r}".format(text[:80]))
    try:
        for row in rows:
            if row["type"] in _KINDS:
                yield from _samples(row)
    except (ValueError, TypeError) as error:
        raise BadMeasurement("HAProxy's statistics cannot be understood: {0}".format(error)) from error


def _samples(row: t.Mapping[str, str]) -> t.Iterator[Sample]:
    """Those of a frontend, a backend or a server; a column that is empty does not apply to it."""
    kind = _KINDS[row["type"]]
    labels = {"proxy": row["pxname"]}
    if kind == "server":
        labels["server"] = row["svname"]
    for column, code in _CODES.items():
        if row.get(column):
            yield "haproxy_{0}_http_responses_total".format(kind), {**labels, "code": code}, float(row[column])
    for columns, unit in ((_COUNTERS, 1), (_MILLISECONDS, 1000)):
        for column, name in columns.items():
            # The exporter has no requests of a server; all its other columns are empty where they do not apply.
            if row.get(column) and (kind, column) != ("server", "req_tot"):
                yield "haproxy_{0}_{1}".format(kind, name), labels, float(row[column]) / unit


KIND = kind_of("HAProxy", "", _read)
