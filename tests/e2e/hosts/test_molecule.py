# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scenario of extensions/molecule/rollout, on real hosts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]


def test_a_fleet_of_real_hosts_is_delivered_to_survives_a_cut_network_and_is_rolled_back() -> None:
    programs = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    molecule = [str(programs / "molecule"), "test", "--scenario-name=rollout", "--no-command-borders"]

    scenario = subprocess.run(
        molecule, cwd=CHECKOUT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )

    assert scenario.returncode == 0, scenario.stdout + scenario.stderr
