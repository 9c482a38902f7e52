# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A reader finds things by their names, so names say what is in them."""

from __future__ import annotations

import re
from pathlib import Path

MEANINGLESS = {"utils", "util", "helpers", "helper", "manager", "misc", "common"}
# Ansible gives these their names.
ANSIBLE_FOLDERS = {"module_utils", "plugin_utils"}
LONGEST = 450
LONGEST_MODULE = 250
DOCUMENTATION = re.compile(r'^(?:DOCUMENTATION|EXAMPLES|RETURN) = r"""$.*?^"""$', re.MULTILINE | re.DOTALL)


def without_documentation(source: str) -> list[str]:
    """The lines of a source, less what a module says to ansible-doc."""
    return DOCUMENTATION.sub("", source).splitlines()


def test_no_file_or_folder_has_a_name_that_says_nothing(files: tuple[Path, ...]) -> None:
    parts = {(path, part) for path in files for part in path.parts if part not in ANSIBLE_FOLDERS}
    offending = sorted({str(path) for path, part in parts if MEANINGLESS & set(re.split(r"[^a-z]+", part.lower()))})

    assert not offending


def test_no_source_file_is_too_long_to_read_at_once(files: tuple[Path, ...], root: Path) -> None:
    sources = [path for path in files if path.suffix in {".py", ".sh"}]
    lengths = {str(path): len(without_documentation((root / path).read_text(encoding="utf-8"))) for path in sources}

    assert not {path: lines for path, lines in lengths.items() if lines > LONGEST}


def test_modules_are_thin(module: str, root: Path) -> None:
    source = (root / "plugins" / "modules" / f"{module}.py").read_text(encoding="utf-8")

    assert len(without_documentation(source)) <= LONGEST_MODULE


def test_no_sanity_test_is_switched_off(files: tuple[Path, ...]) -> None:
    assert not [str(path) for path in files if path.match("tests/sanity/ignore*")]


def test_no_file_names_a_place_on_one_machine(files: tuple[Path, ...], root: Path) -> None:
    place = re.compile(r"(?<![\w./{}~$-])(?<!\d\x22)/(?:work|root)/\w")
    found = []
    for path in files:
        if path.parts[0] == "LICENSES" or path == Path(__file__).relative_to(root):
            continue
        for number, line in enumerate(
            (root / path).read_text(encoding="utf-8", errors="replace").splitlines(), start=1
        ):
            if place.search(line):
                found.append(f"{path}:{number}: {line.strip()}")

    assert not found


def test_what_is_installed_is_named_and_never_located(files: tuple[Path, ...], root: Path) -> None:
    installers = [
        path
        for path in files
        if path.parts[0] in {"requirements", "scripts", ".ci", "Makefile"} and path.suffix != ".py"
    ]
    located = [
        str(path) for path in installers if re.search(r"https?://|file://", (root / path).read_text(encoding="utf-8"))
    ]

    assert installers
    assert not located
