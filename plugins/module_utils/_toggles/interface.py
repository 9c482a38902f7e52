# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one interface behind which flags are kept.

PRIVATE to the collection. A flag is handled in flagd's form, whatever keeps
it. A driver does I/O and decides nothing: what a flag becomes is what the
function says that it is given.
"""

from __future__ import annotations

import typing as t

Definition = t.Dict[str, t.Any]
"""One flag as flagd defines it: ``state``, ``variants``, ``defaultVariant``, ``targeting``, ``metadata``."""

Decision = t.Callable[[t.Optional[Definition]], t.Optional[Definition]]
"""What becomes of a flag; None is a flag that does not exist. Raises DeliveryError for what may not be."""


class Toggles(t.Protocol):
    """Where flags are kept."""

    def read(self, name: t.Optional[str] = None) -> t.Dict[str, Definition]:
        """Every flag by name, or the one only."""

    def change(
        self, name: str, decide: Decision, dry: bool = False
    ) -> t.Tuple[t.Optional[Definition], t.Optional[Definition]]:
        """Let *decide* say what becomes of a flag, and keep that; no change of others is lost by it.

        :param dry: refuse what would be refused, and change nothing
        :returns: the flag before and after
        """
