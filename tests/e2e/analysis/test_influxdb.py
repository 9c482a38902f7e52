# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdicts on measurements of a real InfluxDB."""

from __future__ import annotations

import base64
import collections.abc
import os
import pathlib
import subprocess
import threading
import typing as t

import pytest
import requests

from ansible_collections.progressive.delivery.tests.e2e.balancers.laid_down import free_port, until
from ansible_collections.progressive.delivery.tests.module_call import Failed, call

POOLS = {"baseline": "stable", "canary": "canary"}
BASIC = "Basic " + base64.b64encode(b"reader:s3cret").decode()
ERRORS = {
    "name": "errors",
    "bad": """SELECT last("count") FROM requests WHERE pool = '{{ pool }}' AND code = '500' GROUP BY host, code""",
    "total": """SELECT last("count") FROM requests WHERE pool = '{{ pool }}' GROUP BY host, code""",
    "interval": 0.25,
    "minimum_sample": 2000,
}


class InfluxDB:
    """A server with a database, one user who may write and one who may read."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.address = f"http://127.0.0.1:{free_port()}"
        settings = {
            "REPORTING_DISABLED": "true",
            "META_DIR": folder / "meta",
            "DATA_DIR": folder / "data",
            "DATA_WAL_DIR": folder / "wal",
            "HTTP_BIND_ADDRESS": self.address.partition("//")[2],
            "BIND_ADDRESS": f"127.0.0.1:{free_port()}",
            "HTTP_AUTH_ENABLED": "true",
            "MONITOR_STORE_ENABLED": "false",
        }
        environment = {f"INFLUXDB_{name}": str(value) for name, value in settings.items()}
        self._log = (folder / "log").open("wb")
        self.process = subprocess.Popen(
            ["influxd", "run", "-config", "/dev/null"],
            env={**os.environ, **environment},
            stdout=self._log,
            stderr=self._log,
        )
        until(self._answers, "InfluxDB answers")
        self._told("CREATE USER writer WITH PASSWORD 'w' WITH ALL PRIVILEGES")
        self._told("CREATE DATABASE shop")
        self._told("CREATE USER reader WITH PASSWORD 's3cret'")
        self._told("GRANT READ ON shop TO reader")
        self.provider = {
            "type": "influxdb",
            "address": self.address,
            "database": "shop",
            "secret_headers": {"Authorization": BASIC},
            "attempts": 1,
        }

    def _answers(self) -> bool:
        assert self.process.poll() is None, pathlib.Path(self._log.name).read_text()
        try:
            return requests.get(f"{self.address}/ping", timeout=5).status_code == 204
        except requests.ConnectionError:
            return False

    def _told(self, statement: str) -> None:
        answer = requests.post(f"{self.address}/query", data={"q": statement}, auth=("writer", "w"), timeout=30)
        assert "error" not in answer.text, answer.text

    def write(self, *lines: str) -> None:
        """Points, one a line, of now."""
        url = f"{self.address}/write?db=shop"
        answer = requests.post(url, data="\n".join(lines), auth=("writer", "w"), timeout=30)
        assert answer.status_code == 204, answer.text

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self._log.close()


@pytest.fixture(scope="module")
def influxdb(tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[InfluxDB]:
    server = InfluxDB(tmp_path_factory.mktemp("i"))
    yield server
    server.end()


@pytest.mark.parametrize(
    ("bad", "verdict", "reason"),
    [
        (5, "failed", "errors: worse than 1.5 × the baseline"),
        (1, "successful", "errors: within 1.5 × the baseline"),
    ],
)
def test_a_canary_beside_its_baseline(influxdb: InfluxDB, bad: int, verdict: str, reason: str) -> None:
    """Of a hundred requests to each host so many are bad; one canary host stands beside two others."""
    over = threading.Event()
    rises = {("stable", "a"): 1, ("stable", "b"): 1, ("canary", "c"): bad}

    def go_on() -> None:
        step = 0
        while not over.wait(0.02):
            step += 1
            influxdb.write(
                *(
                    f"requests,pool={pool},host={host},code=500 count={step * rise}"
                    for (pool, host), rise in rises.items()
                ),
                *(
                    f"requests,pool={pool},host={host},code=200 count={step * (100 - rise)}"
                    for (pool, host), rise in rises.items()
                ),
            )

    traffic = threading.Thread(target=go_on)
    traffic.start()
    try:
        result = call("analysis", provider=influxdb.provider, metrics=[ERRORS], duration=120, fail_on="never", **POOLS)
    finally:
        over.set()
        traffic.join()
    assert (result["verdict"], result["reason"][: len(reason)]) == (verdict, reason), result
    samples = result["metrics"]["errors"]["measured"]["samples"]
    # The queries of a look are asked one after the other, while the counters rise.
    assert samples["baseline"] == pytest.approx(2 * samples["canary"], rel=0.3)


def test_conditions_on_a_query_of_its_language(influxdb: InfluxDB) -> None:
    influxdb.write("latency,pool=canary,host=c p99=0.25", "latency,pool=stable,host=a p99=0.2,p50=0.1")
    query = "SELECT mean(p99) FROM latency WHERE pool = '{{ pool }}' AND time > now() - 1h"
    metrics: list[dict[str, t.Any]] = [
        {"name": "nothing", "query": "SELECT last(p99) FROM latency WHERE pool = 'none'", "dry_run": True},
        {"name": "several", "query": "SELECT last(p99), last(p50) FROM latency WHERE pool = 'stable'", "dry_run": True},
        {
            "name": "highest",
            "query": "SELECT last(p99) FROM latency GROUP BY host",
            "reduction": "max",
            "dry_run": True,
        },
        {"name": "latency", "query": query, "success_condition": "result < `0.2`"},
    ]
    with pytest.raises(Failed) as failure:
        call("analysis", provider=influxdb.provider, metrics=metrics, canary="canary", duration=1)
    told = failure.value.result["metrics"]
    assert failure.value.result["error"] == "failed"
    assert told["latency"]["reason"].endswith("with a result of 0.25")
    assert told["nothing"]["verdict"] == "inconclusive"
    assert "the query has 2 series where one is wanted" in told["several"]["reason"]
    assert told["highest"]["reason"].endswith("the last: 0.25")


@pytest.mark.parametrize(
    ("query", "options", "says"),
    [
        ("SELECT nope(", {}, "with status 400"),
        ("SELECT last(p99) FROM latency", {"database": "none"}, "database not found: none|not authorized"),
        ("SELECT last(p99) FROM latency", {"secret_headers": {"Authorization": "Basic bm86bm8="}}, "with status 401"),
    ],
)
def test_a_refusal_is_an_error_with_its_reason(
    influxdb: InfluxDB, query: str, options: dict[str, t.Any], says: str
) -> None:
    metric = {"name": "wrong", "query": query, "consecutive_error_limit": 0}
    with pytest.raises(Failed, match=says) as failure:
        call("analysis", provider={**influxdb.provider, **options}, metrics=[metric])
    assert failure.value.result["error"] == "error"
