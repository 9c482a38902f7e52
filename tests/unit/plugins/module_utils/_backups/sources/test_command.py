# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a command writes is saved whole or not at all, and put back only by another one."""

from __future__ import annotations

import os
import pathlib
import stat
import typing as t

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import (
    DumpFailed,
    NotProven,
    RepositoryFull,
    RestoreFailed,
    SourceUnusable,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import Facts
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.command import Output

HELLO = Facts({"output": (6, "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03")})


@pytest.fixture
def dumps(tmp_path: pathlib.Path) -> pathlib.Path:
    (tmp_path / "dumps").mkdir()
    return tmp_path / "dumps"


def source(command: t.Any = ("echo", "hello"), **options: t.Any) -> Output:
    return Output("ldap", command, **options)


@pytest.mark.parametrize("command", [["echo", "hello"], "echo hello | cat", ["printf", "%s\n", "hello"]])
def test_what_it_writes_is_the_dump_and_its_digest_the_facts(dumps: pathlib.Path, command: t.Any) -> None:
    taken = source(command)
    taken.check()

    assert taken.dump(str(dumps)) == HELLO
    assert (dumps / "output").read_bytes() == b"hello\n"
    assert stat.S_IMODE((dumps / "output").stat().st_mode) == 0o600
    taken.prove(str(dumps), HELLO, str(dumps))


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (["sh", "-c", "echo hello; echo no such tree >&2; exit 3"], "the command ended with 3: no such tree"),
        ("false | cat", "the command ended with 1"),
        ("kill -9 $$", "the command was ended by signal 9"),
        (["/nonexistent"], "the command: /nonexistent is not installed"),
        ([os.devnull], "the command: Permission denied"),
    ],
)
def test_one_that_fails_is_no_dump_though_it_has_written(dumps: pathlib.Path, command: t.Any, why: str) -> None:
    with pytest.raises(DumpFailed, match="ldap: " + why):
        source(command).dump(str(dumps))


def test_one_that_does_not_end_is_ended(dumps: pathlib.Path) -> None:
    with pytest.raises(DumpFailed, match="the command: sleep did not end within 0.1 seconds"):
        source(["sleep", "1000"], timeout=0.1).dump(str(dumps))


def test_a_full_disk_is_called_so(dumps: pathlib.Path) -> None:
    with pytest.raises(RepositoryFull, match="ended with 1: .*No space left on device"):
        source("echo hello >/dev/full").dump(str(dumps))


def test_secrets_reach_the_commands_and_no_message(dumps: pathlib.Path) -> None:
    secret = {"TOKEN": "s3cret", "LONGER": "s3cret-and-more", "EMPTY": ""}
    with pytest.raises(DumpFailed) as caught:
        source('echo "denied: $TOKEN $LONGER" >&2; exit 1', environment=secret).dump(str(dumps))

    assert caught.value.message == "ldap: the command ended with 1: denied: *** ***"
    assert "TOKEN" not in os.environ


@pytest.mark.parametrize("damage", [lambda path: path.write_bytes(b"hellO\n"), lambda path: path.unlink()])
def test_a_dump_that_is_another_is_neither_proven_nor_restored(
    dumps: pathlib.Path, damage: t.Callable[[pathlib.Path], object]
) -> None:
    taken = source(restore=["sh", "-c", f"touch {dumps}/touched"])
    facts = taken.dump(str(dumps))
    damage(dumps / "output")

    for act, kind in ((taken.prove, NotProven), (taken.restore, RestoreFailed)):
        with pytest.raises(kind, match="ldap: the dump "):
            act(str(dumps), facts, str(dumps))
    assert not (dumps / "touched").exists()


def test_a_command_proves_what_it_gets_on_its_standard_input(dumps: pathlib.Path, tmp_path: pathlib.Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    facts = source().dump(str(dumps))

    source(prove="grep -q hello && pwd >where").prove(str(dumps), facts, str(scratch))
    with pytest.raises(NotProven, match="ldap: prove_argv or prove_shell ended with 1"):
        source(prove=["grep", "-q", "good bye"]).prove(str(dumps), facts, str(scratch))

    assert (scratch / "where").read_text() == f"{scratch}\n"


def test_a_command_puts_back_what_it_gets_on_its_standard_input(dumps: pathlib.Path, tmp_path: pathlib.Path) -> None:
    facts = source().dump(str(dumps))
    environment = {"TARGET": str(tmp_path / "live")}

    source(restore='cat >"$TARGET"', environment=environment).restore(str(dumps), facts, str(dumps))
    with pytest.raises(RestoreFailed, match="ldap: restore_argv or restore_shell ended with 7"):
        source(restore="exit 7").restore(str(dumps), facts, str(dumps))
    with pytest.raises(RestoreFailed, match="give restore_argv or restore_shell"):
        source().restore(str(dumps), facts, str(dumps))

    assert (tmp_path / "live").read_text() == "hello\n"


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"command": []}, "command is empty"),
        ({"command": " "}, "command is empty"),
        ({"command": ["/nonexistent"]}, "command: /nonexistent is not installed"),
        ({"prove": ["/nonexistent"]}, "prove_argv or prove_shell: /nonexistent is not installed"),
        ({"restore": ""}, "restore_argv or restore_shell is empty"),
        ({"command": "true", "environment": {"PATH": "/nonexistent"}}, "command: bash is not installed"),
    ],
)
def test_what_cannot_run_is_refused_beforehand(options: t.Dict[str, t.Any], why: str) -> None:
    with pytest.raises(SourceUnusable, match="ldap: " + why):
        source(**options).check()


def test_its_size_is_unknown() -> None:
    assert source().size() == 0
