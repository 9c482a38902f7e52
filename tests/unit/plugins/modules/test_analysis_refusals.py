# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module ``analysis`` refuses, before it asks anybody."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.progressive.delivery.tests.module_call import Failed, call
from ansible_collections.progressive.delivery.tests.unit.plugins.modules.analysed_metrics import (
    COMPARED,
    GOOD,
    KAYENTA,
    SCORED,
    configured,
    prometheus,
    scored,
)


def offset(given: t.Any, **options: t.Any) -> dict[str, t.Any]:
    return {"metrics": [COMPARED], "baseline": "a", "canary": "b", "offsets": {"errors": given}, **options}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"metrics": []}, "metrics: none of them counts"),
        ({"metrics": [{**GOOD, "dry_run": True}]}, "metrics: none of them counts"),
        ({"metrics": [GOOD, GOOD]}, "metrics: two are called ratio"),
        (
            {"metrics": [{"name": "x"}]},
            "x: give one of query, to be judged by conditions; or bad, with total, to compare how frequent",
        ),
        ({"metrics": [{**GOOD, **COMPARED}]}, "errors: give one of query"),
        ({"metrics": [{**GOOD, "margin": 2}]}, "ratio: with query it takes no margin"),
        ({"metrics": [{**COMPARED, "count": 2}]}, "errors: with bad it takes no count"),
        ({"metrics": [{"name": "x", "bad": "a"}]}, "x: bad needs total beside it"),
        ({"metrics": [COMPARED]}, "baseline and canary: name both pools"),
        (
            {"metrics": [{**COMPARED, "bad": "a", "total": "b"}], "baseline": "a", "canary": "b"},
            "errors, bad: the queries of both pools are the same",
        ),
        (
            {"metrics": [{**COMPARED, "total": "all"}], "baseline": "a", "canary": "b"},
            "errors, total: the queries of both pools are the same",
        ),
        (
            {"metrics": [{**COMPARED, "bad": "sum(bad{pool='{{ pool }}'})"}], "baseline": "a", "canary": "b"},
            "errors, bad: counters are read as they are, without sum() or rate()",
        ),
        (
            {"metrics": [{**COMPARED, "total": COMPARED["bad"]}], "baseline": "a", "canary": "b"},
            "errors: bad and total are the same query",
        ),
        ({"metrics": [{**COMPARED, "margin": 1}], "baseline": "a", "canary": "b"}, "margin: 1 is not a ratio above 1"),
        (
            {"metrics": [{**COMPARED, "minimum_sample": 0}], "baseline": "a", "canary": "b"},
            "errors: a minimum_sample of 0",
        ),
        ({"metrics": [COMPARED], "baseline": "a", "canary": "b", "alpha": 2}, "alpha: 2 is not between 0 and 1"),
        (
            {"metrics": [{**GOOD, "query": "up{{ realese }}"}]},
            "ratio, query: the argument realese has no value; there are window",
        ),
        (
            {"metrics": [{**GOOD, "success_condition": "result <"}]},
            "success_condition: 'result <' is not valid JMESPath",
        ),
        ({"metrics": [{**GOOD, "interval": 0}]}, "ratio: an interval of 0 s is no time"),
        ({"metrics": [{**GOOD, "initial_delay": -1}]}, "ratio: an initial_delay of -1 s is no time"),
        ({"metrics": [{**GOOD, "count": 0}]}, "count: 0 is below 1"),
        ({"metrics": [{"name": "x", "value": "a", "total": "b"}]}, "x: with value it takes no total"),
        (
            {"metrics": [{"name": "p50", "value": "rate(a{pool='{{ pool }}'}[1m])"}], "baseline": "a", "canary": "b"},
            "p50, value: it looks back over 60 s and is asked every 5 s, so looks overlap; make the interval as long, or",
        ),
        ({"metrics": [GOOD], "state": {"schema": 1}}, "state: it has schema 1; this version reads 3"),
        ({"metrics": [GOOD], "state": {"schema": 3}}, "state: it is not what an earlier part of an analysis returned"),
        ({"metrics": [GOOD], "duration": -1}, "duration: -1 is not a number of seconds"),
        ({"metrics": [GOOD], "provider": {"type": "prometheus"}}, "provider: type prometheus needs the option address"),
        (
            {"metrics": [GOOD], "provider": {"type": "scrape", "address": "http://localhost"}},
            "provider: with type scrape it takes no address",
        ),
        ({"metrics": [GOOD], "provider": {"type": "scrape"}}, "targets: each pool needs at least one address"),
        (
            {"metrics": [GOOD], "provider": {"type": "scrape", "targets": {"a": "http://b"}}},
            "provider: targets of pool a are not a list of addresses",
        ),
        (
            {
                "metrics": [{**GOOD, "query": "rate(up[1m])"}],
                "provider": {"type": "scrape", "targets": {"a": ["http://b"]}},
            },
            "ratio, query: 'up[1m]': leave out the brackets; the window is the time between two looks",
        ),
        (
            {"metrics": [GOOD], "provider": {"type": "prometheus", "address": "localhost"}},
            "address: it must begin with",
        ),
        ({"metrics": [{**GOOD, "query": " "}]}, "ratio, query: there is no query"),
        (
            {"metrics": [GOOD], "provider": {"type": "web", "address": "https://localhost", "ca_path": "/nowhere"}},
            "provider: ca_path: there is no /nowhere",
        ),
        ({"metrics": [SCORED], "judge": "kayenta"}, "kayenta: judge kayenta needs it"),
        ({**scored(), "judge": "sequential"}, "kayenta: these options are for judge kayenta; this one is sequential"),
        (scored(marginal=80), "score thresholds: marginal is 80.0, above pass, which is 75.0"),
        ({**scored(), "kayenta": {"pass": 0, "marginal": 0}}, "score thresholds: pass is 0"),
        (scored(group_weights={"all": 101}), "group weights: {'all': 101.0} are not per cents"),
        (scored(group_weights={"al": 100}), "kayenta: group_weights has al, which no metric is in; there are all"),
        (scored(group_weights={"all": "much"}), "kayenta: group_weights has 'much', which is no number"),
        (scored(tolerance=1), "tolerance: 1.0 is not from 0 to below 1"),
        (scored(compatible=True, confidence=0.9), "kayenta: compatible rules do not heed confidence"),
        (scored(judge_every=0), "kayenta: judge_every of 0 s is no time"),
        (scored(lookback=-5), "kayenta: lookback of -5 s is no time"),
        (scored(GOOD), "ratio: judge kayenta needs value"),
        (scored({**SCORED, "margin": 2}), "p50: with judge kayenta it takes no margin"),
        (scored({**SCORED, "dry_run": True}), "metrics: none of them counts"),
        (scored(configured(muted=True)), "metrics: all of them are muted"),
        (scored(configured(direction="up")), "p50: direction is 'up', not increase or decrease or either"),
        (scored(configured(critcal=True)), "p50: canary has ['critcal'], it may have"),
        ({"metrics": [configured()], **KAYENTA, "judge": "sequential", "kayenta": None}, "p50: with value it takes no"),
        ({"metrics": [{**GOOD, "weight": 2}]}, "ratio: with query it takes no weight"),
        (
            {"metrics": [{**COMPARED, "weight": 0}], "baseline": "a", "canary": "b"},
            "errors: a weight of 0 is not above 0",
        ),
        ({**scored(), "learn": True}, "learn: judge kayenta knows no offset of hosts"),
        ({**scored(), "offsets": {"p50": {}}}, "offsets: judge kayenta knows no offset of hosts"),
        ({"metrics": [GOOD], "learn": True}, "learn: none of the metrics that count compares the pools"),
        (offset({"lower": 1, "upper": 2}, learn=True), "offsets: they are learned anew with learn"),
        (offset(None, learn=True, until="failed"), "until: with learn nothing is judged"),
        (offset(None), "offsets: none was learned of errors; learn for longer"),
        (offset({"lower": 1}), "offsets: that of errors is {'lower': 1}, not what an analysis returned"),
        (offset({"lower": 2, "upper": 1}), "offset: 2 to 1 is no range of ratios"),
        ({**offset({}), "offsets": {"erors": {}}}, "offsets: no metric erors compares the pools; there are errors"),
        ({**scored(), "canary": None}, "baseline and canary: name both pools"),
        (scored({**SCORED, "value": "p50"}), "p50, value: the queries of both pools are the same"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_asked(options: dict[str, t.Any], says: str) -> None:
    with prometheus(lambda _path: 1) as (provider, server):
        for check_mode in (True, False):
            with pytest.raises(Failed) as failure:
                call("analysis", check_mode=check_mode, **{"provider": provider, **options})
            assert failure.value.result["error"] == "invalid-option"
            assert failure.value.result["msg"].startswith(says)
    assert server.seen == []


def test_a_window_as_long_as_the_interval_is_taken() -> None:
    metric = {"name": "p50", "value": "rate(a{pool='{{ pool }}'}[{{ window }}])", "interval": 0.25}
    longer = {"name": "p90", "value": "rate(a{pool='{{ pool }}'}[1m])", "interval": 60}
    with prometheus(lambda _path: 1) as (provider, _server):
        call("analysis", provider=provider, metrics=[metric, longer], baseline="a", canary="b", validate_only=True)
