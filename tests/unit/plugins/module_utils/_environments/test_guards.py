# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is refused because it is for another environment, or dangerous and unconfirmed."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._environments.errors import (
    ConfirmationNeeded,
    MadeForAnotherEnvironment,
    UnknownMark,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.guards import (
    check_made_for,
    dangerous_changes,
    need_confirmation,
    unconfirmed,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.model import Layer


def layer(said: t.Any) -> Layer:
    return Layer("staging", "staging.yml", {"$environment": said})


def test_a_layer_is_for_the_environment_that_it_says_and_for_all_if_it_says_none() -> None:
    check_made_for([Layer("base", "base.yml", {}), layer("staging"), layer(["qa", "staging"])], "staging")


@pytest.mark.parametrize("said", ["staging", ["qa", "staging"]])
def test_a_layer_for_another_environment_is_refused_by_its_file(said: t.Any) -> None:
    with pytest.raises(MadeForAnotherEnvironment, match=r"staging\.yml is made for .*staging, and this is production"):
        check_made_for([layer(said)], "production")


@pytest.mark.parametrize("said", [None, 1, "", [], ["a", 1], {"a": 1}])
def test_what_is_no_name_of_an_environment_is_refused(said: t.Any) -> None:
    with pytest.raises(UnknownMark, match=r"staging\.yml: \$environment takes the name"):
        check_made_for([layer(said)], "staging")


def test_a_change_is_dangerous_that_touches_a_marked_key() -> None:
    changed = ["db", "db.host", "db.hostname", "db.host.port", "port"]

    assert dangerous_changes(changed, ["db.host"]) == ("db", "db.host", "db.host.port")
    assert dangerous_changes(changed, []) == ()


def confirm(
    *confirmed: str, environment: str = "production", changed: t.Iterable[str] = ("db.host", "db.name")
) -> None:
    need_confirmation(environment, unconfirmed(environment, ["production"], changed, {"db.host", "tls"}, confirmed))


def test_a_dangerous_change_to_a_protected_environment_needs_its_name() -> None:
    with pytest.raises(ConfirmationNeeded, match="production is protected, .* dangerous: db.host") as refusal:
        confirm("db.name")

    assert refusal.value.details["keys"] == ["db.host"]
    confirm("db.host")
    confirm("db.host", "what.changed.yesterday")
    confirm(environment="staging")
    confirm(changed=["db.name"])


@pytest.mark.parametrize("confirmed", ["db", "db.hos", "db.host.x", "*", "true", ""])
def test_no_other_word_confirms(confirmed: str) -> None:
    with pytest.raises(ConfirmationNeeded):
        confirm(confirmed)


def test_a_dictionary_that_is_marked_confirms_all_that_it_holds() -> None:
    confirm("tls", changed=["tls.key", "tls.cert"])
    with pytest.raises(ConfirmationNeeded, match="dangerous: db.host"):
        confirm("tls", changed=["tls.key", "db.host"])
    confirm("tls.key", "tls.cert", changed=["tls.key", "tls.cert"])
    with pytest.raises(ConfirmationNeeded, match="dangerous: tls.cert$|tls.cert\\. Next"):
        confirm("tls.key", changed=["tls.key", "tls.cert"])
