# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Targets and checks as the module gets them, good and impossible."""

from __future__ import annotations

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._health import http_request
from ansible_collections.progressive.delivery.plugins.module_utils._health.assessment import Rule
from ansible_collections.progressive.delivery.plugins.module_utils._health.specification import specify
from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import MissingLibrary

TARGETS = [{"name": "app1", "address": "127.0.0.1", "port": 8080}, {"name": "app2", "address": None, "port": None}]


def check(name: str, kind: str, **options) -> dict:
    return {"name": name, "type": kind, "severity": "critical", "argv": None, "of": None, **options}


PORT = check("port", "tcp", port=80)


def test_every_check_is_made_of_every_target() -> None:
    specification = specify(TARGETS, [PORT, check("web", "http")], 5.0)

    assert [(job.rule, job.target) for job in specification.jobs] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert specification.names.targets == ["app1", "app2"]
    assert specification.names.checks == ["port", "web"]


def test_a_target_is_its_own_address_and_a_url_needs_no_port() -> None:
    *_others, first, second = specify(TARGETS, [PORT, check("web", "http", path="/{name}")], 5.0).jobs

    assert first.probe.request.url == "http://127.0.0.1:8080/app1"
    assert second.probe.request.url == "http://app2/app2"


def test_an_ipv6_target_makes_a_proper_url() -> None:
    targets = [{"name": "app1", "address": "2001:db8::1", "port": 8080}]

    assert specify(targets, [check("web", "http")], 5.0).jobs[0].probe.request.url == "http://[2001:db8::1]:8080/"


def test_a_check_has_its_own_timeout_or_that_of_all() -> None:
    specification = specify(TARGETS[:1], [PORT, check("web", "http", timeout=2.0, max_latency=1.0)], 5.0)

    assert [(job.timeout, job.max_latency) for job in specification.jobs] == [(5.0, None), (2.0, 1.0)]


def test_composites_are_made_of_what_comes_before_them() -> None:
    checks = [
        check("a", "tcp", port=1),
        check("b", "tcp", port=2),
        check("c", "tcp", port=3, severity="warning"),
        check("either", "composite", of=["a", "b"], quorum="50%"),
        check("all", "composite", of=["either", "c"]),
    ]
    specification = specify(TARGETS[:1], checks, 5.0)

    assert specification.rules == (
        Rule(counted=False),
        Rule(counted=False),
        Rule(critical=False, counted=False),
        Rule(counted=False, members=(0, 1), needed=1),
        Rule(members=(3, 2), needed=2),
    )
    assert len(specification.jobs) == 3


@pytest.mark.parametrize(
    ("targets", "checks", "message"),
    [
        ([], [PORT], "targets is empty"),
        (TARGETS, [], "checks is empty"),
        ([*TARGETS, TARGETS[0]], [PORT], "targets has the name 'app1' more than once"),
        (TARGETS, [PORT, PORT], "checks has the name 'port' more than once"),
        ([{"name": ""}], [PORT], "Option address of target '' is '', which is neither a host name nor an IP address"),
        ([{"name": "a b", "address": " a"}], [PORT], "Option address of target 'a b' is ' a'"),
        ([{"name": "a", "port": 0}], [PORT], "Option port of target 'a' is 0; it must be a port"),
        ([{"name": "a", "variables": {"port": 1}}], [PORT], "Option variables of target 'a' has port"),
        ([{"name": "a", "variables": {"b": [1]}}], [PORT], "Option variables of target 'a' has b, which is no single"),
        (TARGETS, [check("p", "tcp", port=65536)], "Option port of check 'p' is 65536"),
        (
            TARGETS,
            [check("p", "tcp", argv=["x"])],
            "Option argv of check 'p' does not go with type tcp, which takes port",
        ),
        (TARGETS, [check("c", "command")], "Option argv of check 'c' is missing; type command needs it"),
        (TARGETS, [check("d", "dns")], "Option query of check 'd' is missing"),
        (TARGETS, [check("p", "tcp", timeout=0.0)], "Option timeout of check 'p' is 0.0"),
        (TARGETS, [check("p", "tcp", max_latency=-1.0)], "Option max_latency of check 'p' is -1.0"),
        (TARGETS, [check("p", "tcp", max_latency=5.1)], "is 5.1 s, more than the timeout of 5 s"),
        (TARGETS, [check("d", "disk", min_free_bytes=1)], "Check 'd' of type disk looks at the machine .* 2 targets"),
        (TARGETS, [check("c", "composite")], "Option of of check 'c' is missing"),
        (TARGETS, [check("c", "composite", of=[])], "Option of of check 'c' is empty"),
        (TARGETS, [check("c", "composite", of=["c"])], "names 'c', which is no check before it; those are: none"),
        (TARGETS, [PORT, check("c", "composite", of=["port", "port"])], "has the name 'port' more than once"),
        (TARGETS, [PORT, check("c", "composite", of=["port"], quorum="2")], "quorum of check 'c' is 2, but there are"),
        (TARGETS, [PORT, check("c", "composite", of=["port"], timeout=1.0)], "timeout of check 'c' does not go with"),
    ],
)
def test_what_cannot_be_meant_is_refused(targets, checks, message) -> None:
    with pytest.raises(InvalidOption, match=message):
        specify(targets, checks, 5.0)


def test_the_timeout_of_all_must_be_one() -> None:
    with pytest.raises(InvalidOption, match=r"timeout is 0\.0"):
        specify(TARGETS, [PORT], 0.0)


def test_requests_is_needed_by_http_checks_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_request, "requests", None)

    assert specify(TARGETS, [PORT], 5.0)
    with pytest.raises(MissingLibrary, match="requests") as told:
        specify(TARGETS, [PORT, check("web", "http")], 5.0)
    assert told.value.as_result()["error"] == "missing-library"
