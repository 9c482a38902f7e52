# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines of the manifest: what is written is read again, and nothing else is."""

from __future__ import annotations

import json

import pytest
from hypothesis import given

from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive.entries import from_line, to_line
from ansible_collections.progressive.delivery.tests.unit.plugins.module_utils._backups.archive.entry_strategies import (
    entries,
)

FILE = {
    "path": "/srv/data/a",
    "type": "file",
    "mode": "0640",
    "uid": 0,
    "gid": 0,
    "user": "root",
    "group": "root",
    "mtime_ns": 1,
    "size": 10,
    "sha256": "0" * 64,
}
LINK = {**{key: FILE[key] for key in FILE if key not in ("size", "sha256")}, "type": "symlink", "target": "b"}


@given(entries)
def test_an_entry_is_read_from_its_line(entry):
    line = to_line(entry)

    assert line.isascii()
    assert "\n" not in line
    assert from_line(line) == entry


def test_the_lines_that_are_spoilt_below_are_good_before():
    assert from_line(json.dumps(FILE)).size == 10
    assert from_line(json.dumps(LINK)).target == "b"


@pytest.mark.parametrize(
    ("known", "changes"),
    [
        (FILE, {"path": "relative"}),
        (FILE, {"path": "/srv/../etc/passwd"}),
        (FILE, {"path": "/srv/\ud800"}),
        (FILE, {"path": 1}),
        (FILE, {"type": "device"}),
        (FILE, {"type": []}),
        (FILE, {"mode": 0o644}),
        (FILE, {"mode": "644"}),
        (FILE, {"mode": "0888"}),
        (FILE, {"uid": -1}),
        (FILE, {"uid": 1 << 32}),
        (FILE, {"gid": "0"}),
        (FILE, {"gid": True}),
        (FILE, {"user": None}),
        (FILE, {"mtime_ns": 1.5}),
        (FILE, {"mtime_ns": 10**30}),
        (FILE, {"size": -1}),
        (FILE, {"sha256": "0" * 63}),
        (FILE, {"sha256": "G" * 64}),
        (FILE, {"data": [[0, 11]]}),
        (FILE, {"data": [[5, 2], [4, 1]]}),
        (FILE, {"data": [[-1, 2]]}),
        (FILE, {"data": [[0, 0]]}),
        (FILE, {"data": [[0]]}),
        (FILE, {"data": 7}),
        (FILE, {"shared": 1}),
        (FILE, {"target": "/etc/passwd"}),
        (FILE, {"xattrs": {"user.a": "no base64!"}}),
        (FILE, {"xattrs": {"user.\0a": ""}}),
        (FILE, {"xattrs": []}),
        (LINK, {"target": ""}),
        (LINK, {"target": "a\0b"}),
        (LINK, {"type": "hardlink", "target": "../etc/passwd"}),
        (LINK, {"type": "folder"}),
        (LINK, {"size": 3}),
    ],
)
def test_an_entry_that_cannot_be_restored_is_refused(known, changes):
    with pytest.raises((ValueError, TypeError)):
        from_line(json.dumps({**known, **changes}))


@pytest.mark.parametrize("missing", sorted(FILE))
def test_an_entry_without_one_of_its_facts_is_refused(missing):
    with pytest.raises(ValueError, match=missing):
        from_line(json.dumps({key: value for key, value in FILE.items() if key != missing}))


@pytest.mark.parametrize("line", ["", "[]", "7", "null", "{", "[" * 100000])
def test_a_line_that_is_no_object_is_refused(line):
    with pytest.raises((ValueError, TypeError, RecursionError)):
        from_line(line)
