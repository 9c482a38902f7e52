# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets from files, variables, a task's option and sops: what a reference may be, and that no value is ever told."""

from __future__ import annotations

import json
import os
import re
import sys
import typing as t
from pathlib import Path

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._environments.errors import (
    InvalidReference,
    SecretUnavailable,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.secrets import registry
from ansible_collections.progressive.delivery.plugins.module_utils._environments.secrets.registry import (
    OPTIONS,
    PROVIDERS,
    Secrets,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.secrets.sops import Sops
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption

FAKE_SOPS = """#!{python}
import json, os, sys
log = os.path.join(os.path.dirname(sys.argv[0]), "asked")
with open(log, "a") as handle:
    handle.write(json.dumps(sys.argv[1:]) + "\\n")
assert sys.stdin.read() == ""
# As `sops --help` has it: sops [options] file; -d/--decrypt, --output-type json.
options, path = sys.argv[1:-1], sys.argv[-1]
if options != ["--decrypt", "--output-type", "json"]:
    sys.exit("Incorrect Usage")
if path.endswith("locked.yml"):
    sys.stderr.write("Failed to get the data key required to decrypt the SOPS file.\\n\\n  FAILED\\n")
    sys.exit(128)
if path.endswith("odd.yml"):
    print("hunter2 {{")
    sys.exit(0)
if path.endswith("slow.yml"):
    import time
    print("hunter2", flush=True)
    time.sleep(600)
print(json.dumps({{"db": {{"password": "hunter2", "port": 5432, "a.b": "dotted"}}, "keys": ["k0", "k1"]}}))
"""


@pytest.fixture
def sops(tmp_path: Path) -> Path:
    """A program that takes what sops takes, and writes down what it was given."""
    program = tmp_path / "sops"
    program.write_text(FAKE_SOPS.format(python=sys.executable))
    program.chmod(0o755)
    return program


def asked(sops: Path) -> list[list[str]]:
    return [json.loads(line) for line in (sops.parent / "asked").read_text().splitlines()]


def test_sops_decrypts_each_file_once_with_the_arguments_that_it_takes(sops: Path) -> None:
    provider = Sops(str(sops))

    assert provider.value("/etc/shop/s.yml#db.password") == "hunter2"
    assert provider.value('/etc/shop/s.yml#db."a.b"') == "dotted"
    assert provider.value("/etc/shop/s.yml#keys.1") == "k1"
    assert asked(sops) == [["--decrypt", "--output-type", "json", "/etc/shop/s.yml"]]


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("/etc/s.yml#db.none", "^/etc/s.yml has no db.none$"),
        ("/etc/s.yml#db.password.x", "has no db.password.x"),
        ("/etc/s.yml#keys.2", "has no keys.2"),
        ("/etc/s.yml#db.port", "db.port in /etc/s.yml is no text"),
        ("/etc/s.yml#db", "db in /etc/s.yml is no text"),
        ("/etc/locked.yml#db", "cannot decrypt /etc/locked.yml: Failed to get the data key required .* FAILED$"),
        ("/etc/odd.yml#db", "decrypted /etc/odd.yml to no JSON"),
    ],
)
def test_what_sops_does_not_give_is_told_without_what_it_gave(place: str, said: str, sops: Path) -> None:
    with pytest.raises(SecretUnavailable) as failure:
        Sops(str(sops)).value(place)

    assert re.search(said, failure.value.message)
    assert "hunter2" not in str(failure.value)


def test_sops_is_not_waited_for_without_end(sops: Path) -> None:
    with pytest.raises(SecretUnavailable, match="did not decrypt /slow.yml within 0.3 seconds") as failure:
        Sops(str(sops), timeout=0.3).value("/slow.yml#a")

    assert failure.value.__cause__ is None


def test_a_missing_sops_is_told() -> None:
    with pytest.raises(SecretUnavailable, match="the program /none/sops cannot be run here: No such file"):
        Sops("/none/sops").value("/etc/s.yml#a")


@pytest.mark.parametrize("place", ["/etc/s.yml", "/etc/s.yml#", "/etc/s.yml#a..b", "#a", "s.yml#a"])
def test_what_names_no_file_and_key_of_sops_is_refused(place: str, sops: Path) -> None:
    with pytest.raises(InvalidReference):
        Sops(str(sops)).value(place)
    assert not (sops.parent / "asked").exists()


def secrets(**options: t.Any) -> Secrets:
    return Secrets(options)


