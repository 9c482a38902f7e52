# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host and a port in one text.

PRIVATE to the collection. Pure. Shared by the areas.
"""

from __future__ import annotations

import re
import typing as t

_FORM = re.compile(r"(\[[0-9A-Fa-f:]+\]|[^\s:/\[\]]+):([0-9]{1,5})\Z")


def host_and_port(text: str) -> t.Optional[t.Tuple[str, int]]:
    """Those of *text*, in which an IPv6 address has brackets; None where it has another form, or a port that there is not."""
    found = _FORM.match(text)
    if found is None or not 0 < int(found.group(2)) < 65536:
        return None
    return found.group(1).strip("[]"), int(found.group(2))
