# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Times as programs write them."""

from __future__ import annotations

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.written_time import seconds


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-11-26T15:31:13.535390222Z", 1795707073.535390222),
        ("2026-11-26T16:31:13.5+01:00", 1795707073.5),
        ("2026-11-26T10:01:13-05:30", 1795707073.0),
        ("2026-11-26T15:34:31.000000", 1795707271.0),
    ],
)
def test_every_form_is_the_same_instant(written, meant):
    assert seconds(written) == meant


@pytest.mark.parametrize("written", ["", "yesterday", "2026-11-26", "2026-11-26T15:31:13 ", "2026-11-26T15:31:13+1"])
def test_what_is_no_time_is_refused(written):
    with pytest.raises(ValueError, match="is not a time"):
        seconds(written)
