# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a release may be called: it names a folder on hosts and a file of the journal.

PRIVATE to the collection. Shared by the areas, so that what one takes no other
refuses half way. The preflight checks of the roles say the same in Jinja.
"""

from __future__ import annotations

import re

RULE = "up to 128 letters, digits, '.', '_', '+', '~' and '-', beginning with a letter or digit and without '..'"

_RELEASE_NAME = re.compile(r"(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._+~-]{0,127}")


def is_release_name(text: str) -> bool:
    """Whether *text* keeps to :data:`RULE`."""
    return _RELEASE_NAME.fullmatch(text) is not None
