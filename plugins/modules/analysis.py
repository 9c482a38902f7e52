#!/usr/bin/python
# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: analysis
short_description: Judge a release by its metrics
version_added: "0.2.0"
description:
  - Asks a source of metrics again and again, and says whether a release may go on. A metric is judged by conditions on each
    measurement, or by comparing how frequent something bad is, or how high something is, in the canary and in the baseline.
  - The comparison may be looked at after every measurement. Over the whole analysis a canary that is no worse than the margin is called
    worse with a probability of at most O(alpha), however often one looks.
  - All options are validated, expressions compiled and queries filled in before the first request.
extends_documentation_fragment:
  - progressive.delivery.attributes
  - progressive.delivery.attributes.actiongroup_delivery
  - progressive.delivery.metric_provider
  - progressive.delivery.kayenta
requirements:
  - requests >= 2.28, but for O(provider.type=cloudwatch) and O(provider.type=sql)
  - tenacity >= 8.2, but for O(provider.type=cloudwatch)
  - prometheus_client >= 0.16, for O(provider.type=scrape), O(provider.type=haproxy) and O(provider.type=envoy) only
  - botocore >= 1.29, for O(provider.type=cloudwatch) only
  - SQLAlchemy >= 1.4 and the driver in O(provider.address), for O(provider.type=sql) only
  - jmespath >= 1.0, for metrics with conditions and O(provider.type=web) only
  - scipy >= 1.10, for metrics with O(metrics[].bad) or O(metrics[].value) only
attributes:
  check_mode:
    support: full
    details:
      - It only reads. In check mode each metric is asked once, which proves its queries, and there is no verdict.
  diff_mode:
    support: N/A
    details:
      - This action does not modify state.
  idempotent:
    support: full
    details:
      - This action does not modify state.
