# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Of secrets it is kept whether they are the same, and not what they are."""

from __future__ import annotations

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._environments.model import Secret
from ansible_collections.progressive.delivery.plugins.module_utils._environments.secrecy import (
    Sealed,
    named,
    reference_of,
    revealed,
    sealed,
    secrets_in,
)

SETTINGS = {"port": 80, "database": {"password": Secret("env:P", "s3cret")}, "keys": ["open", Secret("env:K", "t0ken")]}


def test_secrets_are_found_revealed_and_named():
    assert [secret.reference for secret in secrets_in(SETTINGS)] == ["env:P", "env:K"]
    assert reference_of(SETTINGS) == "env:P, env:K"
    assert revealed(SETTINGS) == {"port": 80, "database": {"password": "s3cret"}, "keys": ["open", "t0ken"]}
    assert named(SETTINGS)["keys"] == ["open", {"secret": "env:K"}]


def test_sealed_is_what_is_no_secret_and_a_digest_of_what_is():
    found = sealed(SETTINGS, "salt")

    assert found["port"] == 80
    assert isinstance(found["database.password"], Sealed)
    assert isinstance(found["keys"], Sealed)
    assert not [value for value in ("s3cret", "t0ken", "open") if value in repr(found)]


@pytest.mark.parametrize(
    ("other", "salt", "is_same"),
    [
        (Secret("env:P", "s3cret"), "salt", True),
        (Secret("env:P", "another"), "salt", False),
        (Secret("env:Q", "s3cret"), "salt", False),
        ("s3cret", "salt", False),
        (Secret("env:P", "s3cret"), "pepper", False),
    ],
)
def test_the_same_secret_under_the_same_salt_is_the_same(other, salt, is_same):
    one = sealed({"password": Secret("env:P", "s3cret")}, "salt")

    assert (one == sealed({"password": other}, salt)) is is_same
