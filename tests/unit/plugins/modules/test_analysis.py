# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``analysis``: what it returns, and what it keeps to itself."""

from __future__ import annotations

import collections
import itertools
import typing as t
import urllib.parse

import pytest

from ansible_collections.progressive.delivery.tests.module_call import Failed, call, everything_told
from ansible_collections.progressive.delivery.tests.unit.plugins.modules.analysed_metrics import (
    COMPARED,
    GOOD,
    configured,
    prometheus,
    scored,
)

NOWHERE = {"type": "prometheus", "address": "http://127.0.0.1:1", "attempts": 1}


def test_a_good_measurement_is_successful() -> None:
    with prometheus(lambda _path: 0.001) as (provider, server):
        result = call("analysis", provider=provider, metrics=[GOOD])

    assert (result["verdict"], result["reason"], result["changed"]) == (
        "successful",
        "ratio: 1 successful; the last: 0.001",
        False,
    )
    assert result["metrics"]["ratio"]["measured"]["successful"] == 1
    assert [exchange.path for exchange in server.seen] == ["/api/v1/query?query=ratio"]


@pytest.mark.parametrize(
    ("value", "fail_on", "fails"),
    [
        (0.5, "failed", True),
        (0.5, "never", False),
        ("NaN", "failed", False),
        ("NaN", "inconclusive", True),
        ("Inf", "failed", True),
    ],
)
def test_it_fails_with_the_verdicts_that_it_is_told_to(value: t.Any, fail_on: str, fails: bool) -> None:
    verdict = "inconclusive" if value == "NaN" else "failed"
    with prometheus(lambda _path: value) as (provider, _server):
        if not fails:
            assert call("analysis", provider=provider, metrics=[GOOD], fail_on=fail_on)["verdict"] == verdict
            return
        with pytest.raises(Failed) as failure:
            call("analysis", provider=provider, metrics=[GOOD], fail_on=fail_on)
    assert failure.value.result["error"] == failure.value.result["verdict"] == verdict
    assert failure.value.result["msg"].startswith(f"{verdict}: ratio: ")


def test_a_provider_that_is_down_is_an_error_and_no_failure_of_the_release() -> None:
    metric = {**GOOD, "interval": 0.01, "count": 2}
    with pytest.raises(Failed) as failure:
        call("analysis", provider=NOWHERE, metrics=[metric])
    assert failure.value.result["error"] == "error"
    assert "5 error; the last: Prometheus at http://127.0.0.1:1 does not answer" in failure.value.result["msg"]


def failing_more() -> t.Callable[[str], float]:
    """Each time 1,000 further requests a side; the canary fails 40 of them, the baseline 10."""
    steps: t.Dict[str, t.Iterator[int]] = collections.defaultdict(itertools.count)
    rise = {"bad{pool='stable'}": 10, "bad{pool='canary'}": 40}

    def value(path: str) -> float:
        query = urllib.parse.parse_qs(path.partition("?")[2])["query"][0]
        return next(steps[query]) * rise.get(query, 1000)

    return value


def test_a_canary_is_compared_with_the_baseline_pool_by_pool() -> None:
    options = {"baseline": "stable", "canary": "canary", "duration": 60, "fail_on": "never"}
    with prometheus(failing_more()) as (provider, _server):
        result = call("analysis", provider=provider, metrics=[COMPARED], **options)

    assert result["verdict"] == "failed"
    assert "errors: worse than 1.5 × the baseline" in result["reason"]
    measured = result["metrics"]["errors"]["measured"]
    assert measured["estimate"] == pytest.approx(4, rel=0.02)
    assert measured["margin"] == 1.5
    assert measured["samples"]["baseline"] == measured["samples"]["canary"] == 1000 * measured["looks"]
    trace = result["metrics"]["errors"]["trace"]
    assert len(trace) == measured["looks"]
    assert (trace[-1]["baseline"], trace[-1]["canary"]) == (0.01, 0.04)
    assert trace[-1]["estimate"] == pytest.approx(measured["estimate"], rel=1e-5)
    assert [trace[-1]["lower"], trace[-1]["upper"]] == pytest.approx(measured["interval"], rel=1e-5)


