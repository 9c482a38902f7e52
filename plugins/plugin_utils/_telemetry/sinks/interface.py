# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a place that telemetry is shipped to can do.

PRIVATE to the collection. A driver a kind of place. To add another, write its file and name it in ``registry.py``.
"""

from __future__ import annotations

import typing as t

Shipment = t.Sequence[t.Mapping[str, t.Any]]
"""Events as :func:`cloudevent` makes them: what is kept on disk while a sink is down is the same as what was to be sent."""


class SinkDown(Exception):
    """It did not take what was sent, and may later."""


class SinkRefused(Exception):
    """It will never take what was sent, and may take the next."""


class Sink:
    """A place that events are shipped to.

    :cvar name: what people read of it, without secrets
    """

    name: str

    def send(self, shipment: Shipment) -> None:
        """Let it have all of these, in order; when this returns it has them.

        :raises SinkDown: it may have none, some or all of them
        :raises SinkRefused: they are not to be sent again
        """
        raise NotImplementedError

    def close(self) -> None:
        """Give back what it holds; nothing is sent any more."""
