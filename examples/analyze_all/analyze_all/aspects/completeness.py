# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is it finished? Placeholders without a value, and notes that the author left for later."""

from __future__ import annotations

import re

from analyze_all.aspects import Aspect
from analyze_all.document import Document

_NOTE = re.compile(r"\b(TODO|TBD|FIXME|XXX|lorem ipsum)\b", re.IGNORECASE)
_POINTS_A_NOTE = 25.0


def judge(document: Document) -> Aspect:
    """The fraction of placeholders that have a value, less a quarter for each note."""
    notes = tuple(dict.fromkeys(note.upper() for note in _NOTE.findall(document.text)))
    placeholders = len(document.filled) + len(document.unresolved)
    resolved = len(document.filled) / placeholders if placeholders else 1.0
    findings = [f"No value for the placeholder {name}." for name in document.unresolved]
    findings += [f"A note is left in the text: {note}." for note in notes]
    return Aspect(score=max(0.0, 100.0 * resolved - _POINTS_A_NOTE * len(notes)), findings=tuple(findings))
