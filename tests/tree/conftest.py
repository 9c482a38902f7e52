# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the tree ask about the checkout."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.progressive.delivery.tests.tree.checkout import ROOT, checkout_files


@pytest.fixture
def files() -> tuple[Path, ...]:
    return checkout_files()


@pytest.fixture
def root() -> Path:
    return ROOT


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes ``role``, ``module`` or ``library`` runs once for each one there is."""
    parameters = {
        "role": sorted(
            {path.parts[1] for path in checkout_files() if path.parts[0] == "roles" and len(path.parts) > 2}
        ),
        "module": sorted(path.stem for path in checkout_files() if path.parts[:2] == ("plugins", "modules")),
        "library": sorted(
            path for path in checkout_files() if path.parts[:2] == ("plugins", "module_utils") and path.suffix == ".py"
        ),
    }
    for name, values in parameters.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, values, ids=str)
