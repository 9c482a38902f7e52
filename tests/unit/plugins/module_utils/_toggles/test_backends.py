# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which options a backend takes, and that one change is made at a time."""

from __future__ import annotations

import os
import pathlib
import stat
import tempfile
import threading
import typing as t

import pytest
import yaml

from ansible_collections.progressive.delivery.plugins.doc_fragments import toggles
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.backends import (
    UNLEASH,
    place_of,
    toggles_of,
)
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.errors import (
    NoCounterpart,
    ToggleChangeInProgress,
    ToggleFileUnwritable,
    WrongToggleEnvironment,
)
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.flagd_file import FlagdFile
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.unleash.counterparts import UNKEPT
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.unleash.in_turn import InTurn
from ansible_collections.progressive.delivery.plugins.modules import feature_toggle, feature_toggle_info

FLAG = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off"}
SERVER = {
    **{name: spec.get("default") for name, spec in UNLEASH.items()},
    "address": "https://unleash.example.com",
    "environment": "production",
    "token": "s3cret",
}


@pytest.fixture(autouse=True)
def _locks_apart(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def params(backend: str, **options: t.Any) -> dict[str, t.Any]:
    return {"backend": backend, "path": None, "unleash": None, "lock_timeout": 0.0, **options}


def test_each_backend_is_made_of_its_own_options():
    assert isinstance(toggles_of(params("flagd", path="/etc/flags.json")), FlagdFile)
    assert isinstance(toggles_of(params("unleash", unleash=SERVER)), InTurn)


def test_a_diff_names_the_place_without_the_token():
    assert place_of(params("flagd", path="/etc/flags.json")) == "/etc/flags.json"
    assert place_of(params("unleash", unleash=SERVER)) == "https://unleash.example.com default production"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (params("flagd"), "backend: flagd needs the option path"),
        (params("flagd", path="/f", unleash=SERVER), "backend: flagd takes no unleash"),
        (params("unleash"), "backend: unleash needs the option unleash"),
        (params("unleash", path="/f", unleash=SERVER), "backend: unleash takes no path"),
        (params("unleash", unleash={**SERVER, "token": None}), "give one of token and token_file"),
        (params("unleash", unleash={**SERVER, "token_file": "/t"}), "give one of token and token_file"),
        (params("unleash", unleash={**SERVER, "token": None, "token_file": "/nowhere/t"}), "cannot read /nowhere/t"),
        (params("unleash", unleash={**SERVER, "environment": ""}), "unleash.environment: it is empty"),
        (params("unleash", unleash={**SERVER, "project": ""}), "unleash.project: it is empty"),
    ],
)
def test_options_that_do_not_go_together_are_refused(options, message):
    with pytest.raises(InvalidOption, match=message):
        toggles_of(options)


@pytest.mark.parametrize("option", UNKEPT)
@pytest.mark.parametrize("value", ["", "production", 0, False, True, [], {}])
def test_what_only_a_file_can_keep_is_refused_before_a_token_is_even_read(option, value):
    options = params("unleash", unleash={**SERVER, "token": None, "token_file": "/nowhere/t"}, **{option: value})
    with pytest.raises(NoCounterpart, match=f"^{option}: the backend unleash cannot keep it; [a-zU]"):
        toggles_of(options)


@pytest.mark.parametrize("module", [feature_toggle, feature_toggle_info])
def test_every_option_is_one_that_a_server_keeps_or_one_that_is_refused_or_of_no_matter_to_it(module):
    """So that a new option is thought of for both."""
    options = set(yaml.safe_load(module.DOCUMENTATION)["options"])
    kept = {"name", "state", "variants", "default_variant", "variant", "percent", "bucket_by", "allow", "deny"}
    kept |= {"description", "definition", "expected_version", "lock_timeout"}

    assert options - set(UNKEPT) <= kept
    shared = toggles.ModuleDocFragment.UNLEASH if module is feature_toggle else module.DOCUMENTATION
    refused = yaml.safe_load(shared)["notes"][0]
    assert all(f"O({option})" in refused for option in options & set(UNKEPT))


def test_a_file_is_told_its_environment_and_how_many_revisions_it_keeps(tmp_path):
    path = str(tmp_path / "flags.json")
    file = toggles_of(params("flagd", path=path, environment="staging", keep_revisions=2))
    for number in range(4):
        file.change("new", lambda _was, number=number: {**FLAG, "metadata": {"number": number}})

    assert FlagdFile(path).revisions() == [3, 4]
    with pytest.raises(WrongToggleEnvironment):
        toggles_of(params("flagd", path=path, environment="production")).read()


def test_a_token_may_stand_in_a_file(tmp_path):
    (tmp_path / "token").write_text("s3cret\n")
    (tmp_path / "empty").write_text("\n")
    said = {**SERVER, "token": None}

    assert toggles_of(params("unleash", unleash={**said, "token_file": str(tmp_path / "token")}))
    with pytest.raises(InvalidOption, match="the token is empty"):
        toggles_of(params("unleash", unleash={**said, "token_file": str(tmp_path / "empty")}))


def in_turn(tmp_path: pathlib.Path, place: str = "a", lock_timeout: float = 0.0) -> InTurn:
    return InTurn(FlagdFile(str(tmp_path / "flags.json")), [place], lock_timeout)


def test_while_one_changes_a_flag_another_waits_for_its_turn_or_is_told(tmp_path):
    def change_meanwhile(_was: t.Any) -> t.Any:
        with pytest.raises(ToggleChangeInProgress, match="on this machine is changing the flag 'new'"):
            in_turn(tmp_path).change("new", lambda _was: FLAG)
        in_turn(tmp_path, "b").change("other", lambda _was: None, dry=True)
        in_turn(tmp_path).change("new", lambda _was: None, dry=True)
        waiter.start()
        return FLAG

    waiter = threading.Thread(
        target=in_turn(tmp_path, lock_timeout=60.0).change, args=("new", lambda was: {**was, "a": 1})
    )
    assert in_turn(tmp_path).change("new", change_meanwhile) == (None, FLAG)
    waiter.join(60)
    assert in_turn(tmp_path).read("new") == {"new": {**FLAG, "a": 1}}


def test_nobody_else_can_hold_the_lock_and_no_link_is_followed(tmp_path):
    in_turn(tmp_path).change("new", lambda _was: FLAG)
    [lock] = tmp_path.glob("progressive.delivery-*.lock")
    assert stat.S_IMODE(lock.stat().st_mode) == 0o600
    lock.unlink()
    os.symlink(tmp_path / "target", lock)

    with pytest.raises(ToggleFileUnwritable, match="cannot be written"):
        in_turn(tmp_path).change("new", lambda _was: FLAG)
    assert not (tmp_path / "target").exists()
