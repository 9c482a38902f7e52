# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""InfluxDB's answers, as its documentation has them; a real one is asked in tests/e2e/analysis."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.errors import (
    BadMeasurement,
    ProviderRefused,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.influxdb import InfluxDB, parse
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.series import Series
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._http_api import Access


def answer(*series: t.Any) -> dict[str, t.Any]:
    return {"results": [{"statement_id": 0, "series": list(series)}]}


def shown(columns: list[str], *values: list[t.Any], **more: t.Any) -> dict[str, t.Any]:
    return {"name": "http", "columns": columns, "values": list(values), **more}


def labels(**named: str) -> frozenset:
    return frozenset({"name": "http", **named}.items())


def test_the_newest_value_counts_in_whichever_order_they_come() -> None:
    rows = [[1, 0.5], [3, 0.7], [2, 0.6], [4, None]]
    for values in (rows, rows[::-1]):
        assert parse(answer(shown(["time", "mean"], *values))) == [Series(labels(column="mean"), 0.7)]


def test_each_tag_and_column_makes_a_series() -> None:
    found = parse(
        answer(
            shown(["time", "p50", "p99"], [1, 10, 90], tags={"host": "a"}),
            shown(["time", "p50", "p99"], [1, 20, None], tags={"host": "b"}),
        )
    )
    assert set(found) == {
        Series(labels(host="a", column="p50"), 10),
        Series(labels(host="a", column="p99"), 90),
        Series(labels(host="b", column="p50"), 20),
    }


@pytest.mark.parametrize("empty", [{"results": [{"statement_id": 0}]}, {"results": []}, answer()])
def test_no_series_are_no_data(empty: dict[str, t.Any]) -> None:
    assert parse(empty) == []


def test_a_query_that_is_wrong_is_refused_with_its_reason() -> None:
    with pytest.raises(ProviderRefused, match="InfluxDB refused the query: database not found: shop"):
        parse({"results": [{"statement_id": 0, "error": "database not found: shop"}]})


def test_what_has_no_times_is_no_measurement() -> None:
    with pytest.raises(BadMeasurement, match="the query yields no times, but name"):
        parse(answer({"name": "databases", "columns": ["name"], "values": [["_internal"]]}))


@pytest.mark.parametrize(
    "broken", [None, [], {}, {"results": [1]}, answer({}), answer(shown(["time", "a"], [1, 2], 3))]
)
def test_what_is_of_no_known_form_is_a_bad_measurement(broken: t.Any) -> None:
    with pytest.raises(BadMeasurement, match="cannot be understood"):
        parse(broken)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT last(errors) FROM http",
        " select last(errors) from http where path = '/into; drop' and \"into\" = 'it\\'s into'; ",
        "SELECT mean(v) FROM (SELECT max(into_all) AS v FROM http GROUP BY host)",
    ],
)
def test_a_query_that_only_reads_is_taken(query: str) -> None:
    provider = InfluxDB(Access("http://127.0.0.1:1"), "shop")
    provider.check(query)
    provider.check_counter(query)


@pytest.mark.parametrize(
    "query",
    [
        "",
        " ; ",
        "DROP SERIES FROM http",
        "SELECT last(errors) INTO other FROM http",
        "SELECT last(errors) FROM http; DROP SERIES FROM http",
        "SHOW DATABASES",
        "selected",
    ],
)
def test_what_may_write_or_is_no_query_is_refused(query: str) -> None:
    with pytest.raises(InvalidOption, match="must be one SELECT, without INTO"):
        InfluxDB(Access("http://127.0.0.1:1"), "shop").check(query)
