# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one interface behind which secrets are kept.

PRIVATE to the collection. A provider reads; it decides nothing. It is given what stands
after its name in a reference: ``/run/secrets/db`` of ``file:/run/secrets/db``. What it
raises names places and never holds a value.
"""

from __future__ import annotations

import typing as t


class Provider(t.Protocol):
    """Where secrets are kept."""

    def value(self, place: str) -> str:
        """The secret at *place*.

        :raises InvalidReference: *place* is none that this provider could have
        :raises SecretUnavailable: there is no such secret, or it cannot be read
        :raises MissingLibrary: what it takes to read it is not installed
        """
