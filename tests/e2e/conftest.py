# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every test of real parts needs."""

from __future__ import annotations

import pathlib

import pytest
from xdist.scheduler import LoadFileScheduling


@pytest.fixture
def tmp_path(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A folder for the test, as pytest's own but with a short name: the address of a socket holds 107 characters."""
    return tmp_path_factory.mktemp("t")


GROUPS = (
    ("hosts/test_molecule.py",),
    ("rollout/test_each_balancer.py",),
    ("rollout/test_blue_green.py", "rollout/test_canary.py", "rollout/test_rolling.py"),
    (
        "rollout/test_faults.py",
        "rollout/test_next_delivery.py",
        "rollout/test_silences.py",
        "rollout/test_rollback_on_alert.py",
    ),
    ("release/test_role.py",),
    ("rollout/test_scenarios.py", "rollout/test_backup.py"),
    ("balancers/test_role.py",),
    ("balancers/test_systemd.py",),
    ("canary/test_argo.py", "canary/test_at_once.py", "canary/test_flagger.py", "canary/test_nomad.py"),
    ("canary/test_steps.py", "canary/test_kills.py", "canary/test_interference.py", "canary/test_prometheus.py"),
    (
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
    ("release/test_configuration.py",),
    ("analysis/test_balancers.py",),
)
"""Files that take minutes, in the order in which they begin, before all others: no processor is left without work while the
last of them runs. Those of one row share what they set up for the session, so one worker has them."""

FIRST = {f"tests/e2e/{name}": row for row in GROUPS for name in row}
PLACES = {name: place for place, name in enumerate(FIRST)}


class Together(LoadFileScheduling):
    """Gives all files of a row to one worker."""

    def _split_scope(self, nodeid: str) -> str:
        name = super()._split_scope(nodeid)
        return FIRST.get(name, (name,))[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Together:
    """Takes the place of the scheduler of ``--dist``."""
    return Together(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of ``GROUPS`` before all others."""
    items.sort(key=lambda item: PLACES.get(item.nodeid.partition("::")[0], len(PLACES)))
