# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyze_all.manifest import HIGHEST, Faults, Manifest, ManifestError, parse, parse_faults, read

GOOD = {"app": "analyze-all", "version": "1.0.0"}

faults = st.builds(
    Faults,
    error_rate=st.floats(0, 1),
    latency_ms=st.floats(0, HIGHEST["latency_ms"]),
    never_ready=st.booleans(),
    leak_bytes_per_request=st.integers(0, HIGHEST["leak_bytes_per_request"]),
    start_delay_seconds=st.floats(0, HIGHEST["start_delay_seconds"]),
)


def test_a_manifest_without_faults_is_a_good_release() -> None:
    assert parse(GOOD) == Manifest("analyze-all", "1.0.0", Faults())


@given(faults)
def test_what_is_written_is_read_back(chosen: Faults) -> None:
    manifest = Manifest("analyze-all", "1.2.3", chosen)

    assert parse(json.loads(manifest.as_json())) == manifest


def test_only_the_faults_that_there_are_get_written() -> None:
    manifest = Manifest("analyze-all", "1.2.3", Faults(error_rate=0.05))

    assert json.loads(manifest.as_json())["faults"] == {"error_rate": 0.05}


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ([], "a manifest is a JSON object"),
        ({}, "app is None"),
        ({**GOOD, "app": "other"}, "app is 'other'"),
        ({"app": "analyze-all"}, "version is None"),
        ({**GOOD, "version": 1}, "version is 1"),
        ({**GOOD, "version": "../1"}, "version is '../1'"),
        ({**GOOD, "version": "1.0\r\nX-Evil: 1"}, "version is"),
        ({**GOOD, "version": "1.0\n"}, "version is"),
        ({**GOOD, "colour": "blue"}, "unknown key colour"),
        ({**GOOD, "faults": []}, "faults is"),
        ({**GOOD, "faults": {"eror_rate": 0.1}}, "unknown fault eror_rate; known are error_rate"),
    ],
)
def test_a_manifest_that_is_wrong_is_refused_by_name(document: object, said: str) -> None:
    with pytest.raises(ManifestError, match="^" + said.replace("(", r"\(")):
        parse(document)


@pytest.mark.parametrize("name", HIGHEST)
@pytest.mark.parametrize("wrong", [-1, "0.5", None, True, float("nan"), float("inf")], ids=str)
def test_a_number_out_of_its_range_is_refused(name: str, wrong: object) -> None:
    with pytest.raises(ManifestError, match=f"fault {name} is"):
        parse_faults({name: wrong})


@pytest.mark.parametrize("name", HIGHEST)
def test_the_highest_value_is_allowed_and_none_above(name: str) -> None:
    assert dataclasses.asdict(parse_faults({name: HIGHEST[name]}))[name] == HIGHEST[name]
    with pytest.raises(ManifestError, match=f"from 0 to {HIGHEST[name]}"):
        parse_faults({name: HIGHEST[name] + 1})


@pytest.mark.parametrize(("name", "wrong"), [("never_ready", 1), ("leak_bytes_per_request", 0.5)])
def test_a_value_of_another_kind_is_refused(name: str, wrong: object) -> None:
    with pytest.raises(ManifestError, match=f"fault {name} is"):
        parse_faults({name: wrong})


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "cannot be read: No such file"), (b"{", "not JSON"), (b"\xff", "not JSON"), (b"{}", "app is None")],
)
def test_an_error_in_a_file_names_the_file(tmp_path, content: bytes | None, said: str) -> None:
    path = tmp_path / "release.json"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(ManifestError, match=said) as caught:
        read(path)

    assert str(caught.value).startswith(f"{path}: ")
