# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An archive, whoever made it and its manifest, writes nothing outside the folder that it is restored into."""

from __future__ import annotations

import json
import os
import tarfile
import tempfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive import extracting, headers, reading
from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive.entries import Kind, to_line
from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.archive import ArchiveEngine
from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import (
    BackupError,
    SnapshotDamaged,
)
from ansible_collections.progressive.delivery.tests.random_examples import examples
from ansible_collections.progressive.delivery.tests.unit.plugins.module_utils._backups.archive.forging import (
    CONTENT,
    DATA,
    DUMPED,
    IDENTIFIER,
    archived,
    entry,
    folder,
    forge,
    hardlink,
    symlink,
)
from ansible_collections.progressive.delivery.tests.unit.plugins.module_utils._backups.archive.trees import picture
from ansible_collections.progressive.delivery.tests.unit.plugins.module_utils._backups.unprivileged import (
    without_rights,
)

ROOT = folder(DATA)
SHARED = entry(DATA + "/a", shared=True)
GOOD = (ROOT, SHARED, hardlink(DATA + "/b", DATA + "/a"), symlink(DATA + "/c", "/etc"), entry(DATA + "/d"), DUMPED)


@pytest.fixture(name="outside")
def outside_fixture(tmp_path):
    """A folder that must not change, with one in it to restore into."""
    (tmp_path / "outside" / "secret").mkdir(parents=True)
    (tmp_path / "outside" / "secret" / "key").write_text("original")
    (tmp_path / "outside" / "restored").mkdir()
    return tmp_path / "outside"


def restore(tmp_path, outside, snapshot, paths=(DATA, DUMPED.path)):
    ArchiveEngine(str(tmp_path / "repository"), None).extract(snapshot, str(outside / "restored"), paths)


def beside(outside):
    return {path: known for path, known in picture(outside).items() if not path.startswith(b"restored") and path != b""}


def test_what_is_spoilt_below_is_good_before(tmp_path, outside):
    snapshot = forge(tmp_path / "repository", GOOD)

    ArchiveEngine(str(tmp_path / "repository"), None).read_through(snapshot)
    restore(tmp_path, outside, snapshot)

    restored = outside / "restored" / DATA[1:]
    assert (restored / "b").read_bytes() == CONTENT
    assert os.readlink(restored / "c") == "/etc"


