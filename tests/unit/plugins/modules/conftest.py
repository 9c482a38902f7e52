# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the modules share."""

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._rollout import run, waiting
from ansible_collections.progressive.delivery.plugins.modules import rollout, rollout_info
from ansible_collections.progressive.delivery.tests.unit.plugins.modules.shop import Clock, Shop


@pytest.fixture
def shop(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    clock = Clock()
    for module in (rollout, rollout_info, run, waiting):
        monkeypatch.setattr(module, "time", clock)
    return Shop(tmp_path, clock)
