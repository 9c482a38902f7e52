# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the service tells Prometheus. Only analyses are counted: probes would drown them."""

from __future__ import annotations

import prometheus_client as prometheus

from analyze_all.sample import Sample
from analyze_all.scoring import Assessment

CONTENT_TYPE = prometheus.CONTENT_TYPE_LATEST


class Metrics:
    """The service's metrics, in a registry of their own."""

    def __init__(self, release: str, instance: str) -> None:
        self._registry = registry = prometheus.CollectorRegistry()
        prometheus.ProcessCollector(registry=registry)
        prometheus.Gauge(
            "analyze_all_release_info",
            "The release that runs here; always 1.",
            ["release", "instance"],
            registry=registry,
        ).labels(release, instance).set(1)
        self._requests = prometheus.Counter(
            "analyze_all_requests", "Analyses asked for, by the code of the answer.", ["code"], registry=registry
        )
        # A series that begins with the first of its events cannot be told from one whose name is wrong.
        for code in ("200", "500"):
            self._requests.labels(code)
        self._by_variant = prometheus.Counter(
            "analyze_all_variant_requests",
            "Analyses asked for while there are toggles, by the variant of analyze-all-ai that their user has and the code of the answer.",
            ["variant", "code"],
            registry=registry,
        )
        self._duration = prometheus.Histogram(
            "analyze_all_request_duration_seconds",
            "From the arrival of a request for an analysis to its answer.",
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0),
            registry=registry,
        )
        self.in_flight = prometheus.Gauge(
            "analyze_all_requests_in_flight", "Analyses begun and not yet answered.", registry=registry
        )
        self._templates = prometheus.Counter(
            "analyze_all_templates_processed", "Templates filled in and analysed.", registry=registry
        )
        self._quality = prometheus.Histogram(
            "analyze_all_quality_score",
            "Quality of the documents analysed, 0 to 100.",
            buckets=tuple(range(10, 101, 10)),
            registry=registry,
        )
        self._labelled = prometheus.Counter(
            "analyze_all_labelled_samples",
            "Documents that came with the verdict of a person, by whether ours agreed.",
            ["outcome"],
            registry=registry,
        )
        self._accuracy = prometheus.Gauge(
            "analyze_all_accuracy_ratio",
            "Labelled samples on which the verdict was as expected, 0 to 1; NaN before the first.",
            registry=registry,
        )
        self._accuracy.set(float("nan"))
        self._outcomes = {True: 0, False: 0}

    def answered(self, code: int, seconds: float, variant: str | None = None) -> None:
        """Count an answer to a request for an analysis.

        :param variant: that the user has of the toggle; None where there are no toggles
        """
        self._requests.labels(str(code)).inc()
        if variant is not None:
            self._by_variant.labels(variant, str(code)).inc()
        self._duration.observe(seconds)

    def assessed(self, sample: Sample, assessment: Assessment) -> None:
        """Count a document that got its verdict."""
        self._quality.observe(assessment.score)
        if sample.kind == "template":
            self._templates.inc()
        if sample.expected is not None:
            correct = sample.expected == assessment.verdict
            self._outcomes[correct] += 1
            self._labelled.labels("correct" if correct else "wrong").inc()
            self._accuracy.set(self._outcomes[True] / sum(self._outcomes.values()))

    def exposition(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return prometheus.generate_latest(self._registry)