options:
  judge:
    description:
      - Who says what the metrics come to. V(sequential) may be asked after every look; the worst metric counts.
      - V(kayenta) is Kayenta's judge, for those who come from there. It compares samples of O(metrics[].value) by a rank-sum test and weighs
        the labels of the metrics to a score, which O(kayenta) makes a verdict. Kayenta's known faults are mended, unless O(kayenta) asks for
        them.
    type: str
    choices: [sequential, kayenta]
    default: sequential
  metrics:
    description: What is measured, and how each is judged.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The metric's name in the results.
        type: str
        required: true
      query:
        description:
          - What is asked, for a metric that is judged by conditions.
          - Arguments in double braces are filled in, those of O(arguments), C(pool) for O(canary) and C(window) for the interval.
            Mark the text with C(!unsafe), or Ansible takes them for its own.
        type: str
      success_condition:
        description: A JMESPath expression on C(result) that is true of a good measurement.
        type: str
      failure_condition:
        description:
          - One that is true of a bad measurement. A measurement of which neither is true is inconclusive.
          - With neither condition every measurement is good. One that yields neither true nor false is an error.
        type: str
      reduction:
        description: How several series become one number, of which one without a number, NaN, is none. By default several are an error.
        type: str
        choices: [sum, max, min, mean]
      count:
        description:
          - How many measurements make the metric complete.
          - By default 1, or, with an O(metrics[].interval), as many as there are until O(duration) is over.
        type: int
      failure_limit:
        description: How many bad measurements are borne; the metric fails at the next one. By default 0.
        type: int
      inconclusive_limit:
        description: The same for inconclusive ones. By default 0.
        type: int
      consecutive_success_limit:
        description: How many good measurements in a row make it succeed at once. By default there is no such limit.
        type: int
      bad:
        description:
          - A query for the counters of what is bad, for a metric that compares O(canary) and O(baseline). C(pool) is filled in for each.
          - A selector of the counters as they are, without C(sum) or C(rate), which would hide that a process began anew.
          - Leave out what is no traffic of users, such as health checks, or a small share is judged by its probes.
        type: str
      total:
        description: A query for the counters of all that could be bad. Needed with O(metrics[].bad).
        type: str
      value:
        description:
          - A query for something of which more is worse, such as a latency, for a metric that compares O(canary) and O(baseline). C(pool) is
            filled in for each.
          - It yields a value for each host, of which the median counts, or one for the pool. Negative ones are refused, and a look in which
            either side is 0, or has not changed since the last one that counts, measures nothing.
          - Looks are taken for independent of each other. Where the query looks back over a time, make O(metrics[].interval) that long, and
            O(metrics[].initial_delay) too. A window in PromQL that is longer is refused; C(window) in double braces is as long.
        type: str
      analysis_configurations:
        description:
          - With O(judge=kayenta), what the values may do, as C(analysisConfigurations) of a canary configuration of Kayenta's say it. Under
            C(canary) there may be C(direction) (C(increase), C(decrease) or C(either), the default), C(nanStrategy) (C(remove), the
            default, or C(replace), for looks without a value), C(outliers) with C(strategy) (C(keep), the default, or C(remove)) and
            C(outlierFactor), C(critical), C(mustHaveData), C(muted), which is O(metrics[].dry_run), and C(effectSize).
          - C(effectSize) may have C(measure) (C(meanRatio), the default, or C(cles)), C(allowedIncrease), C(allowedDecrease),
            C(criticalIncrease), C(criticalDecrease) and, in addition to Kayenta's, C(allowedAbsolute) - where the baseline's mean is at most
            this far from 0, a canary whose mean is above it is high.
        type: dict
      groups:
        description:
          - The groups it is in, whose verdicts are told as well. With O(judge=kayenta), those of O(kayenta.group_weights) whose scores it counts
            in, by default one for all.
        type: list
        elements: str
      critical:
        description:
          - Whether it can fail the release by itself, which by default it can. Otherwise, when it fails, the release is in doubt, and the verdict
            V(inconclusive), which pauses a rollout.
          - With O(judge=kayenta), whether the canary scores 0 when it does not pass. By default as O(metrics[].analysis_configurations) has it,
            where by default it is not.
        type: bool
      margin:
        description:
          - How many times as frequent, or as high, in the canary is too little to matter, above 1.
          - By default 1.5 with O(metrics[].bad), and 1.1 with O(metrics[].value).
        type: float
      minimum_sample:
        description:
          - How many there must be on each side before anything is said. By default 100 with O(metrics[].bad), which counts O(metrics[].total),
            and 8 with O(metrics[].value), which counts looks.
        type: int
      weight:
        description:
          - Its part of O(alpha), in proportion to those of the other metrics that compare, for one that is to be found bad sooner than they. By
            default 1. Not with O(judge=kayenta), where groups have weights.
        type: float
      consecutive_error_limit:
        description: >-
          How many errors of the measurement in a row are borne, from part to part as well; the verdict is V(error) at the next one.
        type: int
        default: 4
      interval:
        description: Seconds between two measurements. By default O(interval).
        type: float
      initial_delay:
        description: Seconds before the first measurement.
        type: float
        default: 0
      dry_run:
        description: Report the metric, but do not count it.
        type: bool
        default: false
  baseline:
    description: The pool that is compared with. Needed for metrics that compare.
    type: str
  canary:
    description: The pool that is judged.
    type: str
  arguments:
    description: Values for the names in double braces that queries hold.
    type: dict
  interval:
    description: Seconds between two measurements of a metric that does not say.
    type: float
    default: 5
  duration:
    description: Seconds that it takes at most. It ends earlier when every metric has a verdict, or one that counts has failed.
    type: float
    default: 300
  alpha:
    description:
      - How often, at most, a canary that is within the margins may be called worse, from 0 to 1. It is shared out among the metrics that
        compare, by their O(metrics[].weight).
    type: float
    default: 0.05
  learn:
    description:
      - Judge nothing, but learn by how much the hosts of O(canary) differ from those of O(baseline) while both run the same release, which a
        few hosts do. Returned as C(offsets), for the O(offsets) of the analysis after the change.
      - It takes all of O(duration). Metrics that are judged by conditions are left out.
    type: bool
    default: false
  offsets:
    description:
      - What an analysis with O(learn) returned before the change, with the same O(alpha). What the hosts differ by is then no fault of the release.
      - By metric, C(lower) and C(upper), between which the canary's hosts were so many times as bad. It is called worse above O(metrics[].margin)
        times C(upper), and within the margin below O(metrics[].margin) times C(lower). Half of the metric's part of O(alpha) is for the offset to
        be wrong, and half for the verdict.
    type: dict
  state:
    description:
      - What the part before returned as its state, of an analysis that is made in parts.
      - The metrics go on where they were. One that is not in it, or that asks something else now, begins anew.
      - With the state of an analysis that has ended, it is looked at longer. A comparison goes on with the same evidence, so that O(alpha) holds
        for all of it; what was shown stays so. Measurements that are judged by conditions are counted anew.
    type: dict
  final:
    description:
      - Whether this is the last part. In a part before that a verdict may be open still, which is None.
    type: bool
    default: true
  until:
    description:
      - How long a metric is looked at. V(decided) leaves it once it has a verdict.
      - With V(failed) one that is good is looked at further, in this part and those after it, since what is good under little traffic can
        be bad under more. So there is no V(successful) before the O(final) part, and each part takes all of O(duration) unless one that
        counts fails. Whatever else a metric comes to is the verdict of its part, without waiting for the others.
      - A comparison goes on with the same evidence, so that O(alpha) holds for all parts together. What it saw while the canary was good
        counts, too, and what comes later must outweigh it. With conditions, a metric that has its O(metrics[].count) is counted anew.
    type: str
    choices: [decided, failed]
    default: decided
  validate_only:
    description: Validate all options, and ask nothing.
    type: bool
    default: false
  fail_on:
    description:
      - With which verdicts the task fails. V(failed) is for that and for V(error); V(inconclusive) for these and for that; V(never) for none.
    type: str
    choices: [failed, inconclusive, never]
    default: failed
