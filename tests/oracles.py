# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inputs and expected outputs that were taken from other projects, as data.

They are not part of the repository. ``PROGRESSIVE_DELIVERY_ORACLES`` names the
folder that holds them; without it they are looked for beside the checkout, and
tests that need them are skipped where there are none. Where the variable is set,
as in continuous integration, they must be there.
"""

from __future__ import annotations

import json
import os
import pathlib
import typing as t

import pytest

VARIABLE = "PROGRESSIVE_DELIVERY_ORACLES"
ROOT = pathlib.Path(__file__).resolve().parents[1]


def load(name: str) -> t.Any:
    """The content of an oracle file; for use while a test module is collected, which is skipped where there are no oracles.

    :raises FileNotFoundError: where there should be oracles, but not this one
    """
    named = os.environ.get(VARIABLE)
    folder = pathlib.Path(named) if named else ROOT / ".." / "shared" / "oracles"
    if not named and not folder.is_dir():
        pytest.skip(f"no oracles here: set {VARIABLE} to the folder that holds {name}", allow_module_level=True)
    return json.loads((folder / name).read_text(encoding="utf-8"))


def number(value: float | str) -> float:
    """A number of an oracle, which has NaN as a word."""
    return float(value)
