# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scenario of extensions/molecule/rollout, on real hosts."""

from __future__ import annotations

import collections.abc
import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[3]


@pytest.fixture
def _no_hosts_left() -> collections.abc.Iterator[None]:
    """Molecule destroys what it created, but not when it is interrupted, nor what an earlier run left behind."""
    down = [sys.executable, "-m", "tests.hosts", "--network", "molecule", "down"]
    subprocess.run(down, cwd=CHECKOUT, check=True)
    yield
    subprocess.run(down, cwd=CHECKOUT, check=True)


@pytest.mark.usefixtures("_no_hosts_left")
def test_a_fleet_of_real_hosts_is_delivered_to_survives_a_cut_network_and_is_rolled_back() -> None:
    programs = Path(sys.executable).parent
    environment = {
        **os.environ,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "NO_COLOR": "1",
        "ANSIBLE_NOCOLOR": "1",
    }
    molecule = [str(programs / "molecule"), "test", "--scenario-name=rollout", "--no-command-borders"]

    scenario = subprocess.run(
        molecule,
        cwd=CHECKOUT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )

    assert scenario.returncode == 0, scenario.stdout
