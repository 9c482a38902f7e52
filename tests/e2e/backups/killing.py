# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kills work at a point, or while something is the case, as a power cut does."""

from __future__ import annotations

import multiprocessing
import os
import signal
import typing as t

from ansible_collections.progressive.delivery.tests.e2e.balancers.laid_down import until


def _died(process: t.Any) -> None:
    process.join(60)
    assert process.exitcode == -signal.SIGKILL, "it came to its end before it was killed"


def killed_at(work: t.Callable[[], object], owner: t.Any, name: str, when: t.Literal["before", "after"]) -> None:
    """Run *work* in a process that is gone right before or after it calls the function *name* of *owner*."""
    original = getattr(owner, name)

    def last(*arguments: t.Any, **options: t.Any) -> None:
        if when == "after":
            original(*arguments, **options)
        os.kill(os.getpid(), signal.SIGKILL)

    def run() -> None:
        setattr(owner, name, last)
        work()

    process = multiprocessing.get_context("fork").Process(target=run)
    process.start()
    _died(process)


def killed_when(work: t.Callable[[], object], condition: t.Callable[[], bool], what: str) -> None:
    """Run *work* in a process that is killed as soon as *condition* holds."""
    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    try:
        until(condition, what)
    finally:
        process.kill()
    _died(process)
