# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every type of check is to the rest: the one narrow interface.

A type of check turns a check and a target into a L(probe), which can be run
again and again and says each time what it found. A probe does not count,
repeat or judge over time; that is the assessment's.

PRIVATE to the collection.
"""

from __future__ import annotations

import enum
import typing as t
from dataclasses import dataclass, field


class Fault(enum.Enum):
    """On whose side a failed attempt failed."""

    TARGET = "target"
    CHECKER = "checker"


class Severity(enum.Enum):
    """What a failing check does to its target: C(critical) makes it unhealthy, C(warning) degraded."""

    CRITICAL = "critical"
    WARNING = "warning"


@dataclass(frozen=True)
class Finding:
    """What one attempt of a probe found.

    :param reason: what was seen, as a phrase a person can read, also when all is well
    :param fault: None when the attempt passed
    """

    passed: bool
    reason: str
    fault: t.Optional[Fault] = None


def passed(reason: str) -> Finding:
    """The target answered as it should."""
    return Finding(True, reason)


def failed(reason: str) -> Finding:
    """The target did not answer as it should."""
    return Finding(False, reason, Fault.TARGET)


def unable(reason: str) -> Finding:
    """The checking machine could not ask the target. It counts as a failure, but is not the target's."""
    return Finding(False, reason, Fault.CHECKER)


@dataclass(frozen=True)
class Target:
    """One thing that is checked.

    :param address: a host name or an IP address
    :param variables: further values for ``{placeholders}``
    """

    name: str
    address: str
    port: t.Optional[int] = None
    variables: t.Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Check:
    """What to ask of every target.

    :param timeout: seconds that one attempt may take
    :param max_latency: seconds that a good attempt may take, None for no limit
    :param options: the options of its type, with the type's defaults filled in
    """

    name: str
    type: str
    severity: Severity
    timeout: float
    max_latency: t.Optional[float]
    options: t.Mapping[str, t.Any]


class Probe(t.Protocol):
    """One check of one target."""

    def run(self, until: float, /) -> Finding:
        """Make one attempt, which is over by ``until`` on the monotonic clock where the system allows it.

        An expected failure is a finding, never an exception.
        """


@dataclass(frozen=True)
class CheckType:
    """One type of check.

    :param prepare: makes the probe, and raises a DeliveryError for what can be seen to be wrong before any request
    :param defaults: every option that belongs to the type, with its default
    :param required: those of them that must be given
    :param local: it looks at the machine it runs on, whatever the target
    """

    prepare: t.Callable[[Check, Target], Probe]
    defaults: t.Mapping[str, t.Any]
    required: t.Tuple[str, ...] = ()
    local: bool = False
