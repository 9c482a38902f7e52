# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import hashlib
import json
import pathlib
import tarfile

import build_release
import pytest
import yaml

from analyze_all.manifest import Faults, ManifestError, read


def members(archive: pathlib.Path) -> list[tarfile.TarInfo]:
    with tarfile.open(archive) as opened:
        return opened.getmembers()


def manifest_in(archive: pathlib.Path, folder: pathlib.Path) -> Faults:
    with tarfile.open(archive) as opened:
        manifest = opened.extractfile("release.json")
        assert manifest is not None
        (folder / "release.json").write_bytes(manifest.read())
    return read(folder / "release.json").faults


def test_an_archive_holds_the_package_and_the_manifest_without_a_folder_around_them(tmp_path) -> None:
    built = build_release.build("1.2.0", {"error_rate": 0.05}, tmp_path / "new")

    assert built.path == tmp_path / "new" / "analyze-all-1.2.0.tar.gz"
    names = [member.name for member in members(built.path)]
    assert {"release.json", "analyze_all/__main__.py", "analyze_all/aspects/wording.py"} < set(names)
    assert {name.split("/")[0] for name in names} == {"release.json", "analyze_all"}
    assert all(name.endswith(".py") for name in names if name != "release.json")
    assert manifest_in(built.path, tmp_path) == Faults(error_rate=0.05)


def test_the_checksum_is_that_of_the_file(tmp_path) -> None:
    built = build_release.build("1.0.0", {}, tmp_path)

    assert built.checksum == "sha256:" + hashlib.sha256(built.path.read_bytes()).hexdigest()


def test_the_same_release_is_the_same_to_the_byte(tmp_path) -> None:
    first = build_release.build("1.0.0", {"latency_ms": 5}, tmp_path / "a")
    (tmp_path / "a").touch()
    second = build_release.build("1.0.0", {"latency_ms": 5}, tmp_path / "b")

    assert first.path.read_bytes() == second.path.read_bytes()
    assert first.checksum != build_release.build("1.0.0", {"latency_ms": 6}, tmp_path / "b").checksum


def test_nothing_of_the_builder_s_machine_goes_in(tmp_path) -> None:
    found = members(build_release.build("1.0.0", {}, tmp_path).path)

    assert [member.name for member in found] == sorted(member.name for member in found)
    assert {(m.mtime, m.uid, m.gid, m.uname, m.gname, m.mode) for m in found} == {(0, 0, 0, "", "", 0o644)}


@pytest.mark.parametrize(("version", "faults"), [("../1.0.0", {}), ("1.0.0", {"error_rate": 2}), ("1.0.0", {"x": 1})])
def test_a_release_that_would_not_start_is_not_built(tmp_path, version: str, faults: dict) -> None:
    with pytest.raises(ManifestError):
        build_release.build(version, faults, tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_every_release_that_is_defined_can_be_built(tmp_path, capsys) -> None:
    assert build_release.main(["--output", str(tmp_path)]) == 0

    lines = capsys.readouterr().out.splitlines()
    defined = yaml.safe_load(build_release.DEFINITIONS.read_text())["releases"]
    assert [line.split()[1] for line in lines] == [
        str(tmp_path / f"analyze-all-{version}.tar.gz") for version in defined
    ]
    assert manifest_in(tmp_path / "analyze-all-1.0.0.tar.gz", tmp_path) == Faults()
    assert manifest_in(tmp_path / "analyze-all-1.2.0.tar.gz", tmp_path) == Faults(error_rate=0.05)
    assert manifest_in(tmp_path / "analyze-all-1.3.0.tar.gz", tmp_path) == Faults(never_ready=True)
    assert manifest_in(tmp_path / "analyze-all-1.4.0.tar.gz", tmp_path) == Faults()
    assert manifest_in(tmp_path / "analyze-all-1.5.0.tar.gz", tmp_path) == Faults(error_rate=0.015, errors_evenly=True)


def test_faults_on_the_command_line_take_the_place_of_those_defined(tmp_path, capsys) -> None:
    arguments = ["1.2.0", "--fault", "latency_ms=20", "--fault", "never_ready=true", "--output", str(tmp_path)]

    assert build_release.main(arguments) == 0

    checksum, path = capsys.readouterr().out.split()
    assert manifest_in(pathlib.Path(path), tmp_path) == Faults(latency_ms=20, never_ready=True)
    assert checksum == build_release.build("1.2.0", {"latency_ms": 20, "never_ready": True}, tmp_path).checksum


def test_an_unknown_fault_ends_with_an_error(tmp_path, capsys) -> None:
    assert build_release.main(["9.9.9", "--fault", f"slow={json.dumps(1)}", "--output", str(tmp_path)]) == 2

    assert "unknown fault slow" in capsys.readouterr().err