seealso:
  - module: progressive.delivery.health_check
author:
  - The progressive.delivery engineers (@progressive-delivery)
"""

EXAMPLES = r"""
- name: Compare the errors of the canary with those of the stable pool
  progressive.delivery.analysis:
    provider:
      type: prometheus
      address: http://prometheus.example:9090
    baseline: stable
    canary: canary
    arguments:
      app: shop
    metrics:
      - name: errors
        bad: !unsafe 'http_requests_total{app="{{ app }}",pool="{{ pool }}",handler!="probe",code=~"5.."}'
        total: !unsafe 'http_requests_total{app="{{ app }}",pool="{{ pool }}",handler!="probe"}'
    duration: 600
  delegate_to: localhost

- name: Compare the latency of both pools by the instances' own histograms, without a database of metrics
  progressive.delivery.analysis:
    provider:
      type: scrape
      targets:
        stable: [http://app1.example:8000/metrics, http://app2.example:8000/metrics]
        canary: [http://app3.example:8000/metrics]
    baseline: stable
    canary: canary
    metrics:
      - name: latency
        value: !unsafe 'histogram_quantile(0.9, http_request_duration_seconds_bucket{pool="{{ pool }}"})'
        interval: 15
    duration: 600
  delegate_to: localhost

- name: Judge a canary from HAProxy alone, on the balancer
  progressive.delivery.analysis:
    provider:
      type: haproxy
      balancers: [/srv/balancer/haproxy.sock]
    baseline: stable
    canary: canary
    metrics:
      - name: errors
        bad: !unsafe 'haproxy_backend_http_responses_total{proxy="shop.{{ pool }}",code="5xx"}'
        total: !unsafe 'haproxy_backend_http_responses_total{proxy="shop.{{ pool }}"}'
    duration: 600

- name: Judge a canary by the admin interfaces of two Envoys
  progressive.delivery.analysis:
    provider:
      type: envoy
      balancers: [http://edge1.example:9901, http://edge2.example:9901]
    baseline: stable
    canary: canary
    metrics:
      - name: errors
        bad: !unsafe 'envoy_cluster_upstream_rq_xx{envoy_cluster_name="{{ pool }}",envoy_response_code_class="5"}'
        total: !unsafe 'envoy_cluster_upstream_rq_completed{envoy_cluster_name="{{ pool }}"}'
      - name: latency
        value: !unsafe 'histogram_quantile(0.9, envoy_cluster_upstream_rq_time_bucket{envoy_cluster_name="{{ pool }}"})'
        interval: 15
    duration: 600
  delegate_to: localhost

- name: Judge by what a service says of itself as JSON
  progressive.delivery.analysis:
    provider:
      type: web
      address: https://quality.example/api
      headers_file: /etc/delivery/quality.headers
    canary: canary
    metrics:
      - name: accuracy
        query: !unsafe '/pools/{{ pool }} accuracy.ratio'
        success_condition: result >= `0.9`
        interval: 30
        count: 10
  delegate_to: localhost

- name: Judge by what Graphite, InfluxDB, Datadog, CloudWatch or a database has
  progressive.delivery.analysis:
    provider: "{{ item.provider }}"
    baseline: stable
    canary: canary
    metrics: ["{{ item.metric }}"]
    duration: 600
  delegate_to: localhost
  loop:
    - provider:
        type: graphite
        address: https://graphite.example
        headers_file: /etc/delivery/graphite.headers
      metric:
        name: latency
        value: !unsafe 'averageSeries(shop.{{ pool }}.*.p90)'
        interval: 60
    - provider:
        type: influxdb
        address: https://influxdb.example:8086
        database: shop
        headers_file: /etc/delivery/influxdb.headers
      metric:
        name: errors
        bad: !unsafe >-
          SELECT last("count") FROM requests WHERE pool = '{{ pool }}' AND code =~ /^5/ GROUP BY host, code
        total: !unsafe >-
          SELECT last("count") FROM requests WHERE pool = '{{ pool }}' GROUP BY host, code
    - provider:
        type: datadog
        address: https://api.datadoghq.eu
        secret_headers:
          DD-API-KEY: "{{ datadog_api_key }}"
          DD-APPLICATION-KEY: "{{ datadog_application_key }}"
      metric:
        name: latency
        value: !unsafe 'p90:http.request.duration{service:shop,pool:{{ pool }}}'
        interval: 60
    - provider:
        type: cloudwatch
        region: eu-central-1
        profile: delivery
      metric:
        name: latency
        value: !unsafe >-
          SELECT AVG(TargetResponseTime) FROM SCHEMA("AWS/ApplicationELB", TargetGroup) WHERE TargetGroup = '{{ pool }}'
        interval: 60
    - provider:
        type: sql
        address: postgresql+psycopg://reader@db.example/shop
        password_file: /etc/delivery/db.password
      metric:
        name: errors
        bad: !unsafe "SELECT count(*) FROM requests WHERE pool = '{{ pool }}' AND status >= 500"
        total: !unsafe "SELECT count(*) FROM requests WHERE pool = '{{ pool }}'"

- name: Judge each measurement by conditions, as an AnalysisTemplate of Argo Rollouts does
  progressive.delivery.analysis:
    provider:
      type: prometheus
      address: http://prometheus.example:9090
    metrics:
      - name: success rate
        query: sum(rate(http_requests_total{code!~"5.."}[1m])) / sum(rate(http_requests_total[1m]))
        success_condition: result >= `0.99`
        failure_condition: result < `0.95`
        interval: 30
        count: 5
        failure_limit: 1
  delegate_to: localhost

- name: Learn how the few hosts of both pools differ, while both run the same release
  progressive.delivery.analysis:
    provider: "{{ metrics_database }}"
    baseline: stable
    canary: canary
    metrics: "{{ compared_metrics }}"
    duration: 1800
    learn: true
  delegate_to: localhost
  register: before

- name: Judge the canary after the change, less what the hosts differ by
  progressive.delivery.analysis:
    provider: "{{ metrics_database }}"
    baseline: stable
    canary: canary
    metrics: "{{ compared_metrics }}"
    duration: 600
    offsets: "{{ before.offsets }}"
  delegate_to: localhost

- name: Judge a canary as Kayenta does
  progressive.delivery.analysis:
    provider:
      type: prometheus
      address: http://prometheus.example:9090
    baseline: stable
    canary: canary
    judge: kayenta
    kayenta:
      pass: 75
      marginal: 50
      group_weights: {errors: 60, latency: 40}
    interval: 60
    duration: 3600
    metrics:
      - name: error rate
        value: !unsafe 'sum(rate(http_requests_total{pool="{{ pool }}",code=~"5.."}[1m])) / sum(rate(http_requests_total{pool="{{ pool }}"}[1m]))'
        groups: [errors]
        critical: true
        analysis_configurations:
          canary: {direction: increase, nanStrategy: replace}
      - name: p95
        value: !unsafe 'histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{pool="{{ pool }}"}[1m])))'
        groups: [latency]
        analysis_configurations:
          canary: {direction: increase, effectSize: {allowedIncrease: 1.1}}
  delegate_to: localhost
"""

RETURN = r"""
verdict:
  description: >-
    V(successful), V(failed), V(inconclusive) or V(error). None in check mode, and with O(final=false) while it is open, which with
    O(until=failed) it is as long as all is good.
  returned: unless O(validate_only)
  type: str
  sample: failed
reason:
  description: Why, in words.
  returned: unless O(validate_only)
  type: str
  sample: "errors: worse than 1.5 × the baseline (p ≤ 0.046): 2.36 × (1.40 × to 4.22 × at 95 %), 4250 and 4250 samples"
metrics:
  description: What each metric came to, by name.
  returned: unless O(validate_only)
  type: dict
  contains:
    verdict:
      description: That of this metric alone. None in check mode.
      type: str
    reason:
      description: Why, in words.
      type: str
    dry_run:
      description: Whether it does not count.
      type: bool
    measured:
      description:
        - For conditions, how many measurements were C(successful), C(failed), C(inconclusive) and C(error), and how many of the last in a row.
        - For a comparison, C(looks), the C(margin), the C(estimate) of how many times as frequent it is in the canary (None when it is
          without end, or there was nothing), its C(interval), the C(e_value) and C(p_value) of being worse, valid at any time, and the
          C(samples) of each side.
        - With O(judge=kayenta), C(looks), the C(label), whether it is C(critical), its C(groups), the C(effect) size, the C(deviation) of the
          means, which are their ratio, the shift as C(estimate) with its C(interval), in the metric's unit, and the C(samples) of each side.
      type: dict
    trace:
      description:
        - For pictures, what a comparison saw over time, in all parts of the analysis; at most 120 of the looks, and the last of them. Empty for
          conditions.
        - Each has C(at), in seconds since the epoch, what was measured then of the C(baseline) and the C(canary), and, of all looks up to it,
          the C(estimate) of their ratio and its C(lower) and C(upper) end, which are None where they have no end, and with O(judge=kayenta).
      type: list
      elements: dict
offsets:
  description:
    - By metric, between which C(lower) and C(upper) the canary's hosts are so many times as bad; None where too little was seen.
    - The verdict is V(successful) when there is one for every metric that counts.
  returned: with O(learn), unless O(validate_only)
  type: dict
  sample: {errors: {lower: 0.83, upper: 1.22}}
groups:
  description: By group, what its metrics come to by themselves; None while that is open, or where none of them counts.
  returned: where metrics have O(metrics[].groups) and O(judge=sequential), unless O(validate_only)
  type: dict
score:
  description: What the metrics score together.
  returned: with O(judge=kayenta), unless O(validate_only)
  type: dict
  contains:
    value:
      description: The score, from 0 to 100.
      type: float
    label:
      description: Kayenta's word for it, V(Pass), V(Marginal) or V(Fail).
      type: str
    pass:
      description: From where on it passes.
      type: float
    marginal:
      description: From where on it is marginal.
      type: float
    reason:
      description: Why it is 0 whatever the groups score; empty otherwise.
      type: str
    groups:
      description: By group, its C(score), C(weight) and how many metrics it C(counted).
      type: dict
    warnings:
      description: What makes the score less certain.
      type: list
      elements: str
state:
  description: What was seen, for the O(state) of the next part.
  returned: unless O(validate_only)
  type: dict
error:
  description: The verdict with which the task fails; otherwise what kind of option or circumstance kept the analysis from being made.
  returned: on failure
  type: str
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.registry import (
    OPTIONS as OPTIONS_OF_PROVIDERS,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.specification import specify
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.state import dump, restore
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.verdict import Judgement
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.watch import watch
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.whole.interface import Whole, judge_all
from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError

FAILING = {"failed": ("failed", "error"), "inconclusive": ("failed", "error", "inconclusive"), "never": ()}

METRIC_OPTIONS: t.Dict[str, t.Dict[str, t.Any]] = {
    "name": {"type": "str", "required": True},
    "query": {"type": "str"},
    "success_condition": {"type": "str"},
    "failure_condition": {"type": "str"},
    "reduction": {"type": "str", "choices": ["sum", "max", "min", "mean"]},
    "count": {"type": "int"},
    "failure_limit": {"type": "int"},
    "inconclusive_limit": {"type": "int"},
    "consecutive_success_limit": {"type": "int"},
    "bad": {"type": "str"},
    "total": {"type": "str"},
    "value": {"type": "str"},
    "analysis_configurations": {"type": "dict"},
    "groups": {"type": "list", "elements": "str"},
    "critical": {"type": "bool"},
    "margin": {"type": "float"},
    "minimum_sample": {"type": "int"},
    "weight": {"type": "float"},
    "consecutive_error_limit": {"type": "int", "default": 4},
    "interval": {"type": "float"},
    "initial_delay": {"type": "float", "default": 0.0},
    "dry_run": {"type": "bool", "default": False},
}

KAYENTA_OPTIONS: t.Dict[str, t.Dict[str, t.Any]] = {
    "pass": {"type": "float", "required": True, "no_log": False},
    "marginal": {"type": "float", "required": True},
    "group_weights": {"type": "dict"},
    "judge_every": {"type": "float"},
    "lookback": {"type": "float"},
    "tolerance": {"type": "float"},
    "confidence": {"type": "float"},
    "minimum_sample": {"type": "int"},
    "compatible": {"type": "bool", "default": False},
    "root_tolerance": {"type": "float"},
    "configured": {"type": "bool"},
    "guards_zeros": {"type": "bool"},
    "ratio_of_positive_baseline": {"type": "bool"},
    "counts_errors": {"type": "bool"},
    "nodata_pauses": {"type": "bool"},
    "checks_words": {"type": "bool"},
    "checks_thresholds": {"type": "bool"},
    "marginal_goes_on": {"type": "bool"},
}

OPTIONS: t.Dict[str, t.Dict[str, t.Any]] = {
    "provider": {"type": "dict", "required": True, "options": OPTIONS_OF_PROVIDERS},
    "judge": {"type": "str", "choices": ["sequential", "kayenta"], "default": "sequential"},
    "kayenta": {"type": "dict", "options": KAYENTA_OPTIONS},
    "metrics": {"type": "list", "elements": "dict", "required": True, "options": METRIC_OPTIONS},
    "baseline": {"type": "str"},
    "canary": {"type": "str"},
    "arguments": {"type": "dict"},
    "interval": {"type": "float", "default": 5.0},
    "duration": {"type": "float", "default": 300.0},
    "alpha": {"type": "float", "default": 0.05},
    "learn": {"type": "bool", "default": False},
    "offsets": {"type": "dict"},
    "state": {"type": "dict"},
    "final": {"type": "bool", "default": True},
    "until": {"type": "str", "choices": ["decided", "failed"], "default": "decided"},
    "validate_only": {"type": "bool", "default": False},
    "fail_on": {"type": "str", "choices": ["failed", "inconclusive", "never"], "default": "failed"},
}


def analyse(params: t.Mapping[str, t.Any], check_mode: bool) -> t.Dict[str, t.Any]:
    """Watch the metrics until there is a verdict; in check mode ask each once, and nothing with ``validate_only``.

    :raises DeliveryError: before any request, for what cannot be meant or done
    """
    whole = specify(params)
    timetable = restore(params["state"] or {}, whole)
    if params["validate_only"]:
        return {}
    if check_mode:
        for metric in whole.metrics:
            metric.look()
        judgements = {metric.name: Judgement(None, metric.judgement(over=False).reason) for metric in whole.metrics}
        judgement = Judgement(None, "check mode: each metric was asked once")
    else:
        timetable = watch(whole, params["duration"], timetable)
        judgements = judge_all(whole.metrics, params["final"], whole.goes_on)
        judgement = whole.judge(params["final"])
    return {**_result(whole, judgements, judgement), "state": dump(whole, timetable, judgement.verdict is not None)}


def _result(whole: Whole, judgements: t.Mapping[str, Judgement], judgement: Judgement) -> t.Dict[str, t.Any]:
    return {
        **_told(judgement),
        **whole.report(judgements),
        "metrics": {
            metric.name: {
                **_told(judgements[metric.name]),
                "dry_run": metric.dry_run,
                "measured": metric.report(),
                "trace": metric.trace.report(),
            }
            for metric in whole.metrics
        },
    }


def _told(judgement: Judgement) -> t.Dict[str, t.Any]:
    return {"verdict": judgement.verdict and judgement.verdict.value, "reason": judgement.reason}


def main() -> t.NoReturn:
    module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True)
    try:
        result = analyse(module.params, module.check_mode)
    except DeliveryError as error:
        module.fail_json(**error.as_result())
    if result.get("verdict") in FAILING[module.params["fail_on"]]:
        module.fail_json(msg="{0}: {1}".format(result["verdict"], result["reason"]), error=result["verdict"], **result)
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
