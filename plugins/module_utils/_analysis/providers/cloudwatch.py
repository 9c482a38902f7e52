# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Amazon CloudWatch, through GetMetricData; botocore signs, and finds the credentials as all of AWS' tools do.

PRIVATE to the collection. What is asked and answered:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
"""

from __future__ import annotations

import datetime
import json
import time
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.errors import (
    BadMeasurement,
    ProviderRefused,
    ProviderUnreachable,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.kind import (
    ADDRESS,
    LOOK_BACK,
    Kind,
    need_text,
    seconds_back,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.series import Series, newest
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._http_options import TRUST, Params
from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import (
    MissingLibrary,
    OptionalLibrary,
)

botocore = OptionalLibrary("botocore", "config", "exceptions", "session", "validate")

_PERIOD = 60
_LATER = frozenset({"Throttling", "ThrottlingException", "RequestLimitExceeded", "InternalServiceFault"})
_WITHOUT_VALUES = {"InternalError": ProviderUnreachable, "Forbidden": ProviderRefused}


class CloudWatch:
    """The metrics of one region; satisfies ``Provider``.

    A query is an expression, of metric math or Metrics Insights, or as JSON a list of MetricDataQuery. Of each
    series that is returned the newest value counts.

    :param client: botocore's, which retries with pauses that are partly chance
    :param look_back: seconds in which that value must lie
    :param period: seconds that each value of an expression is of
    :param clock: what time it is, in seconds since 1970
    """

    def __init__(
        self, client: t.Any, look_back: float, period: int = _PERIOD, clock: t.Callable[[], float] = time.time
    ) -> None:
        self._client = client
        self._look_back = look_back
        self._period = period
        self._clock = clock

    def check(self, query: str) -> None:
        """Refuse what AWS' own description of the request does not allow; raises InvalidOption."""
        shape = self._client.meta.service_model.operation_model("GetMetricData").input_shape
        report = botocore.validate.ParamValidator().validate(self._request(query), shape)
        if report.has_errors():
            raise InvalidOption(" ".join(report.generate_report().split()))

    def check_counter(self, query: str) -> None:
        """Refuse all: its sums are of a period each, and begin anew with the next."""
        raise InvalidOption(
            "{0!r} is no counter, as CloudWatch counts each period anew; compare with value".format(query)
        )

    def measure(self, queries: t.Sequence[str]) -> t.List[t.List[Series]]:
        """The series that each query yields, one query after the other."""
        return [self._measure(self._request(query)) for query in queries]

    def _request(self, query: str) -> t.Dict[str, t.Any]:
        now = self._clock()
        return {
            "MetricDataQueries": _data_queries(query, self._period),
            "StartTime": datetime.datetime.fromtimestamp(now - self._look_back, datetime.timezone.utc),
            "EndTime": datetime.datetime.fromtimestamp(now, datetime.timezone.utc),
            "ScanBy": "TimestampDescending",
        }

    def _measure(self, request: t.Dict[str, t.Any]) -> t.List[Series]:
        try:
            results = [
                result
                for page in self._client.get_paginator("get_metric_data").paginate(**request)
                for result in page["MetricDataResults"]
            ]
        except (botocore.exceptions.ConnectionError, botocore.exceptions.HTTPClientError) as error:
            raise ProviderUnreachable("CloudWatch does not answer: {0}".format(error)) from error
        except botocore.exceptions.ClientError as error:
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            later = status >= 500 or error.response.get("Error", {}).get("Code") in _LATER
            raise (ProviderUnreachable if later else ProviderRefused)("CloudWatch: {0}".format(error)) from error
        except botocore.exceptions.BotoCoreError as error:
            raise ProviderRefused("CloudWatch cannot be asked: {0}".format(error)) from error
        return parse(results)


def parse(results: t.Sequence[t.Mapping[str, t.Any]]) -> t.List[Series]:
    """The series in the results; one without a value is none, and one that goes on on a further page is one.

    :raises ProviderUnreachable: CloudWatch failed over one
    :raises ProviderRefused: one may not be read
    :raises BadMeasurement: they are of no known form
    """
    points: t.Dict[t.Tuple[str, str], t.List[t.Tuple[t.Any, t.Any]]] = {}
    try:
        for result in results:
            kind = _WITHOUT_VALUES.get(result.get("StatusCode", "Complete"))
            if kind is not None:
                said = " ".join(message.get("Value", "") for message in result.get("Messages", []))
                raise kind("CloudWatch answered {0}: {1}".format(result["StatusCode"], said or "no reason given"))
            one = points.setdefault((result["Id"], result.get("Label", "")), [])
            one.extend(zip(result["Timestamps"], result["Values"]))
        found = [({"id": name, "label": label}, newest(one)) for (name, label), one in points.items()]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadMeasurement("CloudWatch's answer cannot be understood: {0!r}".format(error)) from error
    return [Series(frozenset(labels.items()), value) for labels, value in found if value is not None]


def _data_queries(query: str, period: int) -> t.Any:
    """The list of MetricDataQuery that a query is; raises InvalidOption."""
    need_text(query)
    if not query.lstrip().startswith("["):
        return [{"Id": "q", "Expression": query.strip(), "Period": period}]
    try:
        return json.loads(query)
    except ValueError as error:
        raise InvalidOption("the list of MetricDataQuery is no JSON: {0}".format(error)) from error


def _build(params: Params) -> CloudWatch:
    if not botocore:
        raise MissingLibrary("botocore")
    period = _PERIOD if params["period"] is None else params["period"]
    if period < 1:
        raise InvalidOption("period: {0} is not a number of seconds, 1 or more".format(period))
    attempts = {"total_max_attempts": params["attempts"], "mode": "standard"}
    try:
        client = botocore.session.Session(profile=params["profile"]).create_client(
            "cloudwatch",
            region_name=params["region"],
            endpoint_url=params["address"],
            verify=params["ca_path"] if params["validate_certs"] else False,
            config=botocore.config.Config(
                connect_timeout=params["timeout"], read_timeout=params["timeout"], retries=attempts
            ),
        )
    except (botocore.exceptions.BotoCoreError, ValueError) as error:
        raise InvalidOption("provider: {0}".format(error)) from error
    return CloudWatch(client, seconds_back(params), period)


KIND = Kind(
    build=_build,
    options={
        **ADDRESS,
        **TRUST,
        **LOOK_BACK,
        "region": {"type": "str"},
        "profile": {"type": "str"},
        "period": {"type": "int"},
    },
    needs=["region"],
)
