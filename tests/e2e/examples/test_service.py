# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sample service over real connections: what it answers, and what its faults do."""

from __future__ import annotations

import http.client
import pathlib
import random
import re
import shutil
import socket
import subprocess
import sys

import build_release
import pytest

LETTER = {"template": "Dear {{ name }}, your bread is ready.", "values": {"name": "Ann"}}


def metric(service, name: str) -> float:
    """The value of a metric without labels, or with the labels as Prometheus writes them."""
    for line in service.get("/metrics").content.splitlines():
        if line.startswith(f"{name} "):
            return float(line.split()[-1])
    raise AssertionError(f"no metric {name}")


@pytest.mark.parametrize(
    ("method", "path", "content", "status"),
    [
        ("POST", "/analyze", LETTER, 200),
        ("POST", "/analyze", b"{", 400),
        ("POST", "/analyze", {"text": "x" * 70_000}, 413),
        ("GET", "/analyze", None, 405),
        ("GET", "/healthz", None, 200),
        ("GET", "/readyz", None, 200),
        ("GET", "/version", None, 200),
        ("GET", "/metrics", None, 200),
        ("GET", "/nothing", None, 404),
    ],
)
def test_every_answer_names_its_release_and_instance(start, method: str, path: str, content, status: int) -> None:
    service = start().wait_until_serving()
    connection = service.connect()
    body = content if content is None or isinstance(content, bytes) else str(content).replace("'", '"').encode()

    connection.request(method, path, body)
    response = connection.getresponse()
    response.read()

    assert response.status == status
    assert (response.getheader("X-Release"), response.getheader("X-Instance")) == ("1.0.0", "blue-1")
    connection.close()


def test_even_what_is_no_http_gets_an_answer_with_a_name(start) -> None:
    service = start().wait_until_serving()

    with socket.create_connection(("127.0.0.1", service.port)) as raw:
        raw.sendall(b"\x16\x03\x01 hello\r\n\r\n")
        response = http.client.HTTPResponse(raw)
        response.begin()

    assert response.status == 400
    assert response.getheader("X-Release") == "1.0.0"


def test_a_document_gets_its_verdict(start) -> None:
    reply = start().wait_until_serving().analyze({**LETTER, "values": {}, "expected": "good"})

    assert reply.status == 200
    assert reply.content["verdict"] == "poor"
    assert reply.content["score"] == 49.0
    assert reply.content["kind"] == "template"
    assert reply.content["words"] == 6
    assert reply.content["unresolved"] == ["name"]
    assert reply.content["aspects"]["completeness"] == {
        "score": 0.0,
        "findings": ["No value for the placeholder name."],
    }
    assert (reply.content["expected"], reply.content["correct"]) == ("good", False)


def test_a_refused_sample_says_why(start) -> None:
    reply = start().wait_until_serving().analyze({"txt": "typo"})

    assert reply.status == 400
    assert reply.content["error"] == "invalid-sample"
    assert "unknown key 'txt'" in reply.content["message"]


def test_a_connection_goes_on_after_a_body_that_was_too_large(start) -> None:
    service = start().wait_until_serving()
    connection = service.connect()

    for status, text in ((413, "x" * 1_000_000), (200, "All is well.")):
        connection.request("POST", "/analyze", f'{{"text": "{text}"}}')
        response = connection.getresponse()
        response.read()
        assert response.status == status
    connection.close()


def test_metrics_count_answers_documents_and_agreement(start) -> None:
    service = start().wait_until_serving()
    for sample in (LETTER, {**LETTER, "expected": "good"}, {"text": "All is well.", "expected": "poor"}, {}):
        service.analyze(sample)

    assert metric(service, 'analyze_all_requests_total{code="200"}') == 3
    assert metric(service, 'analyze_all_requests_total{code="400"}') == 1
    assert metric(service, "analyze_all_request_duration_seconds_count") == 4
    assert metric(service, "analyze_all_templates_processed_total") == 2
    assert metric(service, "analyze_all_quality_score_count") == 3
    assert metric(service, "analyze_all_accuracy_ratio") == 0.5
    assert metric(service, 'analyze_all_labelled_samples_total{outcome="wrong"}') == 1
    assert metric(service, "analyze_all_requests_in_flight") == 0
    assert metric(service, 'analyze_all_release_info{instance="blue-1",release="1.0.0"}') == 1


