# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plans of strategies, and choices that cannot be."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import Kind, Options, Step
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


def test_what_is_learned_for_a_canary_is_learned_with_the_old_release_on_the_new_pool() -> None:
    learning = Canary((Stage(learn="errors", seconds=60), FIVE, Stage(analysis="errors", seconds=60)), bake=0)
    plan = learning.plan(Pools("blue", "green", "1.0.0"), Options())
    deploy, validate, shift, learn, back, drain, *rest = plan
    assert [step.kind for step in (deploy, validate, shift, learn, back, drain)] == [
        Kind.DEPLOY,
        Kind.VALIDATE,
        Kind.SHIFT,
        Kind.ANALYSE,
        Kind.SHIFT,
        Kind.DRAIN,
    ]
    assert (deploy.pool, deploy.release) == ("green", "1.0.0")
    assert (learn.analysis, learn.learns, learn.seconds) == ("errors", True, 60)
    assert [dict(step.shares or {}) for step in (shift, back)] == [
        {"blue": 9500, "green": 500},
        {"blue": 10000, "green": 0},
    ]
    assert (rest[0].kind, rest[0].release) == (Kind.DEPLOY, "")


@pytest.mark.parametrize(("share", "beside"), [(500, 500), (3400, 3300), (5000, 2500), (9000, 500)])
def test_the_baseline_gets_as_much_as_the_new_pool_and_no_more_than_the_old_one_keeps(share: int, beside: int) -> None:
    experiment = Canary((Stage(share=share),), bake=0, baseline="baseline")
    plan = experiment.plan(Pools("blue", "green", "1.0.0"), Options())
    first = next(step for step in plan if step.kind is Kind.SHIFT)
    assert first.shares == {"blue": 10000 - share - beside, "green": share, "baseline": beside}
    assert [step.kind for step in plan[:3]] == [Kind.RETIRE, Kind.DEPLOY, Kind.VALIDATE]
