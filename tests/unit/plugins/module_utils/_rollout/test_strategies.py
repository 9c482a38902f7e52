# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plans of strategies, and choices that cannot be."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import Options, Step
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.canary import Canary
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.interface import Pools
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.stages import Stage

FIVE, QUARTER, ALL = Stage(share=500), Stage(share=2500), Stage(share=10000)
JUDGED = Stage(analysis="errors", seconds=60)


def told(steps: t.Iterable[Step]) -> t.List[str]:
    """Each step in a word or two, a shift as the new pool's share and its open header route."""
    words = []
    for step in steps:
        share = "" if step.shares is None else " {0}".format(step.shares["green"])
        words.append(step.kind.value + share + (" header" if step.header else "") + (" mirror" if step.mirror else ""))
    return words


@pytest.mark.parametrize(
    ("canary", "plan"),
    [
        (Canary((FIVE,), bake=0), ["shift 500", "shift 10000", "drain"]),
        (Canary((FIVE, ALL), bake=0), ["shift 500", "shift 10000", "drain"]),
        (
            Canary((FIVE, JUDGED, QUARTER, Stage(pause=30), Stage(gate=True)), bake=60),
            ["shift 500", "analyse", "shift 2500", "bake", "gate", "shift 10000", "bake", "drain"],
        ),
        (
            Canary((FIVE, JUDGED), preview=True, bake=0),
            ["shift 0 header", "shift 500 header", "analyse", "shift 10000", "drain"],
        ),
        (
            Canary((Stage(gate=True), FIVE), preview=True, bake=0),
            ["shift 0 header", "gate", "shift 500 header", "shift 10000", "drain"],
        ),
        (
            Canary((Stage(mirror=1000), JUDGED, FIVE), bake=0, background="latency"),
            ["shift 0 mirror", "analyse", "shift 500", "shift 10000", "drain"],
        ),
        (
            Canary((Stage(tasks="/warm_caches.yml"), FIVE, Stage(health="deep"), QUARTER), bake=0),
            ["tasks", "shift 500", "validate", "shift 2500", "shift 10000", "drain"],
        ),
    ],
)
def test_a_canary_goes_from_share_to_share(canary: Canary, plan: t.List[str]) -> None:
    assert told(canary.plan(Pools("blue", "green", "1.0.0"), Options())) == ["deploy", "validate", *plan]


def test_a_first_delivery_has_nothing_to_be_compared_with() -> None:
    plan = Canary((FIVE, JUDGED), preview=True, bake=5).plan(Pools("blue", "green", None), Options())
    assert told(plan) == ["deploy", "validate", "shift 10000", "bake", "drain"]


@pytest.mark.parametrize(
    ("stages", "says"),
    [
        ((), "steps: none of them gives the new pool a share"),
        ((JUDGED,), "steps: none of them gives the new pool a share"),
        ((QUARTER, FIVE), "steps: a share of 5 % after 25 %"),
        ((FIVE, FIVE), "steps: a share of 5 % after 5 %"),
        ((Stage(share=0), FIVE), "steps: a share of 0 % after 0 %"),
        ((Stage(share=10001),), "steps: a share of 100.01 % after 0 %"),
        ((Stage(mirror=0), FIVE), "steps: a mirror of 0 %"),
        ((Stage(mirror=10001), FIVE), "steps: a mirror of 100.01 %"),
        ((FIVE, Stage(mirror=500)), "steps: a mirror after a share"),
        ((Stage(mirror=500),), "steps: none of them gives the new pool a share"),
        ((FIVE, ALL, JUDGED), "steps: nothing comes after a share of 100 % but the bake"),
    ],
)
def test_shares_that_do_not_rise_are_refused(stages: t.Tuple[Stage, ...], says: str) -> None:
    with pytest.raises(InvalidOption) as refusal:
        Canary(stages)
    assert refusal.value.message.startswith(says)


@pytest.mark.parametrize("given", [{}, {"share": 500, "pause": 3.0}, {"gate": True, "analysis": "errors"}])
def test_a_step_is_one_thing(given: t.Dict[str, t.Any]) -> None:
    with pytest.raises(InvalidOption, match="steps: each is one of"):
        Stage(**given)