@pytest.mark.parametrize(
    "entries",
    [
        [ROOT, entry("/etc/passwd"), DUMPED],
        [ROOT, entry("/srv/other"), DUMPED],
        [ROOT, entry("/srv"), DUMPED],
        [ROOT, entry(DATA + "/../../../outside/secret/new"), DUMPED],
        [ROOT, entry(DATA + "/.."), DUMPED],
        [ROOT, entry(DATA + "/./a"), DUMPED],
        [ROOT, entry(DATA + "//a"), DUMPED],
        [ROOT, folder(DATA + "/a/"), DUMPED],
        [ROOT, symlink(DATA + "/a", "../../../secret"), entry(DATA + "/a/key"), DUMPED],
        [ROOT, symlink(DATA + "/a", "/"), folder(DATA + "/a/b"), DUMPED],
        [ROOT, symlink(DATA + "/a", "/etc"), entry(DATA + "/a"), DUMPED],
        [ROOT, entry(DATA + "/a"), entry(DATA + "/a/b"), DUMPED],
        [ROOT, entry(DATA + "/missing/a"), DUMPED],
        [ROOT, entry(DATA + "/b"), entry(DATA + "/a"), DUMPED],
        [ROOT, entry(DATA + "/a"), entry(DATA + "/a"), DUMPED],
        [ROOT, ROOT, DUMPED],
        [symlink(DATA, "../../../outside/secret"), entry(DATA + "/key"), DUMPED],
        [entry(DATA + "/a"), DUMPED],
        [ROOT],
        [DUMPED],
        [ROOT, hardlink(DATA + "/a", "/etc/passwd"), DUMPED],
        [ROOT, hardlink(DATA + "/a", DATA + "/../../../outside/secret/key"), DUMPED],
        [ROOT, hardlink(DATA + "/a", DATA + "/a"), DUMPED],
        [ROOT, hardlink(DATA + "/a", DATA + "/b"), SHARED, DUMPED],
        [ROOT, symlink(DATA + "/a", "/etc/passwd"), hardlink(DATA + "/b", DATA + "/a"), DUMPED],
        [ROOT, symlink(DATA + "/a", "/etc"), hardlink(DATA + "/b", DATA + "/a/passwd"), DUMPED],
        [ROOT, folder(DATA + "/a"), hardlink(DATA + "/b", DATA + "/a"), DUMPED],
        [ROOT, entry(DATA + "/a"), hardlink(DATA + "/b", DATA + "/a"), DUMPED],
        [ROOT, entry(DATA + "/a\0b"), DUMPED],
        [ROOT, entry(DATA + "/a", size=3), DUMPED],
        [ROOT, entry(DATA + "/a", sha256="0" * 64), DUMPED],
        [ROOT, entry(DATA + "/a", data=((0, 6), (3, 3))), DUMPED],
    ],
)
def test_a_snapshot_that_leads_outside_or_makes_no_sense_is_refused(entries, tmp_path, outside):
    snapshot = forge(tmp_path / "repository", entries)
    before = beside(outside)

    with pytest.raises(SnapshotDamaged):
        restore(tmp_path, outside, snapshot)
    with pytest.raises(SnapshotDamaged):
        ArchiveEngine(str(tmp_path / "repository"), None).read_through(snapshot)

    assert beside(outside) == before


@pytest.mark.parametrize(
    "paths", [[DATA, "/srv"], [DATA, DATA + "/a"], [DATA, "/"], [DATA, "srv"], [DATA, "/srv/.."], []]
)
def test_paths_of_a_snapshot_that_cannot_stand_beside_each_other_are_refused(paths, tmp_path, outside):
    snapshot = forge(tmp_path / "repository", GOOD, paths=[*paths, DUMPED.path])

    with pytest.raises(SnapshotDamaged):
        restore(tmp_path, outside, snapshot)

    assert os.listdir(outside / "restored") == []


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "device", "major": 1, "minor": 3},
        {"type": "block"},
        {"mode": "7777777"},
        {"uid": -1},
        {"mtime_ns": 1 << 200},
        {"path": ["/srv"]},
        {"extra": 1},
    ],
)
def test_an_entry_of_a_kind_that_is_never_written_is_refused_before_anything_is(changes, tmp_path, outside):
    lines = [to_line(ROOT), json.dumps({**json.loads(to_line(SHARED)), **changes}), to_line(DUMPED)]
    snapshot = forge(tmp_path / "repository", [ROOT, SHARED, DUMPED], lines=lines)

    with pytest.raises(SnapshotDamaged, match="makes no sense"):
        restore(tmp_path, outside, snapshot)

    assert os.listdir(outside / "restored") == []


def member(name, **changes):
    """A member as another program writes it."""
    known = tarfile.TarInfo(name)
    for key, value in changes.items():
        setattr(known, key, value)
    return known.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape") + b"forged".ljust(512, b"\0") * bool(known.size)


FIRST = archived([ROOT])[: len(headers.header(ROOT))]
ENDING = headers.ending(0)
ONE = archived([ROOT, entry(DATA + "/a"), DUMPED])


