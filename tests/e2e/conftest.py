# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every test of real parts needs."""

from __future__ import annotations

import pathlib

import pytest


@pytest.fixture
def tmp_path(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A folder for the test, as pytest's own but with a short name: the address of a socket holds 107 characters."""
    return tmp_path_factory.mktemp("t")


LONGEST_FIRST = (
    "hosts/test_molecule.py",
    "rollout/test_each_balancer.py",
    "rollout/test_blue_green.py",
    "rollout/test_faults.py",
    "balancers/test_role.py",
    "rollout/test_scenarios.py",
    "rollout/test_next_delivery.py",
    "rollout/test_canary.py",
    "rollout/test_rolling.py",
    "rollout/test_backup.py",
    "release/test_role.py",
    "release/test_configuration.py",
    "canary/test_argo.py",
    "canary/test_steps.py",
    "analysis/test_balancers.py",
    "balancers/test_systemd.py",
)
"""Files that take minutes; they begin first, so that no processor is left without work while the last of them runs."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of ``LONGEST_FIRST`` before all others."""
    here = pathlib.Path(__file__).parent
    place = {here / name: number for number, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: place.get(item.path, len(place)))
