# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""C(tcp): a port takes connections.

PRIVATE to the collection.
"""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._health.connection import connect, finding_of
from ansible_collections.progressive.delivery.plugins.module_utils._health.interface import (
    Check,
    CheckType,
    Finding,
    Target,
    passed,
)


@dataclass(frozen=True)
class TcpProbe:
    """Connects and closes at once."""

    address: str
    port: int
    timeout: float

    def run(self, until: float) -> Finding:
        """Make one attempt."""
        try:
            connect(self.address, self.port, until).close()
        except OSError as error:
            return finding_of(error, self.timeout)
        return passed("port {0} takes connections".format(self.port))


def prepare(check: Check, target: Target) -> TcpProbe:
    """Bind the check to a target."""
    port = check.options["port"] or target.port
    if port is None:
        raise InvalidOption(
            "Target {0!r} has no port, which the tcp check {1!r} needs; give it to the target or to the check.".format(
                target.name, check.name
            )
        )
    return TcpProbe(target.address, port, check.timeout)


TYPE = CheckType(prepare=prepare, defaults={"port": None})
