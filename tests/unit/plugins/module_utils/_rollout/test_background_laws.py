# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The law of the analysis in the background, along the paths that random histories seldom walk to their end."""

from __future__ import annotations

import itertools
import typing as t

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import Options, Status
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.canary import Canary
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.stages import Stage
from ansible_collections.progressive.delivery.tests.unit.plugins.module_utils._rollout.test_laws import Histories

WATCHED = (Stage(pause=45.0), Stage(analysis="errors", seconds=45.0))


@pytest.mark.parametrize("skipped", [None, *range(3, 12)])
def test_without_the_verdict_of_the_background_nothing_goes_on(skipped: t.Optional[int]) -> None:
    """Law 5: all goes well, whoever skips something, however slow the turns are."""
    ways = itertools.product(WATCHED, WATCHED, (False, True), (0.0, 1.0, 6.0, 40.0))
    for first, second, decided, overhead in ways:
        history = Histories()
        stages = (Stage(share=500), first, Stage(share=5000), second)
        history.start(Canary(stages, bake=35.0, background="errors"), Options(), False, False)
        for number in range(40):
            if history.action is None:
                break
            if number == skipped:
                history.ask("skip")
            history.succeed(overhead, decided)
        assert history.rollout.status is Status.SUCCEEDED
        assert not history.unheard