def test_health_tells_the_recent_errors_and_readiness_does_not_care(start) -> None:
    service = start(error_rate=1).wait_until_serving()
    for _number in range(5):
        assert service.analyze(LETTER).content["error"] == "injected-error"
    service.get("/version")

    health = service.get("/healthz")

    assert health.status == 200
    assert health.content["status"] == "degraded"
    assert (health.content["release"], health.content["instance"]) == ("1.0.0", "blue-1")
    assert health.content["components"]["requests"] == {
        "status": "degraded",
        "window_seconds": 10.0,
        "total": 5,
        "errors": 5,
        "error_ratio": 1.0,
    }
    assert health.content["components"]["memory"]["resident_bytes"] > 0
    assert service.get("/readyz").status == 200


def test_a_bad_request_is_not_the_service_s_error(start) -> None:
    service = start().wait_until_serving()
    service.analyze({})

    requests = service.get("/healthz").content["components"]["requests"]

    assert (requests["total"], requests["errors"]) == (1, 0)


def test_an_error_rate_fails_that_part_of_the_analyses_and_can_be_repeated(start) -> None:
    service = start("--fault-seed", "7", error_rate=0.05).wait_until_serving()
    draw = random.Random(7)

    statuses = [service.analyze(LETTER).status for _number in range(100)]

    assert statuses == [500 if draw.random() < 0.05 else 200 for _number in range(100)]
    assert 500 in statuses


def test_a_release_that_never_becomes_ready_works_all_the_same(start) -> None:
    service = start(never_ready=True).wait_until_serving()

    ready = service.get("/readyz")

    assert ready.status == 503
    assert ready.content["ready"] is False
    assert ready.content["reasons"] == ["this release never becomes ready, on purpose"]
    assert service.get("/healthz").content["status"] == "healthy"
    assert service.analyze(LETTER).status == 200


def test_a_leak_shows_in_health(start) -> None:
    service = start("--memory-limit", "150", leak_bytes_per_request=32 * 1024 * 1024).wait_until_serving()
    before = service.get("/healthz").content["components"]["memory"]
    for _number in range(5):
        service.analyze(LETTER)

    after = service.get("/healthz").content["components"]["memory"]

    assert before["status"] == "healthy"
    assert after["status"] == "degraded"
    assert after["resident_bytes"] - before["resident_bytes"] > 140 * 1024 * 1024


def test_the_running_release_is_the_one_that_current_meant_at_the_start(start, tmp_path) -> None:
    current = tmp_path / "current"
    for version in ("1.0.0", "1.1.0"):
        shutil.unpack_archive(build_release.build(version, {}, tmp_path).path, tmp_path / version)
    current.symlink_to("1.0.0")
    old = start(folder=current, manifest="release.json").wait_until_serving()

    (tmp_path / "next").symlink_to("1.1.0")
    (tmp_path / "next").rename(current)
    new = start(folder=current, manifest="release.json").wait_until_serving()
    shutil.rmtree(tmp_path / "1.0.0")

    assert [service.get("/version").content["release"] for service in (old, new)] == ["1.0.0", "1.1.0"]
    for path in ("/healthz", "/readyz", "/metrics"):
        assert old.get(path).status == 200
    assert old.analyze(LETTER).status == 200
    assert old.stop() == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "release.json: cannot be read: No such file or directory"),
        ("{", "release.json: not JSON"),
        ('{"app": "analyze-all", "version": "1.0.0", "faults": {"eror_rate": 1}}', "unknown fault eror_rate"),
    ],
)
def test_a_manifest_that_is_wrong_ends_the_start_with_2(start, tmp_path, content: str | None, said: str) -> None:
    path = tmp_path / "release.json"
    if content is not None:
        path.write_text(content)

    service = start(manifest=str(path))
    _output, errors = service.process.communicate()

    assert service.process.returncode == 2
    assert said in errors
    assert "Traceback" not in errors


def test_a_port_that_is_taken_ends_the_start_with_1(start) -> None:
    taken = start().wait_until_serving().port

    second = start(port=taken)
    _output, errors = second.process.communicate()

    assert second.process.returncode == 1
    assert f"cannot listen on 127.0.0.1 port {taken}: Address already in use" in errors


@pytest.mark.parametrize(
    "arguments", [[], ["--port", "70000"], ["--instance", "a b"], ["--instance", "a\r\nX: 1"], ["--lame-duck", "-1"]]
)
def test_a_wrong_command_line_ends_with_2(arguments: list[str], tmp_path) -> None:
    manifest = [] if not arguments else ["--manifest", str(tmp_path / "release.json")]
    command = [sys.executable, "-m", "analyze_all", *manifest, *arguments]

    ended = subprocess.run(command, cwd=pathlib.Path(build_release.HERE), capture_output=True, text=True, check=False)

    assert ended.returncode == 2
    assert re.search(r"error: (argument|the following)", ended.stderr)
