# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys that cost little, since nobody tries the passwords of tests."""

from __future__ import annotations

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive import signature


@pytest.fixture(autouse=True)
def cheap_keys(request, monkeypatch):
    """But where the cost is what is tested."""
    if "dear_keys" not in request.fixturenames:
        monkeypatch.setattr(signature, "_COST", 2)


@pytest.fixture
def dear_keys():
    """Asked for where keys are to cost what they cost."""
