# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Placeholders in options."""

from __future__ import annotations

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._health.interface import Check, Severity, Target
from ansible_collections.progressive.delivery.plugins.module_utils._health.placeholders import fill, fill_url

CHECK = Check("ready", "http", Severity.CRITICAL, 5.0, None, {})
TARGET = Target("app1", "2001:db8::1", 8080, {"zone": "east"})


def test_each_key_is_replaced_by_the_targets_value() -> None:
    assert fill("{name} {address} {port} {zone} {zone}", CHECK, TARGET, "argv") == "app1 2001:db8::1 8080 east east"


def test_an_ipv6_address_gets_brackets_in_a_url_only() -> None:
    assert fill_url("http://{address}:{port}/", CHECK, TARGET, "url") == "http://[2001:db8::1]:8080/"


@pytest.mark.parametrize("text", ["{ print }", "{}", '{"a": 1}', "{print $1}", "}{", "{0}"])
def test_other_braces_are_left_alone(text: str) -> None:
    assert fill(text, CHECK, TARGET, "argv") == text


def test_a_value_is_not_filled_again() -> None:
    assert fill("{zone}", CHECK, Target("a", "b", None, {"zone": "{name}"}), "path") == "{name}"


@pytest.mark.parametrize(("text", "key"), [("/{shard}", "shard"), ("{port}", "port")])
def test_a_key_that_the_target_has_not_got_is_refused(text: str, key: str) -> None:
    with pytest.raises(
        InvalidOption, match=rf"Option path of check 'ready' names \{{{key}\}}, which target 'a'"
    ) as told:
        fill(text, CHECK, Target("a", "b"), "path")

    assert "address, name" in str(told.value)
