# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CloudWatch's GetMetricData, which a server imitates: it holds what it is asked against AWS' own description."""

from __future__ import annotations

import collections.abc
import contextlib
import datetime
import json
import pathlib
import re
import typing as t

import botocore.loaders
import botocore.model
import botocore.validate
import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.errors import (
    BadMeasurement,
    ProviderRefused,
    ProviderUnreachable,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers import cloudwatch
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.cloudwatch import parse
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.registry import (
    OPTIONS,
    provider_of,
)
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import MissingLibrary
from ansible_collections.progressive.delivery.tests.loopback_servers import (
    Exchange,
    Reply,
    WebServer,
    refusing_port,
    web_server,
)

EXPRESSION = (
    "SELECT AVG(TargetResponseTime) FROM SCHEMA(\"AWS/ApplicationELB\", TargetGroup) WHERE TargetGroup = 'canary'"
)
QUERIES = [
    {
        "Id": "bad",
        "MetricStat": {
            "Metric": {
                "Namespace": "AWS/ApplicationELB",
                "MetricName": "HTTPCode_Target_5XX_Count",
                "Dimensions": [{"Name": "TargetGroup", "Value": "canary"}],
            },
            "Period": 60,
            "Stat": "Sum",
        },
        "ReturnData": False,
    },
    {"Id": "ratio", "Expression": "bad / 100", "Label": "of all"},
]
SIGNATURE = re.compile(
    r"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/\d{8}/eu-central-1/monitoring/aws4_request, "
    r"SignedHeaders=[a-z0-9;-]*host;[a-z0-9;-]*x-amz-target[a-z0-9;-]*, Signature=[0-9a-f]{64}"
)


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    """Those of the environment, and none of whoever runs this."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_CLOUDWATCH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))


def wrong_with(asked: dict[str, t.Any]) -> str:
    """What is wrong with a request by AWS' own description of it; it has times as numbers here."""
    description = botocore.loaders.Loader().load_service_model("cloudwatch", "service-2")
    shape = botocore.model.ServiceModel(description).operation_model("GetMetricData").input_shape
    times = {
        name: datetime.datetime.fromtimestamp(asked[name], datetime.timezone.utc) for name in ("StartTime", "EndTime")
    }
    report = botocore.validate.ParamValidator().validate({**asked, **times}, shape)
    return report.generate_report()


@contextlib.contextmanager
def amazon(*answers: t.Any) -> collections.abc.Iterator[WebServer]:
    """A server that gives these answers in turn to whoever asks rightly; a number is a status."""
    following = iter(answers)

    def answer(exchange: Exchange) -> Reply:
        target = exchange.headers.get("X-Amz-Target")
        asked = json.loads(exchange.body)
        wrong = wrong_with(asked) or ("" if SIGNATURE.match(exchange.headers["Authorization"]) else "not signed")
        if (exchange.method, exchange.path, target) != ("POST", "/", "GraniteServiceVersion20100801.GetMetricData"):
            wrong = f"{exchange.method} {exchange.path} {target}"
        if wrong:
            return refusal(400, "ValidationError", wrong)
        said = next(following)
        return said if isinstance(said, Reply) else Reply(body=json.dumps(said).encode(), headers=FORM)

    with web_server(answer) as server:
        yield server


FORM = {"Content-Type": "application/x-amz-json-1.0"}


def refusal(status: int, code: str, said: str) -> Reply:
    return Reply(status, json.dumps({"__type": f"com.amazon#{code}", "message": said}).encode(), FORM)


def provider(port: int, **options: t.Any) -> t.Any:
    defaults = {name: spec.get("default") for name, spec in OPTIONS.items()}
    named = {"type": "cloudwatch", "region": "eu-central-1", "attempts": 1, "address": f"http://127.0.0.1:{port}"}
    return provider_of({**defaults, **named, **options})


def page(*values: float, after: int = 0, **more: t.Any) -> dict[str, t.Any]:
    """One page of results, the newest value first."""
    times = [1575317847 - 60 * (place + after) for place in range(len(values))]
    result = {"Id": "q", "Label": "canary", "Timestamps": times, "Values": list(values), "StatusCode": "Complete"}
    return {"MetricDataResults": [{**result, **more}], "Messages": []}


def test_the_newest_value_of_an_expression_counts() -> None:
    with amazon(page(0.25, 0.3)) as server:
        (measured,) = provider(server.port, look_back=600.0, period=30).measure([EXPRESSION])

    assert [(series.value, dict(series.labels)) for series in measured] == [(0.25, {"id": "q", "label": "canary"})]
    asked = json.loads(server.seen[0].body)
    assert asked["MetricDataQueries"] == [{"Id": "q", "Expression": EXPRESSION, "Period": 30}]
    assert asked["EndTime"] - asked["StartTime"] == pytest.approx(600, abs=1)
    assert asked["ScanBy"] == "TimestampDescending"


def test_a_list_of_queries_is_asked_as_it_is() -> None:
    with amazon(page(0.01, Id="ratio", Label="of all")) as server:
        asking = provider(server.port)
        asking.check(json.dumps(QUERIES))
        (measured,) = asking.measure([json.dumps(QUERIES)])

    assert [series.value for series in measured] == [0.01]
    assert json.loads(server.seen[0].body)["MetricDataQueries"] == QUERIES


def test_results_on_several_pages_are_one_series() -> None:
    with amazon({**page(0.25, StatusCode="PartialData"), "NextToken": "more"}, page(0.5, after=1)) as server:
        (measured,) = provider(server.port).measure([EXPRESSION])
    assert [series.value for series in measured] == [0.25]
    assert json.loads(server.seen[1].body)["NextToken"] == "more"


def test_a_series_without_values_is_no_data() -> None:
    with amazon(page(), {"MetricDataResults": []}) as server:
        assert provider(server.port).measure([EXPRESSION, EXPRESSION]) == [[], []]


def test_what_may_be_answered_later_is_asked_again() -> None:
    with amazon(refusal(500, "InternalServiceFault", "later"), page(0.25)) as server:
        assert provider(server.port, attempts=2).measure([EXPRESSION])[0][0].value == 0.25
    assert len(server.seen) == 2


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        (refusal(500, "InternalServiceFault", "later"), ProviderUnreachable, "later"),
        (refusal(400, "Throttling", "slower"), ProviderUnreachable, "slower"),
        (refusal(403, "AccessDenied", "not yours"), ProviderRefused, "not yours"),
        (page(StatusCode="InternalError"), ProviderUnreachable, "CloudWatch answered InternalError: no reason given"),
        (page(StatusCode="Forbidden", Messages=[{"Code": "x", "Value": "not yours"}]), ProviderRefused, "not yours"),
    ],
)
def test_what_is_no_answer_is_told_by_its_kind(answer: t.Any, kind: type[Exception], says: str) -> None:
    with amazon(answer) as server, pytest.raises(kind, match=says):
        provider(server.port).measure([EXPRESSION])