def test_check_mode_asks_once_and_says_nothing_of_the_release() -> None:
    with prometheus(lambda _path: 0.5) as (provider, server):
        result = call("analysis", provider=provider, metrics=[{**GOOD, "count": 9, "interval": 60}], check_mode=True)

    assert (result["verdict"], len(server.seen)) == (None, 1)
    assert "0.5" in result["metrics"]["ratio"]["reason"]


def test_alpha_is_shared_out_among_the_metrics_that_compare() -> None:
    metrics = [COMPARED, {**COMPARED, "name": "slow"}, {**COMPARED, "name": "tried", "dry_run": True}]
    options = {"baseline": "stable", "canary": "canary", "duration": 60, "fail_on": "never"}
    with prometheus(failing_more()) as (provider, _server):
        result = call("analysis", provider=provider, metrics=metrics, **options)

    assert result["verdict"] == "failed"
    assert "at 97.5 %" in result["reason"]


def test_what_weighs_more_has_the_larger_part_of_alpha() -> None:
    """Six parts without time make two looks at each of three metrics."""
    compared = {**COMPARED, "interval": 1e-9}
    metrics = [
        {**compared, "name": "tried", "dry_run": True, "weight": 99},
        {**compared, "weight": 4},
        {**compared, "name": "slow"},
    ]
    options = {"baseline": "stable", "canary": "canary", "duration": 0, "fail_on": "never", "final": False}
    state: t.Dict[str, t.Any] = {}
    counter = itertools.count(1, 500)
    with prometheus(lambda _path: next(counter)) as (provider, _server):
        for _part in range(6):
            result = call("analysis", provider=provider, metrics=metrics, state=state, **options)
            state = result["state"]

    levels = {
        name: metric["reason"].partition(" at ")[2].partition(" %")[0] for name, metric in result["metrics"].items()
    }
    assert levels == {"errors": "96", "slow": "99", "tried": "95"}


def test_what_is_not_critical_leaves_the_release_in_doubt_and_groups_tell_where_it_is() -> None:
    bad = {**GOOD, "name": "cache", "success_condition": "result > `1`", "critical": False, "groups": ["speed"]}
    metrics = [
        {**GOOD, "groups": ["errors", "speed"]},
        bad,
        {**bad, "name": "tried", "dry_run": True, "groups": ["new"]},
    ]
    with prometheus(lambda _path: 0.001) as (provider, _server):
        result = call("analysis", provider=provider, metrics=metrics)

    assert result["verdict"] == "inconclusive"
    assert result["reason"].endswith("with a result of 0.001 (which is not critical)")
    assert result["metrics"]["cache"]["verdict"] == "failed"
    assert result["groups"] == {"errors": "successful", "speed": "inconclusive", "new": None}


def test_secret_headers_are_sent_and_never_told() -> None:
    with prometheus(lambda _path: 0.001) as (provider, server):
        secret = {**provider, "secret_headers": {"Authorization": "Bearer s3cret-token"}}
        result, told = everything_told("analysis", provider=secret, metrics=[GOOD])

    assert result["verdict"] == "successful"
    assert server.seen[0].headers["Authorization"] == "Bearer s3cret-token"
    assert "s3cret-token" not in told


def test_an_analysis_in_parts_goes_on_where_it_was() -> None:
    """Three measurements, of which a part without time makes the first; between the parts there is only what was returned."""
    metric = {**GOOD, "interval": 0.02, "count": 3}
    with prometheus(lambda _path: 0.001) as (provider, server):
        first = call("analysis", provider=provider, metrics=[metric], duration=0, final=False)
        assert (first["verdict"], len(server.seen)) == (None, 1)
        second = call("analysis", provider=provider, metrics=[metric], duration=60, final=False, state=first["state"])

    assert (second["verdict"], len(server.seen)) == ("successful", 3)
    assert second["metrics"]["ratio"]["measured"]["successful"] == 3


