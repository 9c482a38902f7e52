# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import asyncio
import itertools

import pytest

from analyze_all.faults import FaultInjector, InjectedError
from analyze_all.manifest import Faults


def failures(faults: Faults, seed: int, times: int) -> list[bool]:
    async def strike_often() -> list[bool]:
        injector = FaultInjector(faults, seed)
        outcomes = []
        for _number in range(times):
            try:
                await injector.strike()
            except InjectedError:
                outcomes.append(True)
            else:
                outcomes.append(False)
        return outcomes

    return asyncio.run(strike_often())


def test_a_good_release_never_fails() -> None:
    assert not any(failures(Faults(), seed=1, times=1000))


def test_an_error_rate_of_one_always_fails() -> None:
    assert all(failures(Faults(error_rate=1), seed=1, times=1000))


def test_five_per_cent_are_five_per_cent_scattered() -> None:
    outcomes = failures(Faults(error_rate=0.05), seed=1, times=20_000)

    # Four standard deviations of a fair draw.
    assert sum(outcomes) == pytest.approx(1000, abs=4 * (20_000 * 0.05 * 0.95) ** 0.5)
    assert len({index % 20 for index, failed in enumerate(outcomes) if failed}) == 20


@pytest.mark.parametrize("seed", range(5))
def test_errors_that_come_evenly_are_as_many_in_any_stretch(seed: int) -> None:
    outcomes = failures(Faults(error_rate=0.015, errors_evenly=True), seed, times=2000)
    places = [index for index, failed in enumerate(outcomes) if failed]

    assert len(places) == 30
    assert {later - earlier for earlier, later in itertools.pairwise(places)} <= {66, 67}


def test_instances_that_begin_together_do_not_fail_together() -> None:
    evenly = Faults(error_rate=0.015, errors_evenly=True)
    assert len({failures(evenly, seed, times=67).index(True) for seed in range(5)}) > 1


def test_the_same_seed_fails_the_same_requests() -> None:
    assert failures(Faults(error_rate=0.5), 7, 100) == failures(Faults(error_rate=0.5), 7, 100)
    assert failures(Faults(error_rate=0.5), 7, 100) != failures(Faults(error_rate=0.5), 8, 100)


def test_the_message_tells_that_it_is_on_purpose() -> None:
    with pytest.raises(InjectedError, match=r"fails 100.00% of its analyses on purpose"):
        asyncio.run(FaultInjector(Faults(error_rate=1)).strike())
