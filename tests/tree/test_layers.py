# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules are thin, and their libraries keep to their layer."""

from __future__ import annotations

import ast
from pathlib import Path

from ansible_collections.progressive.delivery.tests.tree.checkout import load_yaml

COLLECTION = "ansible_collections.progressive.delivery.plugins."
SHARED_AREAS = {
    "_attempts",
    "_errors",
    "_expression",
    "_files",
    "_host_and_port",
    "_http_api",
    "_http_options",
    "_missing_library",
    "_moment",
    "_quorum",
    "_release_name",
    "_shown_url",
}


def imported_names(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            names.add(node.module or "")
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def test_every_module_is_in_the_action_group(module: str) -> None:
    assert module in load_yaml(Path("meta/runtime.yml"))["action_groups"]["delivery"]


def test_the_action_group_names_only_modules_that_exist(files: tuple[Path, ...]) -> None:
    modules = {path.stem for path in files if path.parts[:2] == ("plugins", "modules")}

    assert set(load_yaml(Path("meta/runtime.yml"))["action_groups"]["delivery"]) <= modules


def test_every_module_has_unit_tests(module: str, files: tuple[Path, ...]) -> None:
    assert f"tests/unit/plugins/modules/test_{module}.py" in {str(path) for path in files if "tests" in path.parts}


def test_a_library_imports_no_other_area(library: Path, root: Path) -> None:
    area = library.parts[2].removesuffix(".py")
    prefix = COLLECTION + "module_utils."
    areas = {
        name.removeprefix(prefix).split(".")[0] for name in imported_names(root / library) if name.startswith(prefix)
    }

    assert areas <= SHARED_AREAS | {area}


def test_a_library_is_private_and_stands_below_modules_and_controller_code(library: Path, root: Path) -> None:
    assert library.parts[2].startswith("_")
    above = (COLLECTION + "plugin_utils", COLLECTION + "modules", COLLECTION + "callback", COLLECTION + "action")
    assert not [name for name in imported_names(root / library) if name.startswith(above)]


def test_a_library_raises_and_leaves_the_end_of_the_module_to_the_module(library: Path, root: Path) -> None:
    tree = ast.parse((root / library).read_text(encoding="utf-8"))
    calls = {
        node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }

    assert not calls & {"fail_json", "exit_json"}