@pytest.mark.parametrize(
    ("archive", "why"),
    [
        (FIRST + member("/etc/passwd", size=6) + ENDING, "the archive has a member '/etc/passwd'"),
        (FIRST + member("srv/data/../../../outside/secret/key", size=6) + ENDING, "the archive has a member"),
        (FIRST + member("srv/data/a", size=6) + ENDING, "of another kind or with other facts"),
        (FIRST + member("srv/data/a", type=tarfile.SYMTYPE, linkname="/etc") + ENDING, "of another kind"),
        (FIRST + member("srv/data/a", type=tarfile.LNKTYPE, linkname="/etc/passwd") + ENDING, "of another kind"),
        (FIRST + member("srv/data/a", type=tarfile.CHRTYPE, devmajor=1, devminor=3) + ENDING, "of another kind"),
        (FIRST + member("srv/data/a", mode=0o4755, size=6) + ENDING, "of another kind"),
        (archived([ROOT, DUMPED]), "the archive has a member 'var/progressive-delivery-dumps'"),
        (archived([ROOT, entry(DATA + "/a"), entry(DATA + "/b"), DUMPED]), "the archive has a member 'srv/data/b'"),
        (archived([ROOT, entry(DATA + "/a"), DUMPED, entry("/z")]), "a member 'z' .* which the manifest has not"),
        (ONE.replace(CONTENT, b"FORGED"), "'/srv/data/a' is not what was saved"),
        (ONE.replace(CONTENT + b"\0", CONTENT + b"x"), "something stands behind '/srv/data/a'"),
        (ONE[:-1], "ends at"),
        (ONE[:1500], "ends at"),
        (ONE + b"\0", "goes on behind its end"),
        (b"", "ends at"),
    ],
)
def test_an_archive_that_says_anything_else_than_its_manifest_is_refused(archive, why, tmp_path, outside):
    snapshot = forge(tmp_path / "repository", [ROOT, entry(DATA + "/a"), DUMPED], archive)
    before = beside(outside)

    with pytest.raises(SnapshotDamaged, match=why):
        ArchiveEngine(str(tmp_path / "repository"), None).read_through(snapshot)
    with pytest.raises(SnapshotDamaged, match=why):
        restore(tmp_path, outside, snapshot)

    assert beside(outside) == before


def test_nothing_is_restored_over_what_is_there(tmp_path, outside):
    snapshot = forge(tmp_path / "repository", GOOD)
    (outside / "restored" / "srv").symlink_to(outside / "secret")

    with pytest.raises(BackupError, match="cannot be restored"):
        restore(tmp_path, outside, snapshot)

    assert os.listdir(outside / "secret") == ["key"]


def members_at(parts):
    place = st.lists(st.sampled_from(parts), min_size=1, max_size=3).map(lambda names: "/".join([DATA, *names]))
    anything = place | st.sampled_from(["/etc", "/", "..", "../../..", "a", "/srv", DATA])
    return st.lists(
        st.one_of(
            st.builds(folder, place),
            st.builds(entry, place, shared=st.booleans()),
            st.builds(symlink, place, anything),
            st.builds(hardlink, place, anything),
            st.builds(entry, place, st.just(Kind.FIFO)),
        ),
        max_size=6,
    )


def in_order(entries):
    """What can be made of them with each name once, and folders above, so that more is accepted."""
    known = {found.path: found for found in entries}
    for path in list(known):
        above = path.rpartition("/")[0]
        while above != "/srv":
            known.setdefault(above, folder(above))
            above = above.rpartition("/")[0]
    return [
        ROOT,
        *sorted((known[path] for path in known if path != DATA), key=lambda found: found.path.split("/")),
        DUMPED,
    ]


@settings(max_examples=examples(200))
@given(
    members_at(["a", "b", "c"]).map(in_order)
    | members_at(["a", "b", "..", "."]).map(lambda some: [ROOT, *some, DUMPED])
)
def test_what_is_accepted_stays_inside_on_a_real_file_system(entries):
    with tempfile.TemporaryDirectory() as made:
        restored = os.path.join(made, "deep", "restored")
        os.makedirs(restored)
        snapshot = forge(os.path.join(made, "repository"), entries)
        before = {path for path in picture(made) if not path.startswith(b"deep/restored/")}

        try:
            ArchiveEngine(os.path.join(made, "repository"), None).extract(snapshot, restored, [DATA])
        except BackupError:
            accepted = None
        else:
            accepted = {os.fsencode(known.path[1:]) for known in entries if known is not DUMPED}

        assert {path for path in picture(made) if not path.startswith(b"deep/restored/")} == before
        if accepted is not None:
            assert set(picture(restored)) == accepted | {b"", b"srv"}


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_an_archive_that_is_not_compressed_as_its_manifest_says_is_refused(compression, tmp_path, outside):
    snapshot = forge(tmp_path / "repository", GOOD, compression=compression)

    with pytest.raises(SnapshotDamaged, match="cannot be read"):
        restore(tmp_path, outside, snapshot)

    assert os.listdir(outside / "restored") == []


