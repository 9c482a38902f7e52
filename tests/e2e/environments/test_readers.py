# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of variables are read back by those that they are for: real shells, and systemd's own reader.

Each reader is asked for many values at once. systemd reads an EnvironmentFile with the code that reads os-release, and
``systemd-tmpfiles`` writes a field of an os-release below ``--root`` into a file, without a running systemd.
"""

from __future__ import annotations

import io
import pathlib
import random
import subprocess

import dotenv
import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._environments import dotenv_grammar, systemd_grammar
from ansible_collections.progressive.delivery.plugins.module_utils._environments.model import Configuration
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.registry import FORMATS

PARTS = [
    *"'\"\\$`#=;!&~%{}[]<>|*?:^()@ \t\n\r\x01\x1b\x7f\x81\x82\x83\x84\x88\u00a0\u2028\ufeffäö日🚀an0_",
    *("''", '""', "\\\\", "\\n", "\\'", "$HOME", "${HOME}", "$(id)", "`id`", "\n\n", "  ", "\\\n", "!!", "export A=b"),
]
FIXED = [
    "",
    " ",
    "plain",
    " leading",
    "trailing ",
    "\n",
    "\\",
    "'",
    "-----BEGIN KEY-----\nMIIB+/=\n-----END KEY-----\n",
    "x" * 100_000,
]


def values(count: int, parts: list[str]) -> list[str]:
    """Texts put together of what readers of variables give a meaning, the same in each run."""
    chosen = random.Random(4)
    return FIXED + ["".join(chosen.choices(parts, k=chosen.randint(1, 8))) for _number in range(count)]


def rendered(form: str, texts: list[str]) -> tuple[dict[str, str], str]:
    settings = {f"v{number}": text for number, text in enumerate(texts)}
    text = FORMATS[form]().render(Configuration("shop", "staging", settings, {}))
    return {name.upper(): value for name, value in settings.items()}, text


@pytest.mark.parametrize("shell", ["dash", "bash", "bash --posix"])
@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_a_real_shell_reads_dotenv_as_it_was_written(tmp_path: pathlib.Path, shell: str, locale: str) -> None:
    variables, text = rendered("dotenv", values(2000, PARTS))
    (tmp_path / ".env").write_bytes(text.encode())
    command = [*shell.split(), "-c", "set -a; . ./.env; exec env -0"]
    done = subprocess.run(
        command, cwd=tmp_path, env={"PATH": "/usr/bin:/bin", "LC_ALL": locale}, capture_output=True, check=True
    )
    pairs = dict(entry.split(b"=", 1) for entry in done.stdout.split(b"\0") if entry)

    assert not done.stderr
    assert {name: pairs[name.encode()].decode() for name in variables} == variables
    assert dotenv_grammar.parse(text) == variables


def test_a_reader_of_dotenv_finds_what_shells_find(tmp_path: pathlib.Path) -> None:
    """But where a text needs double quotes and has a dollar sign or backtick: that reader keeps the backslash before those."""
    texts = [text for text in values(2000, PARTS) if not ({*"'\\"} & {*text} and {*"$`"} & {*text})]
    variables, text = rendered("dotenv", texts)

    assert len(variables) > 1000
    assert dotenv.dotenv_values(stream=io.StringIO(text, newline=""), interpolate=False) == variables


def test_systemd_reads_its_environment_file_as_it_was_written(tmp_path: pathlib.Path) -> None:
    parts = [part for part in PARTS if systemd_grammar.unreadable(part) is None]
    # systemd-tmpfiles puts in no field that is empty, or longer than a path.
    for text in (value for value in values(60, parts) if 0 < len(value) < 4000):
        variables, file = rendered("systemd", ["before", text, "after"])
        (tmp_path / "etc").mkdir(exist_ok=True)
        (tmp_path / "etc" / "os-release").write_bytes(file.replace("V1=", "BUILD_ID=").encode())
        (tmp_path / "read.conf").write_text("f+ /read - - - - %B\n")
        subprocess.run(["systemd-tmpfiles", f"--root={tmp_path}", "--create", str(tmp_path / "read.conf")], check=True)

        assert (tmp_path / "read").read_bytes().decode() == text
        assert systemd_grammar.parse(file) == variables


HANDMADE = [
    "BUILD_ID=bare value  \n",
    "BUILD_ID = spaced key\n",
    'BUILD_ID=\'single \\n $x\'"double \\" \\n" tail \\# x\n',
    'BUILD_ID="continued \\\nline"\n',
    "BUILD_ID=bare \\\ncontinued\n",
    '# comment\n; comment\nBUILD_ID=it\'s "raw" \n',
    "not a variable\nBUILD_ID=x\\ \\ \n",
    'BUILD_ID="open end',
]


@pytest.mark.parametrize("text", HANDMADE)
def test_what_people_write_is_taken_for_what_systemd_takes_it_for(tmp_path: pathlib.Path, text: str) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "os-release").write_text(text)
    (tmp_path / "read.conf").write_text("f+ /read - - - - %B\n")
    subprocess.run(["systemd-tmpfiles", f"--root={tmp_path}", "--create", str(tmp_path / "read.conf")], check=True)

    assert (tmp_path / "read").read_text() == systemd_grammar.parse(text)["BUILD_ID"]
