# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be done with a host's releases, and what is refused, from what is asked for and what is there.

PRIVATE to the collection. Pure.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._releases import names
from ansible_collections.progressive.delivery.plugins.module_utils._releases.errors import (
    ReleaseDiffers,
    ReleaseMissing,
    ReleaseOvertaken,
)
from ansible_collections.progressive.delivery.plugins.module_utils._releases.plan import Plan, plan
from ansible_collections.progressive.delivery.plugins.module_utils._releases.records import Record
from ansible_collections.progressive.delivery.plugins.module_utils._releases.snapshot import Snapshot
from ansible_collections.progressive.delivery.plugins.module_utils._releases.sources import PreparedSource, Source


@dataclass(frozen=True)
class Wanted:
    """What is asked for.

    :param state: prepared, present, current, absent or checked
    :param shared: paths as :func:`names.check_shared` gives them
    """

    version: str
    state: str
    keep: int = 5
    protect: t.Tuple[str, ...] = ()
    shared: t.Tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names.check_version(self.version)
        if self.keep < 1:
            raise InvalidOption("keep must be at least 1, it is {0}".format(self.keep))


def decide(wanted: Wanted, snapshot: Snapshot, source: t.Optional[Source]) -> Plan:
    """The plan, after everything has been refused that *snapshot* and *source*, examined, tell to be wrong.

    Raises :class:`ReleaseDiffers`, :class:`ReleaseMissing` or :class:`ReleaseServes`.
    """
    version = wanted.version
    made = plan(snapshot.present, version, wanted.state, wanted.keep, wanted.protect)
    if version in snapshot.records:
        if source is not None and wanted.state != "absent":
            check_same(version, snapshot.records[version], source)
    elif made.stage and source is None:
        raise ReleaseMissing("release {0!r} is not on this host and has no source".format(version))
    elif made.stage and isinstance(source, PreparedSource) and version not in snapshot.prepared:
        raise ReleaseMissing("release {0!r} has not been prepared on this host".format(version))
    return made


def check_same(version: str, record: t.Optional[Record], source: Source) -> None:
    """Raise :class:`ReleaseDiffers` unless the release that is there is the one that *source* makes."""
    if record is None:
        raise ReleaseDiffers("release {0!r} is there, but was not made by this collection".format(version))
    if not source.same_as(record.source):
        raise ReleaseDiffers(
            "release {0!r} is there and was made from something else".format(version), made_from=dict(record.source)
        )


def check_not_overtaken(before: Snapshot, now: Snapshot, made: Plan) -> None:
    """Raise :class:`ReleaseOvertaken` when another run made a release current since *before*, and *made* would too.

    What is asked for here was asked before that, perhaps by a run that was killed since.
    """
    if made.activate and now.activations != before.activations:
        raise ReleaseOvertaken(
            "another run made release {0!r} the current one while this one waited".format(now.current)
        )