@pytest.mark.parametrize(("content", "value"), [("a b\n", "a b"), ("a\n\n", "a\n"), ("ü", "ü"), (" a ", " a ")])
def test_a_file_is_a_secret_without_its_last_line_break(content: str, value: str, tmp_path: Path) -> None:
    (tmp_path / "db").write_text(content)

    assert secrets().value(f"file:{tmp_path}/db") == value
    assert secrets(folder=str(tmp_path)).value("file:db") == value


def test_a_variable_and_a_tasks_value_are_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_DB", "hunter2")

    assert secrets().value("env:SHOP_DB") == "hunter2"
    assert secrets(ansible={"db": "hunter3"}).value("ansible:db") == "hunter3"


def test_the_program_of_sops_and_the_folder_are_what_the_task_says(sops: Path) -> None:
    assert secrets(sops=str(sops), folder="/etc/shop").value("sops:s.yml#db.password") == "hunter2"
    assert asked(sops)[0][-1] == "/etc/shop/s.yml"


@pytest.mark.parametrize("reference", ["file:../db", "file:a/../../db", "sops:../s.yml#k"])
def test_a_relative_path_does_not_lead_out_of_its_folder(reference: str, tmp_path: Path) -> None:
    for name in ("db", "s.yml"):
        (tmp_path / name).write_text("hunter2")
    (tmp_path / "folder").mkdir()
    with pytest.raises(InvalidReference, match="leads out of the folder"):
        secrets(folder=str(tmp_path / "folder")).value(reference)


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("file:/none", "^file:/none: /none cannot be read: No such file"),
        ("file:/etc", "file:/etc: /etc is no file"),
        ("file:{folder}/latin", "is no UTF-8"),
        ("file:{folder}/empty", "the secret is empty"),
        ("file:{folder}/pipe", "pipe is no file"),
        ("file:{folder}/large", "is larger than"),
        ("env:PROGRESSIVE_NONE", "^env:PROGRESSIVE_NONE: the variable PROGRESSIVE_NONE is not set where the task runs"),
        ("ansible:none", "^ansible:none: the task gives no value called none"),
        ("ansible:number", "the value called number is no text"),
    ],
)
def test_a_secret_that_cannot_be_had_is_told_by_its_reference(reference: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"hunter\xfc")
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "large").write_text("hunter" * 200_000)
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(SecretUnavailable, match=said) as failure:
        secrets(ansible={"number": 5}).value(reference.format(folder=tmp_path))

    assert "hunter" not in str(failure.value)
    assert failure.value.code == "configuration-secret-unavailable"


@pytest.mark.parametrize("reference", ["hunter2", "", ":", "pass:hunter2", "hunter2:file"])
def test_what_is_no_reference_is_refused_and_not_shown_for_it_may_be_the_secret(reference: str) -> None:
    with pytest.raises(InvalidReference, match="begins with none of file:, env:, vault:, sops:, ansible:") as refusal:
        secrets().value(reference)

    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize("reference", ["file:", "file:db", "env:", "env:A=b", "vault:secret", "sops:/x", "file:a\0b"])
def test_a_reference_that_its_provider_cannot_have_is_refused(reference: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidReference):
        secrets(vault={"address": "https://vault.example", "token": "t"}).value(reference)


def test_a_provider_is_made_when_it_is_needed_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    class Counted:
        def value(self, place: str) -> str:
            made.append(place)
            return "x"

    monkeypatch.setitem(registry.PROVIDERS, "vault", lambda _options: made.append("made") or Counted())
    kept = secrets()
    kept.value("env:PATH")
    assert made == []
    assert [kept.value("vault:a/b#c"), kept.value("vault:a/b#c"), kept.value("vault:a/b#d")] == ["x", "x", "x"]
    assert made == ["made", "a/b#c", "a/b#d"]


def test_what_a_task_says_wrongly_of_vault_is_told_when_vault_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VAULT_ADDR", raising=False)
    with pytest.raises(InvalidOption, match="vault: address"):
        secrets().value("vault:a/b#c")


def test_every_option_that_holds_a_secret_is_kept_out_of_logs() -> None:
    vault = t.cast("dict[str, dict[str, t.Any]]", OPTIONS["vault"]["options"])

    assert OPTIONS["ansible"]["no_log"]
    assert {name for name, option in vault.items() if option.get("no_log")} == {"token", "role_id", "secret_id"}
    assert set(PROVIDERS) == {"file", "env", "vault", "sops", "ansible"}