def test_nobody_there_does_not_answer() -> None:
    with refusing_port() as port, pytest.raises(ProviderUnreachable, match="CloudWatch does not answer"):
        provider(port, timeout=5.0).measure([EXPRESSION])


def test_without_credentials_it_cannot_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(ProviderRefused, match="CloudWatch cannot be asked: Unable to locate credentials"):
        provider(1).measure([EXPRESSION])


def test_a_profile_names_the_credentials_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    (tmp_path / "credentials").write_text("[shop]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = s3cret\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    with amazon(page(0.25)) as server:
        assert provider(server.port, profile="shop").measure([EXPRESSION])[0][0].value == 0.25


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("", "there is no query"),
        ("[{]", "the list of MetricDataQuery is no JSON"),
        ('[{"Expression": "1"}]', 'Missing required parameter in MetricDataQueries[0]: "Id"'),
        ('[{"Id": "a", "Expresion": "1"}]', 'Unknown parameter in MetricDataQueries[0]: "Expresion"'),
        ('[{"Id": "a", "Period": "60"}]', "Invalid type for parameter MetricDataQueries[0].Period"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_it_is(query: str, says: str) -> None:
    with pytest.raises(InvalidOption) as refused:
        provider(1).check(query)
    assert says in refused.value.message


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"period": 0}, "period: 0 is not a number of seconds, 1 or more"),
        ({"look_back": 0.0}, "look_back: 0 is not a number of seconds, 1 or more"),
        ({"profile": "nobody"}, "provider: The config profile (nobody) could not be found"),
        ({"region": "here/or there"}, "provider: Provided region_name 'here/or there' doesn't match"),
        ({"address": "nowhere"}, "provider: Invalid endpoint: nowhere"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(options: dict[str, t.Any], says: str) -> None:
    with pytest.raises(InvalidOption) as refused:
        provider(1, **options)
    assert refused.value.message.startswith(says)


def test_it_has_no_counters() -> None:
    with pytest.raises(InvalidOption, match="is no counter, as CloudWatch counts each period anew"):
        provider(1).check_counter(EXPRESSION)


@pytest.mark.parametrize("broken", [[None], [{}], [{"Id": "a", "Timestamps": 1, "Values": []}]])
def test_what_is_of_no_known_form_is_a_bad_measurement(broken: t.Any) -> None:
    with pytest.raises(BadMeasurement, match="cannot be understood"):
        parse(broken)


def test_without_the_library_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloudwatch, "botocore", None)
    with pytest.raises(MissingLibrary, match="botocore"):
        provider(1)
