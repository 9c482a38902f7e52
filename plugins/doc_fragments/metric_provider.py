# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that say where measurements come from."""

from __future__ import annotations


class ModuleDocFragment:
    """What C(analysis) takes of each type of provider."""

    DOCUMENTATION = r"""
options:
  provider:
    description: The source of the measurements.
    type: dict
    required: true
    suboptions:
      type:
        description:
          - What it is. V(prometheus) is Prometheus' HTTP API, which others speak too; a query is PromQL.
          - V(scrape) reads the instances' own metrics, in Prometheus' text format, and needs no database of metrics. A query is a selector,
            such as V(http_requests_total{code=~"5.."}), and each series has the labels C(pool) and C(instance).
          - With V(scrape) a query, or C(value) of a metric, may also be C(rate(SELECTOR)), C(rate(SELECTOR) / rate(SELECTOR)) or
            C(histogram_quantile(0.99, SELECTOR)), over all that is selected together. There is no window in brackets. It is the time since
            the last look at which every query of the metric measured something, and the first look only begins it. A counter that fell was
            reset. A quantile needs as many observations as it can tell apart, 100 for 0.99, and without them there is no data.
          - V(web) is any address that answers with JSON. A query is a JMESPath expression, which takes from the answer a number, a list of
            numbers, or whatever conditions can judge; null is no data. A path before it, with a space between, is added to O(provider.address),
            as in V(/pools/canary errors.ratio).
          - V(haproxy) and V(envoy) read what the balancer itself counts, so nothing needs to be asked of the instances. A query is as for
            V(scrape), and each series has the label C(balancer). HAProxy's series have the names of its Prometheus exporter, such as
            C(haproxy_backend_http_responses_total), also where its socket is asked; the backend of a pool, which the role C(balancer) lays
            down, is C(APP.POOL) in the label C(proxy). Of few requests the exporter shows average times that are too low; ask the socket for these.
            Envoy's cluster of a pool is C(POOL) in the label C(envoy_cluster_name).
          - V(graphite) is Graphite's render API. A query is a target, of each of whose series the newest value counts.
          - V(influxdb) is the query API of InfluxDB 1.x, which 2.x and 3.x have too. A query is one C(SELECT) of InfluxQL, of each of whose
            series and columns the newest value counts. InfluxDB 1.x would write too when it is asked to; give it a user who may only read.
          - V(datadog) is version 1 of Datadog's API for timeseries, in which a query may calculate. The newest value of each series counts.
            Its keys are headers, C(DD-API-KEY) and C(DD-APPLICATION-KEY).
          - V(cloudwatch) is C(GetMetricData) of Amazon CloudWatch. A query is an expression, of metric math or Metrics Insights, or as JSON a
            list of C(MetricDataQuery), with a space between two closing braces. The newest value of each series counts. Credentials are found
            where all of AWS' tools look for them.
          - V(sql) is any database that SQLAlchemy speaks to. A query yields a series for each row, with the last column as its value and the
            others as its labels. PostgreSQL and SQLite are told that nothing may be written; with others it is rolled back, and it is best
            to use a user who may only read.
          - Datadog and CloudWatch have no counters to read, so C(bad) of a metric cannot be asked of them. With V(web), V(graphite),
            V(influxdb) and V(sql) it must be something that only rises, as counts of all requests since the beginning do.
          - Each type takes only the options that name it, or name none.
        type: str
        choices: [prometheus, scrape, web, haproxy, envoy, graphite, influxdb, datadog, cloudwatch, sql]
        required: true
      address:
        description:
          - Its URL. Needed for all but V(scrape), V(haproxy) and V(envoy), which take other options in its place, and V(cloudwatch), for which
            it is an endpoint in place of the region's.
          - For V(datadog) that of the API of the site, such as C(https://api.datadoghq.eu).
          - For V(sql) SQLAlchemy's URL of the database, without a password, such as C(postgresql+psycopg://reader@db.example/shop).
        type: str
      database:
        description: The database. For V(influxdb).
        type: str
      password:
        description: The password of the user in O(provider.address). For V(sql).
        type: str
      password_file:
        description: A file with that password, on the machine that asks. For V(sql).
        type: path
      region:
        description: The region of AWS. For V(cloudwatch).
        type: str
      profile:
        description: The profile with the credentials, in the files of AWS' tools on the machine that asks. For V(cloudwatch).
        type: str
      period:
        description: Seconds that each value of an expression is of. By default 60. For V(cloudwatch).
        type: int
      look_back:
        description:
          - Seconds in which the newest value must lie to count. By default 300. For V(graphite), V(datadog) and V(cloudwatch).
        type: float
      targets:
        description: By pool, the URLs at which its instances show their metrics, each with a host or a port of its own. For V(scrape).
        type: dict
      balancers:
        description:
          - Where each of the app's balancers shows its statistics. For V(haproxy) and V(envoy).
          - A URL, of HAProxy's exporter or of Envoy's admin interface, or on the balancer itself the absolute path of its socket. The role
            C(balancer) lays down C(haproxy.sock) and C(control/envoy.sock) in the balancer's directory.
          - Traffic goes through all of them, so name all.
        type: list
        elements: str
      body:
        description: What is posted as JSON. Without it the address is asked with GET. For V(web).
        type: dict
      headers:
        description:
          - Headers of each request. For all but V(cloudwatch) and V(sql).
          - Nothing else is sent to prove who asks; C(~/.netrc) is not read.
        type: dict
      secret_headers:
        description: Further headers, which are not shown, such as an C(Authorization). For all but V(cloudwatch) and V(sql).
        type: dict
      headers_file:
        description: >-
          A file with further headers, C(Name: value) a line, on the machine that asks. What it holds is not shown. For all but V(cloudwatch) and
          V(sql).
        type: path
      timeout:
        description:
          - Seconds that a connection, and each part of an answer, may take.
          - With V(sql), what a connection and a query to PostgreSQL may take, and what SQLite may wait for a lock; the drivers of other databases have
            limits of their own.
        type: float
        default: 10
      attempts:
        description: How often a request is made before it counts as unanswered. The pauses between them grow, and are partly chance.
        type: int
        default: 3
      validate_certs:
        description: Whether its certificate must be right. For all but V(sql).
        type: bool
        default: true
      ca_path:
        description: A file of authorities, in place of the system's. For all but V(sql).
        type: path
"""
