# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets of files that the real sops encrypted, with a key of the real age."""

from __future__ import annotations

import pathlib
import subprocess

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._environments.errors import SecretUnavailable
from ansible_collections.progressive.delivery.plugins.module_utils._environments.secrets.sops import Sops

SECRETS = {
    "secrets.yml": "db:\n  password: s3cr€t\n  port: 5432\n  a.b: dotted\nkeys: [k0, k1]\n",
    "secrets.json": '{"db": {"password": "s3cr€t", "port": 5432, "a.b": "dotted"}, "keys": ["k0", "k1"]}',
}


@pytest.fixture
def key(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The key to encrypt for; what decrypts is where sops looks for it."""
    monkeypatch.setenv("SOPS_AGE_KEY_FILE", str(tmp_path / "key"))
    subprocess.run(["age-keygen", "-o", str(tmp_path / "key")], check=True, capture_output=True)
    asked = ["age-keygen", "-y", str(tmp_path / "key")]
    return subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()


@pytest.mark.parametrize("name", SECRETS)
def test_what_sops_encrypted_is_read_and_told_to_nobody_else(
    tmp_path: pathlib.Path, key: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / name
    file.write_text(SECRETS[name])
    subprocess.run(["sops", "--encrypt", "--age", key, "--in-place", str(file)], check=True)
    assert "s3cr€t" not in file.read_text()
    provider = Sops(folder=str(tmp_path))

    assert provider.value(f"{name}#db.password") == "s3cr€t"
    assert provider.value(f'{name}#db."a.b"') == "dotted"
    assert provider.value(f"{file}#keys.1") == "k1"
    with pytest.raises(SecretUnavailable, match="has no db.user"):
        provider.value(f"{name}#db.user")

    monkeypatch.setenv("SOPS_AGE_KEY_FILE", str(tmp_path / "none"))
    with pytest.raises(
        SecretUnavailable, match=f"cannot decrypt {file}: .*no such file", check=lambda e: "s3cr" not in str(e)
    ):
        Sops().value(f"{file}#db.password")

    monkeypatch.setenv("SOPS_AGE_KEY_FILE", str(tmp_path / "key"))
    file.write_text(file.read_text().replace("ENC[AES256_GCM,data:", "ENC[AES256_GCM,data:A", 1))
    with pytest.raises(SecretUnavailable, match=f"cannot decrypt {file}: "):
        Sops().value(f"{file}#db.password")