def test_a_slower_canary_is_found_by_values() -> None:
    """Both sides drift, so that each look measures something new."""
    metric = {"name": "latency", "value": "p50{pool='{{ pool }}'}", "interval": 0.02}
    options = {"baseline": "stable", "canary": "canary", "duration": 60, "fail_on": "never"}
    drift = itertools.count(100)
    with prometheus(lambda path: next(drift) * (1.5 if "canary" in path else 1.0)) as (provider, _server):
        result = call("analysis", provider=provider, metrics=[metric], **options)

    assert result["verdict"] == "failed"
    assert result["metrics"]["latency"]["measured"]["estimate"] == pytest.approx(1.5, rel=0.05)
    assert result["metrics"]["latency"]["measured"]["looks"] == 9


def test_a_value_that_is_read_once_more_is_no_further_measurement() -> None:
    metric = {"name": "latency", "value": "p50{pool='{{ pool }}'}", "interval": 1e-9}
    options = {"baseline": "stable", "canary": "canary", "duration": 0, "final": False}
    state: t.Dict[str, t.Any] = {}
    with prometheus(lambda path: 0.3 if "canary" in path else 0.2) as (provider, server):
        for _part in range(12):
            result = call("analysis", provider=provider, metrics=[metric], state=state, **options)
            state = result["state"]

    assert (result["verdict"], result["metrics"]["latency"]["measured"]["looks"]) == (None, 1)
    assert len(server.seen) >= 12


@pytest.mark.parametrize(("factor", "verdict", "label"), [(1.0, "successful", "Pass"), (2.0, "failed", "High")])
def test_kayentas_judge_scores_the_samples_of_both_pools(factor: float, verdict: str, label: str) -> None:
    metric = {**configured(direction="increase"), "groups": ["latency"]}
    steps: t.Dict[bool, t.Iterator[float]] = {pool: itertools.cycle(range(100, 113)) for pool in (True, False)}

    def value(path: str) -> float:
        is_canary = "canary" in path
        return next(steps[is_canary]) * (factor if is_canary else 1)

    options = {**scored(metric, group_weights={"latency": 100}), "duration": 0, "fail_on": "never"}
    state: t.Dict[str, t.Any] = {}
    with prometheus(value) as (provider, _server):
        for part in range(1, 14):
            result = call("analysis", provider=provider, state=state, final=part == 13, **options)
            state = result["state"]

    assert (result["verdict"], result["metrics"]["p50"]["verdict"]) == (verdict, verdict)
    assert result["metrics"]["p50"]["measured"]["label"] == label
    assert (
        result["metrics"]["p50"]["measured"]["samples"]["canary"] == result["metrics"]["p50"]["measured"]["looks"] >= 13
    )
    assert result["score"]["groups"]["latency"]["weight"] == 100
    assert result["score"]["value"] == (100 if verdict == "successful" else 0)


def test_kayentas_judge_takes_parts_and_its_faults_where_they_are_asked_for() -> None:
    """Two measurements a side, which nothing can be said of; in its own manner it does."""
    options: t.Dict[str, t.Any] = {"duration": 0, "fail_on": "never", "final": False}
    values = {"stable": itertools.cycle([1.0, 1.1]), "canary": itertools.cycle([5.0, 5.1])}
    with prometheus(lambda path: next(values["canary" if "canary" in path else "stable"])) as (provider, _server):
        first = call("analysis", provider=provider, **scored(), **options)
        assert first["verdict"] is None
        options.update(state=first["state"], final=True)
        mended = call("analysis", provider=provider, **scored(), **options)
        compatible = call("analysis", provider=provider, **scored(compatible=True), **options)
        guarded = call("analysis", provider=provider, **scored(compatible=True, minimum_sample=5), **options)
        pausing = scored(compatible=True, minimum_sample=5, nodata_pauses=True)
        paused = call("analysis", provider=provider, **pausing, **options)

    assert (mended["verdict"], mended["metrics"]["p50"]["measured"]["label"]) == ("inconclusive", "Nodata")
    assert (compatible["verdict"], compatible["metrics"]["p50"]["measured"]["label"]) == ("failed", "High")
    assert (guarded["verdict"], paused["verdict"]) == ("failed", "inconclusive")


