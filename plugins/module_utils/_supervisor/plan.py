# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to be done to bring a supervised process to the wanted state.

PRIVATE to the collection. Pure: no files, no processes.
"""

from __future__ import annotations

import enum
import typing as t
from dataclasses import dataclass

from ansible_collections.progressive.delivery.plugins.module_utils._supervisor.errors import UnknownProcess

UP = frozenset(["STARTING", "RUNNING", "BACKOFF"])
ENDING = "STOPPING"


class Step(enum.Enum):
    """One outside change; :func:`plan` gives them in the order they are to be made."""

    WRITE = "write its configuration"
    START_DAEMON = "start supervisord"
    STOP = "stop it"
    LOAD = "make supervisord use its configuration"
    START = "start it and wait until it stays up"
    RELOAD = "make it read its own configuration again"
    REMOVE = "remove its configuration"
    FORGET = "make supervisord forget it"


@dataclass(frozen=True)
class Observed:
    """What is there.

    :param daemon: whether a supervisord answers
    :param text: the program's file, None when there is none
    :param state: supervisord's word for the process' state, None when it does not know the process
    :param stale: whether supervisord still uses another configuration than the file
    """

    daemon: bool = False
    text: t.Optional[str] = None
    state: t.Optional[str] = None
    stale: bool = False


@dataclass(frozen=True)
class Wanted:
    """What is asked for.

    :param state: started, restarted, reloaded, stopped or absent
    :param text: the program's file as it is to be; None keeps the one that is there
    :param restart_on_change: whether a running process is restarted because its configuration changed
    """

    state: str
    text: t.Optional[str] = None
    restart_on_change: bool = True


def plan(name: str, observed: Observed, wanted: Wanted) -> t.Tuple[Step, ...]:
    """The steps from *observed* to *wanted*; none when nothing is to be done.

    Raises :class:`UnknownProcess` when a process is to run that has no description.
    """
    if wanted.state == "absent":
        return _plan_absent(observed)
    steps = []
    if wanted.text is not None and wanted.text != observed.text:
        steps.append(Step.WRITE)
    if wanted.state == "stopped":
        return tuple(steps + _plan_stop(observed))
    if wanted.text is None and observed.text is None:
        raise UnknownProcess("process {0!r} has no configuration and no command was given".format(name))
    return tuple(steps + _plan_up(observed, wanted, bool(steps)))


def outdated_after(observed: Observed, wanted: Wanted) -> bool:
    """Whether a process is left running with an older configuration than its file."""
    kept = wanted.state in ("started", "reloaded") and not wanted.restart_on_change
    changed = wanted.text is not None and wanted.text != observed.text
    return kept and observed.daemon and observed.state in UP and (changed or observed.stale)


def _plan_up(observed: Observed, wanted: Wanted, written: bool) -> t.List[Step]:
    if not observed.daemon:
        return [Step.START_DAEMON, Step.START]
    if observed.state is None:
        return [Step.LOAD, Step.START]
    outdated = written or observed.stale
    running = observed.state in UP
    if running and (wanted.state == "restarted" or (outdated and wanted.restart_on_change)):
        return [Step.STOP] + ([Step.LOAD] if outdated else []) + [Step.START]
    if running:
        steps = [] if observed.state == "RUNNING" else [Step.START]
        return steps + ([Step.RELOAD] if wanted.state == "reloaded" else [])
    steps = [Step.STOP] if observed.state == ENDING else []
    return steps + ([Step.LOAD] if outdated else []) + [Step.START]


def _plan_stop(observed: Observed) -> t.List[Step]:
    if observed.daemon and observed.state in UP | {ENDING}:
        return [Step.STOP]
    return []


def _plan_absent(observed: Observed) -> t.Tuple[Step, ...]:
    steps = _plan_stop(observed)
    if observed.text is not None:
        steps.append(Step.REMOVE)
    if observed.daemon and observed.state is not None:
        steps.append(Step.FORGET)
    return tuple(steps)
