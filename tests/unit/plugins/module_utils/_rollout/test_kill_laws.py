# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The law of kills, along the one path that random histories seldom walk to its end."""

from __future__ import annotations

import itertools

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._rollout import commands
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import Options, Status
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.blue_green import BlueGreen
from ansible_collections.progressive.delivery.tests.unit.plugins.module_utils._rollout.test_laws import Histories


@pytest.mark.parametrize("actions", range(14))
def test_a_run_killed_at_any_action_is_undone_or_finished(actions: int) -> None:
    """Law 8 along the one path that random histories seldom walk to its end: all goes well until the run is killed."""
    yes_no = (False, True)
    for extras, bake, warm, stop, first, partly in itertools.product(
        yes_no, (0.0, 45.0), (-1.0, 0.0, 100.0), yes_no, yes_no, (set(), {"lb1"})
    ):
        history = Histories()
        strategy = BlueGreen(extras, extras, 35.0 if extras else 0.0, extras, bake)
        history.start(strategy, Options(warm=warm, stop_on_abort=stop), False, first)
        for _number in range(actions):
            if history.action is not None:
                history.succeed(1.0)
            elif history.rollout.status is Status.PAUSED:
                history.take(commands.promote(history.rollout, history.world()))
            else:
                history.time_passes(400.0)
                history.take(commands.resume(history.rollout, history.world()))
        if history.action is not None:
            history.die(partly)
        history.teardown()
