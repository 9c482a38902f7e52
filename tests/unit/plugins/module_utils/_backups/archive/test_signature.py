# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Seals: only who has the password makes the one that is expected."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive import signature
from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import EngineMissing

SALT = "00" * 32


@pytest.mark.usefixtures("dear_keys")
def test_a_key_is_made_by_scrypt_with_the_costs_of_format_1():
    expected = hashlib.scrypt(b"pass", salt=bytes(32), n=32768, r=8, p=1, maxmem=1 << 26, dklen=32)

    assert signature.key_of("pass", SALT) == expected


def test_a_seal_is_an_hmac_of_what_it_is_about_and_without_a_key_the_plain_sha256():
    assert signature.sealed(b"key", "manifest", b"content") == "hmac-sha256 " + (
        hmac.new(b"key", b"manifest\ncontent", "sha256").hexdigest()
    )
    assert signature.sealed(None, "manifest", b"content") == "sha256 " + hashlib.sha256(b"content").hexdigest()


def test_another_password_salt_subject_or_content_makes_another_seal():
    key = signature.key_of("pass", SALT)
    others = [
        (signature.key_of("Pass", SALT), "manifest", b"content"),
        (signature.key_of("pass", "11" * 32), "manifest", b"content"),
        (key, "proof", b"content"),
        (key, "manifest", b"Content"),
        (None, "manifest", b"content"),
    ]
    seals = {signature.sealed(*other) for other in [*others, (key, "manifest", b"content")]}

    assert len(seals) == len(others) + 1


def test_no_two_repositories_share_a_salt():
    one, other = signature.new_salt(), signature.new_salt()

    assert signature.is_salt(one)
    assert one != other


@pytest.mark.parametrize("given", [None, 7, "", "0" * 63, "0" * 65, "G" * 64, "A" * 64, ["0"] * 64])
def test_what_is_no_salt_is_told(given):
    assert not signature.is_salt(given)


def test_a_python_without_scrypt_is_told(monkeypatch):
    monkeypatch.delattr(hashlib, "scrypt")

    with pytest.raises(EngineMissing, match="scrypt"):
        signature.key_of("pass", SALT)
