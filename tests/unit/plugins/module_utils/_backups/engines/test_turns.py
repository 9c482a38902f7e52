# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking turns."""

from __future__ import annotations

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._backups import errors
from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.turns import in_turn


def test_a_turn_comes_when_the_dead_are_gone_or_the_living_are_done():
    def attempts(results):
        left = iter(results)

        def attempt():
            result = next(left)
            if isinstance(result, Exception):
                raise result
            return result

        return attempt

    locked = errors.RepositoryLocked("locked")
    assert in_turn(attempts([locked, locked, "done"]), lambda: True, patience=0) == "done"
    assert in_turn(attempts([locked, "done"]), lambda: False, patience=600) == "done"
    with pytest.raises(errors.RepositoryLocked):
        in_turn(attempts([locked, "done"]), lambda: False, patience=0)
    with pytest.raises(errors.RepositoryFull):
        in_turn(attempts([errors.RepositoryFull("full"), "done"]), lambda: True, patience=600)
