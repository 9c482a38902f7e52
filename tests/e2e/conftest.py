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


SHARED = {
    "balancers on loopback": (
        "balancers/test_sticky_users.py",
        "balancers/test_split.py",
        "balancers/test_mirror.py",
        "balancers/test_drain.py",
        "balancers/test_refusals.py",
        "balancers/test_under_load.py",
        "balancers/test_interruption.py",
        "balancers/test_envoy.py",
        "balancers/test_caddy.py",
        "balancers/test_nginx.py",
        "balancers/test_haproxy.py",
    ),
    "canaries that succeed": (
        "canary/test_argo.py",
        "canary/test_at_once.py",
        "canary/test_flagger.py",
        "canary/test_nomad.py",
    ),
    "canaries that are disturbed": (
        "canary/test_steps.py",
        "canary/test_kills.py",
        "canary/test_interference.py",
        "canary/test_prometheus.py",
    ),
    "sites of blue-green, canary and rolling": (
        "rollout/test_blue_green.py",
        "rollout/test_canary.py",
        "rollout/test_rolling.py",
    ),
    "sites of faults": (
        "rollout/test_faults.py",
        "rollout/test_next_delivery.py",
    ),
    "sites of scenarios": (
        "rollout/test_scenarios.py",
        "rollout/test_backup.py",
    ),
}
"""Files that are run by one worker, one after the other, because they share what takes long to set up; others each have one."""

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


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of ``LONGEST_FIRST`` before all others, and say which of them a worker is to run together.

    First of all hooks, since xdist reads what is said here in one of its own, and else gives each test to whichever worker is free.
    """
    here = pathlib.Path(__file__).parent
    place = {here / name: number for number, name in enumerate(LONGEST_FIRST)}
    together = {here / name: group for group, names in SHARED.items() for name in names}
    items.sort(key=lambda item: place.get(item.path, len(place)))
    for item in items:
        item.add_marker(pytest.mark.xdist_group(together.get(item.path, item.path.relative_to(here).as_posix())))
