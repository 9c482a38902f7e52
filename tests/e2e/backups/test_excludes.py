# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Patterns mean the same to the real restic, to the real borg and to the collection's own eyes."""

from __future__ import annotations

import collections.abc
import os
import pathlib
import subprocess

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._backups.excludes import (
    borg_excludes,
    excluded,
    restic_excludes,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import DUMPS, Content

NAMES = [
    "a",
    "b",
    "A",
    "ab",
    "abc",
    ".a",
    "a.",
    "a.log",
    "a.log.1",
    ".log",
    "]a",
    "[a]",
    "*a",
    "\\a",
    "?a",
    "!a",
    "^a",
    "-a",
    "é",
    "日本",
    "1",
    "-",
    "$HOME",
    "a#b",
    "{a,b}",
    "#a",
    "~",
]
NAMES += ["a b", " a", "a\nb", os.fsdecode(b"\xff"), os.fsdecode(b"a\xff")]
BELOW = ["a", "b", "a/b", "a/a/b", "b/a/a", "a/b/a/b", ".a/b"]
# Each with a folder of its own, so that all are tried at once.
PATTERNS = [
    *(
        "a",
        "*a",
        "a*",
        "*.log",
        "*.log*",
        "?",
        "??",
        "*",
        "**",
        ".*",
        "?a",
        "[a-c]",
        "[!a-c]",
        "[^a-c]",
        "[]a]a",
        "[!]a]a",
    ),
    *(
        "[*-?]a",
        "[\\]\\[]a",
        "\\*a",
        "\\\\a",
        "\\?a",
        "!a",
        "[!!]a",
        "^a",
        "[\\^]a",
        "[a^]a",
        "-a",
        "[a-]a",
        "é",
        "[é日]*",
        "日?",
    ),
    *(
        "$HOME",
        "{a,b}",
        "#a",
        "a b",
        "a ?",
        " a",
        "a\nb",
        "*\n*",
        "~",
        "a/",
        "a/b",
        "a/*",
        "a/**",
        "**/b",
        "a/**/b",
        "*/*/b",
    ),
    *("a/**/**/b", "**/a/**", "?a/b", "[a-b]/[!a]", "**b", "a**"),
]
FLOATING = ["*.log", ".a", "b/a", "[!a-z]", "a/**/b", "!a", "日本", "\\**"]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    root = tmp_path_factory.mktemp("excludes")
    for folder in [root / "data" / f"{number:02}" for number in range(len(PATTERNS) + 1)] + [root / DUMPS]:
        for name in NAMES:
            (folder / "flat").mkdir(parents=True, exist_ok=True)
            (folder / "flat" / name).touch()
        for name in BELOW:
            (folder / "deep" / name).mkdir(parents=True, exist_ok=True)
            (folder / "deep" / name / "end").touch()
    return root


def files_below(*folders: pathlib.Path) -> collections.abc.Iterator[str]:
    for folder in folders:
        for parent, _folders, names in os.walk(folder):
            yield from (os.path.join(parent, name) for name in names)


def kept_by_restic(content: Content, repository: pathlib.Path) -> set[str]:
    environment = dict(os.environ, RESTIC_PASSWORD="p", RESTIC_REPOSITORY=str(repository), HOME=str(repository.parent))

    def restic(*command: str) -> bytes:
        return subprocess.run(
            ["restic", "--no-cache", *command], env=environment, check=True, capture_output=True
        ).stdout

    restic("init")
    restic("backup", *restic_excludes(content), *content.paths, content.dumps)
    folder = repository.with_name("restored-by-restic")
    restic("restore", "latest", "--target", str(folder))
    return {path[len(str(folder)) :] for path in files_below(folder)}


def kept_by_borg(content: Content, repository: pathlib.Path) -> set[str]:
    environment = dict(os.environ, BORG_BASE_DIR=str(repository.parent), BORG_REPO=str(repository))

    def borg(*command: str, folder: pathlib.Path | None = None) -> None:
        subprocess.run(["borg", *command], env=environment, check=True, capture_output=True, cwd=folder)

    borg("init", "--encryption=none")
    borg("create", *borg_excludes(content), "::one", *content.paths, content.dumps)
    folder = repository.with_name("restored-by-borg")
    folder.mkdir()
    borg("extract", "::one", folder=folder)
    return {path[len(str(folder)) :] for path in files_below(folder)}


@pytest.mark.parametrize("kept_by", [kept_by_restic, kept_by_borg], ids=["restic", "borg"])
@pytest.mark.parametrize("kind", ["anchored", "within", "floating"])
def test_an_engine_leaves_out_what_the_patterns_say(
    tree: pathlib.Path, tmp_path: pathlib.Path, kind: str, kept_by: collections.abc.Callable[..., set[str]]
) -> None:
    """For each pattern with the whole path before it, with a name on the way before it, and for some with nothing."""
    patterns = {
        "anchored": [
            f"{tree}/data/{number:02}/{inside}/{pattern}"
            for number, pattern in enumerate(PATTERNS)
            for inside in ("flat", "deep")
        ],
        "within": [
            f"{number:02}/{inside}/{pattern}" for number, pattern in enumerate(PATTERNS) for inside in ("flat", "deep")
        ],
        "floating": [*FLOATING, f"{tree}/prog*/**"],
    }[kind]
    content = Content((f"{tree}/data",), f"{tree}/{DUMPS}", tuple(patterns))
    everything = set(files_below(tree))

    kept = kept_by(content, tmp_path / "repository")

    wanted = {path for path in everything if path.startswith(content.dumps + "/") or not excluded(path, patterns)}
    assert sorted(kept ^ wanted) == []
    assert 0 < len(kept) < len(everything)
