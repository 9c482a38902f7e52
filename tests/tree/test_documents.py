# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents name only what is there: files, headings, variables and playbooks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from ansible_collections.progressive.delivery.tests.tree.checkout import ROOT, checkout_files, load_yaml

DOCUMENTS = [path for path in checkout_files() if path.suffix == ".md" and path.parts[0] != "changelogs"]
LINK = re.compile(r"\[[^\]]*\]\((?!https?:|mailto:)([^)\s]+)\)")
VARIABLE = re.compile(r"\b(?:rollout|release|balancer|service|blue_green|rollback)_[a-z_]+\b")
PLAYBOOK = re.compile(r"(?:ansible-playbook|import_playbook).*progressive\.delivery\.([a-z_]+)")
FENCE = re.compile(r"^```[a-z]*\n.*?^```$", re.MULTILINE | re.DOTALL)
INVENTORY = re.compile(r"^```yaml\n(# inventory\.yml\n.*?)^```$", re.MULTILINE | re.DOTALL)


def text_of(path: Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def anchors_of(path: Path) -> set[str]:
    """The anchors that a reader of repositories gives the headings of *path*."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text_of(path)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_links_lead_somewhere(document: Path) -> None:
    broken = []
    for link in LINK.findall(FENCE.sub("", text_of(document))):
        name, _hash, anchor = link.partition("#")
        target = (ROOT / document.parent / name).resolve() if name else ROOT / document
        if not target.exists() or (anchor and anchor not in anchors_of(target.relative_to(ROOT))):
            broken.append(link)

    assert not broken


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_variables_are_known_to_a_role_or_playbook(document: Path) -> None:
    sources = [path for path in checkout_files() if path.parts[0] in {"roles", "playbooks", "plugins", "extensions"}]
    known = {name for path in sources if path.suffix != ".md" for name in VARIABLE.findall(text_of(path))}
    files = {part.split(".")[0] for path in checkout_files() for part in path.parts}

    assert not set(VARIABLE.findall(text_of(document))) - known - files


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_playbooks_that_are_run_are_there(document: Path) -> None:
    assert not [
        name for name in PLAYBOOK.findall(text_of(document)) if not (ROOT / "playbooks" / f"{name}.yml").exists()
    ]


def test_the_inventory_to_start_from_sets_options_only() -> None:
    found = INVENTORY.search(text_of(Path("README.md")))
    assert found
    specifications = [
        load_yaml(path)["argument_specs"] for path in checkout_files() if path.name == "argument_specs.yml"
    ]
    options = {option for roles in specifications for entry in roles.values() for option in entry.get("options", {})}
    set_there = {name for name in keys_of(yaml.safe_load(found.group(1))) if VARIABLE.fullmatch(name)}

    assert set_there
    assert not set_there - options


def keys_of(data: object) -> set[str]:
    """The keys of all dictionaries in *data*."""
    if not isinstance(data, dict):
        return set()
    return set(data).union(*(keys_of(value) for value in data.values()))