def test_who_may_rename_the_folder_that_is_restored_into_changes_nothing_elsewhere(tmp_path, outside, monkeypatch):
    entries = [
        ROOT,
        entry(DATA + "/a", shared=True),
        hardlink(DATA + "/b", DATA + "/a"),
        folder(DATA + "/evil", mode=0o066),
        DUMPED,
    ]
    snapshot = forge(tmp_path / "repository", entries)
    secret = outside / "secret" / "key"
    secret.chmod(0o600)
    place = extracting._Extraction.place

    def led_elsewhere(self, found, content):
        if found.kind is Kind.HARDLINK:
            (outside / "restored").rename(outside / "renamed")
            (outside / "restored" / DATA[1:]).mkdir(parents=True)
            (outside / "restored" / DATA[1:] / "a").write_text("another")
            (outside / "restored" / DATA[1:] / "evil").symlink_to(secret)
        place(self, found, content)

    monkeypatch.setattr(extracting._Extraction, "place", led_elsewhere)
    restore(tmp_path, outside, snapshot, [DATA])

    assert secret.stat().st_mode & 0o777 == 0o600
    restored = outside / "renamed" / DATA[1:]
    assert (restored / "b").read_bytes() == CONTENT
    assert (restored / "evil").stat().st_mode & 0o777 == 0o066


@pytest.mark.parametrize("when", ["the archive was opened", "the paths were found"])
def test_a_snapshot_that_is_exchanged_after_it_was_verified_is_not_restored(tmp_path, outside, monkeypatch, when):
    snapshot = forge(tmp_path / "repository", GOOD)
    evil = entry(DATA + "/a", shared=True, mode=0o4777)
    forge(tmp_path / "other", (ROOT, evil, *GOOD[2:]))
    opened = (reading, "_check_length") if when == "the archive was opened" else (extracting, "select")
    real = getattr(*opened)

    def exchanged(*arguments):
        returned = real(*arguments)
        for path in (tmp_path / "other" / "shop" / IDENTIFIER).iterdir():
            with open(tmp_path / "repository" / "shop" / IDENTIFIER / path.name, "r+b") as stream:
                stream.write(path.read_bytes())
                stream.truncate()
        return returned

    monkeypatch.setattr(*opened, exchanged)
    # A file this small is read at once; one that is larger, as it is needed.
    monkeypatch.setattr(reading, "CHUNK", 2)

    with pytest.raises(SnapshotDamaged):
        restore(tmp_path, outside, snapshot)


def test_folders_in_folders_that_nobody_may_enter_are_restored_by_who_is_not_root():
    def work(made):
        outer, inner = folder(DATA + "/a", mode=0), folder(DATA + "/a/b", mode=0)
        snapshot = forge(made / "repository", [ROOT, outer, inner, entry(DATA + "/a/b/c"), DUMPED])
        (made / "restored").mkdir()

        ArchiveEngine(str(made / "repository"), None).extract(snapshot, str(made / "restored"), [DATA])

        restored = made / "restored" / DATA[1:] / "a"
        assert restored.stat().st_mode & 0o777 == 0
        restored.chmod(0o700)
        assert (restored / "b").stat().st_mode & 0o777 == 0
        (restored / "b").chmod(0o700)
        assert (restored / "b" / "c").read_bytes() == CONTENT

    without_rights(work)
