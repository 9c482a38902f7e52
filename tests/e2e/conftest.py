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
