# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``release_info`` as a playbook calls it."""

from __future__ import annotations

import pytest

from ansible_collections.progressive.delivery.tests.module_call import Failed, call


def deploy(root, *versions):
    for version in versions:
        call("release", root=str(root), version=version, source={"type": "package", "name": "app", "version": version})


def test_a_root_that_is_not_there_has_no_releases(tmp_path):
    result = call("release_info", root=str(tmp_path / "app"))

    assert result == {
        "changed": False,
        "current": None,
        "previous": None,
        "activations": [],
        "releases": [],
    }
    assert not (tmp_path / "app").exists()


def test_releases_are_told_in_the_order_in_which_they_came(tmp_path):
    deploy(tmp_path, "1.1", "1.0", "1.2", "1.0")
    (tmp_path / "releases" / "handmade").mkdir()

    result = call("release_info", root=str(tmp_path), check_mode=True)

    assert (result["current"], result["previous"]) == ("1.0", "1.2")
    assert result["activations"] == ["1.1", "1.0", "1.2", "1.0"]
    assert [release["version"] for release in result["releases"]] == ["handmade", "1.1", "1.0", "1.2"]
    handmade, oldest = result["releases"][:2]
    assert handmade == {
        "version": "handmade",
        "path": str(tmp_path / "releases" / "handmade"),
        "staged_at": None,
        "revision": None,
        "source": {},
    }
    assert oldest["source"] == {"type": "package", "name": "app", "version": "1.1"}
    assert oldest["revision"] == f"1.1@{oldest['staged_at']}"


def test_a_record_of_a_newer_version_is_named(tmp_path):
    deploy(tmp_path, "1.0")
    (tmp_path / "releases" / "1.0" / ".release.json").write_text('{"schema": 2}')

    with pytest.raises(Failed) as failure:
        call("release_info", root=str(tmp_path))

    assert failure.value.result["error"] == "record-unreadable"
    assert "schema 2" in failure.value.result["msg"]
