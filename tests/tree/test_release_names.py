# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever is asked first, a release's name is taken by all or by none: modules, journal and roles have one rule."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._releases import names
from ansible_collections.progressive.delivery.plugins.module_utils._rollout import begin, journal
from ansible_collections.progressive.delivery.tests.tree.checkout import ROOT, load_yaml

TAKEN = ["1.1.0", "2026-11-23", "v1", "1.0.0-rc.1+build.5", "1.0~beta", "A_b", "0", "a" * 128]
REFUSED = [
    *[".", "..", "../1.0", "a/b", "/etc", ".staging-x", "-1", "~1", "+1", "_1", "1..2", "1.0..", "a" * 129],
    *["1.0\n", "\n1.0", "1.0\n..", "1 0", " 1", "a\0b", "1.0/", "ü1", "1é", "1:0", "1@0", "١", "1\\0"],
]


def templated(text: str, variables: dict[str, t.Any], **options: t.Any) -> t.Any:
    """What Ansible makes of a template."""
    return Templar(loader=DataLoader(), variables=variables).template(trust_as_template(text), **options)


def passes(check: t.Callable[..., t.Any], *arguments: t.Any) -> bool:
    try:
        check(*arguments)
    except InvalidOption:
        return False
    return True


def release_module(name: str) -> bool:
    return passes(names.check_version, name)


def rollout_module(name: str) -> bool:
    return passes(begin.check_names, "app", name)


def release_role(name: str) -> bool:
    loader = DataLoader()
    variables: dict[str, t.Any] = {"playbook_dir": "/", "release_root": "/opt/app", "release_version": name}
    for file in ("defaults", "vars"):
        variables.update(
            loader.load_from_file(str(ROOT / "roles" / "release" / file / "main.yml"), trusted_as_template=True)
        )
    template = (ROOT / "roles" / "release" / "templates" / "refusal.txt.j2").read_text(encoding="utf-8")
    # As in the template lookup, and unlike in a playbook, a backslash is Jinja's.
    refusal = (templated(template, variables, escape_backslashes=False) or "").strip()
    assert not refusal or refusal.startswith("release_version ('")
    return not refusal


def rollout_role(name: str) -> bool:
    (check, *_others) = load_yaml(Path("roles/rollout/tasks/preflight.yml"))
    asked = [entry["that"] for entry in check["loop"] if "rollout_release" in entry["that"]]
    assert asked
    return all(
        templated(that, {"rollout_command": "begin", "__rollout_ramps": False, "rollout_release": name})
        for that in asked
    )


ASKED = [release_module, rollout_module, release_role, rollout_role]


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("name", TAKEN)
def test_a_good_name_is_taken_everywhere(asked: t.Callable[[str], bool], name: str) -> None:
    assert asked(name)


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("name", ["", *REFUSED])
def test_a_bad_name_is_refused_everywhere(asked: t.Callable[[str], bool], name: str) -> None:
    assert not asked(name)


@pytest.mark.parametrize("name", TAKEN)
def test_the_journal_reads_back_the_rollout_of_any_release(name: str, tmp_path: Path) -> None:
    rollout_id = f"20260314T091500Z-{name}-a1b2c3"
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "current").write_text(rollout_id + "\n", encoding="utf-8")

    with pytest.raises(journal.JournalCorrupt, match=r"\.json"):
        journal.Journal(str(tmp_path), "app").current()
