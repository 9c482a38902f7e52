# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the health checks share."""

from __future__ import annotations

import time
import typing as t

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._health.interface import (
    Check,
    Finding,
    Probe,
    Severity,
    Target,
)
from ansible_collections.progressive.delivery.plugins.module_utils._health.process import Custody
from ansible_collections.progressive.delivery.plugins.module_utils._health.registry import CHECK_TYPES
from ansible_collections.progressive.delivery.tests.loopback_servers import HOST
from ansible_collections.progressive.delivery.tests.unit.plugins.module_utils._health.authority import Authority


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(autouse=True)
def custody() -> t.Iterator[None]:
    """The commands of one test end with it, and another test's end does not forbid them."""
    with Custody():
        yield


def prepare(
    kind: str, target_port: int | None = None, timeout: float = 10.0, address: str = HOST, **options: t.Any
) -> Probe:
    """A probe of a check of this type for a target on the loopback interface."""
    check_type = CHECK_TYPES[kind]
    check = Check("it", kind, Severity.CRITICAL, timeout, None, {**check_type.defaults, **options})
    return check_type.prepare(check, Target("app1", address, target_port, {"zone": "east"}))


@pytest.fixture
def prepared() -> t.Callable[..., Probe]:
    return prepare


@pytest.fixture
def finding() -> t.Callable[..., Finding]:
    """What one attempt finds; the timeout is generous unless the test is about it."""

    def attempt(kind: str, target_port: int | None = None, timeout: float = 10.0, **options: t.Any) -> Finding:
        return prepare(kind, target_port, timeout, **options).run(time.monotonic() + timeout)

    return attempt