def test_an_analysis_that_ended_in_doubt_is_looked_at_longer_with_the_same_evidence() -> None:
    """Twice the errors, which a minute leaves in doubt; each part without time makes one look, the first of each compares nothing."""
    rise = {"bad{pool='stable'}": 10, "bad{pool='canary'}": 20}
    steps: t.Dict[str, t.Iterator[int]] = collections.defaultdict(itertools.count)

    def value(path: str) -> float:
        query = urllib.parse.parse_qs(path.partition("?")[2])["query"][0]
        return next(steps[query]) * rise.get(query, 1000)

    options = {"baseline": "stable", "canary": "canary", "duration": 0, "fail_on": "never"}
    metric = {**COMPARED, "interval": 1e-9}
    state: t.Dict[str, t.Any] = {}
    seen = []
    with prometheus(value) as (provider, _server):
        for part in range(1, 61):
            result = call("analysis", provider=provider, metrics=[metric], state=state, final=part % 5 == 0, **options)
            state = result["state"]
            seen.append((result["verdict"], result["metrics"]["errors"]["measured"]))
            if result["verdict"] == "failed":
                break

    verdicts = [verdict for verdict, _measured in seen]
    assert verdicts[-1] == "failed"
    assert "inconclusive" in verdicts
    assert seen[-1][1]["looks"] == len(seen) - 1 - verdicts.count("inconclusive")
    assert [measured["e_value"] for _verdict, measured in seen] == sorted(
        measured["e_value"] for _verdict, measured in seen
    )


def test_what_is_learned_of_hosts_before_the_change_is_no_fault_of_the_release_after_it() -> None:
    """The canary's hosts fail four times as much, before and after."""
    options: t.Dict[str, t.Any] = {"baseline": "stable", "canary": "canary", "fail_on": "never"}
    metrics = [{**COMPARED, "interval": 1e-9}, {**GOOD, "success_condition": "result > `0`"}]
    state: t.Dict[str, t.Any] = {}
    with prometheus(failing_more()) as (provider, server):
        for part in range(1, 31):
            learned = call(
                "analysis",
                provider=provider,
                metrics=metrics,
                learn=True,
                duration=0,
                state=state,
                final=part == 30,
                **options,
            )
            state = learned["state"]
        assert all("ratio" not in exchange.path for exchange in server.seen)
        after = {**options, "metrics": [{**COMPARED, "interval": 1e-9}], "duration": 0}
        verdicts = {}
        for name, offsets in (("with", learned["offsets"]), ("without", {})):
            state = {}
            for part in range(1, 31):
                result = call("analysis", provider=provider, offsets=offsets, state=state, final=part == 30, **after)
                state = result["state"]
                if result["verdict"] is not None:
                    break
            verdicts[name] = result["verdict"]

    assert learned["verdict"] == "successful"
    assert learned["offsets"]["errors"]["lower"] < 4 < learned["offsets"]["errors"]["upper"]
    assert "ratio" not in learned["metrics"]
    assert verdicts == {"with": "successful", "without": "failed"}


def test_what_is_good_is_asked_further_until_it_fails_or_the_end() -> None:
    metric = {**GOOD, "count": 1, "interval": 0.01}
    with prometheus(lambda _path: 0.001) as (provider, server):
        part = {"provider": provider, "metrics": [metric], "until": "failed", "duration": 0.2}
        open_still = call("analysis", final=False, **part)
        asked = len(server.seen)
        result = call("analysis", state=open_still["state"], **part)

    assert (open_still["verdict"], open_still["metrics"]["ratio"]["verdict"]) == (None, None)
    assert 1 < asked < len(server.seen)
    assert result["verdict"] == "successful"
