# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys with dots: written as TOML writes them, and read back the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._environments.keys import (
    dotted,
    origin_of,
    path_of,
)


def test_a_part_with_a_dot_stands_in_quotes() -> None:
    assert dotted(("sites", "shop.example", "port")) == 'sites."shop.example".port'
    assert dotted(("servers", 0, "name")) == "servers.0.name"


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1).map(tuple))
def test_a_dotted_key_leads_back_to_its_parts(path: tuple[str, ...]) -> None:
    assert path_of(dotted(path)) == path


@pytest.mark.parametrize("key", ["", ".", "a.", ".a", "a..b", "a b", 'a"b"', '"a', "a.$b", '"\\q"'])
def test_what_is_no_dotted_key_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="is no key$"):
        path_of(key)


def test_a_setting_comes_from_the_file_that_holds_it_or_what_is_below_it() -> None:
    origins = {"a.list": "base.yml", "a.b": "staging.yml", "a-b": "other.yml"}

    assert origin_of(origins, ("a", "list", 0, "port")) == "base.yml"
    assert origin_of(origins, ("a",)) == "base.yml, staging.yml"
    assert origin_of(origins, ("a", "missing")) == "base.yml, staging.yml"
    assert origin_of({}, ("a",)) == "the layers"
