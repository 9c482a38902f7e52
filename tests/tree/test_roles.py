# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A role documents each of its options once, and says the same everywhere."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest

from ansible_collections.progressive.delivery.tests.tree.checkout import ROOT, load_yaml

EXPECTED = ("README.md", "defaults/main.yml", "meta/main.yml", "meta/argument_specs.yml", "tasks/main.yml")
INCLUDES = {"include_tasks", "import_tasks", "include_role", "import_role", "include_vars"}


def argument_specs(role: str) -> dict[str, t.Any]:
    return load_yaml(Path("roles", role, "meta/argument_specs.yml"))["argument_specs"]


def defaults(role: str) -> dict[str, t.Any]:
    return load_yaml(Path("roles", role, "defaults/main.yml"))


def is_template(value: t.Any) -> bool:
    return "{{" in str(value)


@pytest.mark.parametrize("name", EXPECTED)
def test_role_has(role: str, name: str, root: Path) -> None:
    assert (root / "roles" / role / name).is_file()


def test_every_entry_point_is_specified(role: str) -> None:
    playbooks = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "playbooks").glob("*.yml"))
    called = re.findall(rf"progressive\.delivery\.{role}\n\s+tasks_from: (\w+)", playbooks)

    assert {"main", *called} <= set(argument_specs(role))
    for name, entry in argument_specs(role).items():
        assert entry.get("short_description"), name
        assert entry.get("description"), name


def test_public_names_begin_with_the_role(role: str) -> None:
    options = {option for entry in argument_specs(role).values() for option in entry.get("options", {})}
    foreign = {option for option in options | set(defaults(role)) if not option.startswith(f"{role}_")}

    assert not foreign


def test_every_default_is_specified(role: str) -> None:
    options = {option for entry in argument_specs(role).values() for option in entry.get("options", {})}

    assert not set(defaults(role)) - options


def test_specified_defaults_are_the_real_ones(role: str) -> None:
    real = defaults(role)
    differing = {}
    for entry in argument_specs(role).values():
        for option, spec in entry.get("options", {}).items():
            said = spec.get("default")
            if option not in real:
                wrong = "default" in spec
            elif spec.get("required"):
                wrong = True
            else:
                wrong = said != real[option] and not (
                    said is None and (is_template(real[option]) or real[option] is None)
                )
            if wrong:
                differing[option] = {"specified": said, "in defaults/main.yml": real.get(option, "absent")}

    assert not differing


def words_of(tasks: list[dict[str, t.Any]]) -> list[set[str]]:
    """The keys of each task, those in blocks included, without the collection that a module is of."""
    words = []
    for task in tasks:
        nested = [inner for part in ("block", "rescue", "always") for inner in task.get(part, [])]
        words += words_of(nested) if nested else [{key.rsplit(".", 1)[-1] for key in task}]
    return words


def test_main_only_includes(role: str) -> None:
    tasks = load_yaml(Path("roles", role, "tasks/main.yml"))

    assert not [keys for keys in words_of(tasks) if not keys & INCLUDES]


def test_preflight_comes_before_anything_else(role: str, root: Path) -> None:
    """A role that only hands on to other roles has theirs."""
    words = words_of(load_yaml(Path("roles", role, "tasks/main.yml")))
    hands_on = all(keys & {"include_role", "import_role"} for keys in words)

    assert hands_on or (root / "roles" / role / "tasks" / "preflight.yml").is_file()


def test_a_role_that_begins_a_rollout_says_by_which_strategy(role: str) -> None:
    """The variable may stand in the inventory, for a playbook of another strategy."""
    tasks = load_yaml(Path("roles", role, "tasks/main.yml"))
    begun = [task["vars"] for task in tasks if task.get("vars", {}).get("rollout_command") == "begin"]

    assert [given.get("rollout_strategy") for given in begun] == [role] * len(begun)
