# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a dump a superuser makes on a server of the proof's own, and what not."""

from __future__ import annotations

from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.postgresql_own_server import (
    in_parts,
)

LISTED = """;
; Archive created at 2026-11-26 19:30:00 UTC
;
8; 2615 16700 SCHEMA - SCHEMA admin
2; 3079 16384 EXTENSION - hstore postgres
3388; 0 0 COMMENT - EXTENSION hstore postgres
218; 1259 16500 TABLE EXTENSION SCHEMA admin
219; 1255 16501 FUNCTION public EXTENSION (); SCHEMA - x admin
3212; 3466 16600 EVENT TRIGGER - watching admin
"""


def test_a_superuser_makes_schemas_and_extensions_and_nothing_that_is_only_called_so() -> None:
    first, then = in_parts(LISTED)

    assert [line.split(";")[0] for line in first.splitlines()] == ["8", "2"]
    assert [line.split(";")[0] for line in then.splitlines() if line[0] != ";"] == ["218", "219"]
