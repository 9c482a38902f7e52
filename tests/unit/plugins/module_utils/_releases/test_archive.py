# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Archives as attackers, careless builders and broken networks make them."""

from __future__ import annotations

import contextlib
import io
import os
import stat
import tarfile
import tempfile
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._releases import archive
from ansible_collections.progressive.delivery.plugins.module_utils._releases.errors import (
    ArchiveUnreadable,
    UnsafeArchive,
)
from ansible_collections.progressive.delivery.plugins.module_utils._releases.members import Kind, Member, safe_members
from ansible_collections.progressive.delivery.tests.random_examples import examples


def tar(*entries, mode="w", **options):
    """A tar archive of ``(name, content or None, changes)``."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode, **options) as made:
        for name, content, changes in entries:
            entry = tarfile.TarInfo(name)
            entry.size = len(content or b"")
            for key, value in changes.items():
                setattr(entry, key, value)
            made.addfile(entry, io.BytesIO(content or b""))
    buffer.seek(0)
    return buffer


def pax(*entries):
    """A tar archive whose entries have fields of the pax format."""
    return tar(*entries, format=tarfile.PAX_FORMAT)


def zipped(*entries):
    """The bytes of a zip archive of ``(name, content)``."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in entries:
            made.writestr(name, content)
    return buffer.getvalue()


def unpack(handle, folder, strip=0):
    with archive.open_archive(handle, "test.tar") as opened:
        archive.unpack(opened, safe_members(opened.members(), strip), str(folder))


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_a_tar_is_unpacked_however_it_is_compressed(mode, tmp_path):
    unpack(tar(("bin/", None, {"type": tarfile.DIRTYPE}), ("bin/run", b"#!", {"mode": 0o755}), mode=mode), tmp_path)

    assert (tmp_path / "bin" / "run").read_bytes() == b"#!"
    assert os.access(tmp_path / "bin" / "run", os.X_OK)


def test_a_zip_is_unpacked_with_its_modes_and_links(tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        run = zipfile.ZipInfo("bin/run")
        run.external_attr = (stat.S_IFREG | 0o755) << 16
        made.writestr(run, "#!")
        link = zipfile.ZipInfo("link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        made.writestr(link, "bin/run")
        made.writestr("empty/", "")

    unpack(buffer, tmp_path)

    assert (tmp_path / "link").read_text() == "#!"
    assert os.access(tmp_path / "bin" / "run", os.X_OK)
    assert (tmp_path / "empty").is_dir()


def test_modes_are_kept_for_the_owner_and_cut_for_others(tmp_path):
    unpack(
        tar(
            ("suid", b"", {"mode": 0o6777}),
            ("secret", b"", {"mode": 0o600}),
            ("locked", b"", {"mode": 0o000}),
            ("closed/", None, {"mode": 0o000, "type": tarfile.DIRTYPE}),
            ("closed/file", b"", {"mode": 0o644}),
        ),
        tmp_path,
    )

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*")}
    assert modes == {"suid": 0o755, "secret": 0o600, "locked": 0o600, "closed": 0o700, "file": 0o644}


def test_owners_of_the_archive_are_not_taken_over(tmp_path):
    unpack(tar(("file", b"", {"uid": 4711, "gid": 4711, "uname": "daemon", "gname": "daemon"})), tmp_path)

    assert ((tmp_path / "file").stat().st_uid, (tmp_path / "file").stat().st_gid) == (os.getuid(), os.getgid())


def test_hard_links_share_a_file_of_the_release(tmp_path):
    unpack(tar(("one", b"1", {}), ("two", None, {"type": tarfile.LNKTYPE, "linkname": "one"})), tmp_path)

    assert (tmp_path / "two").samefile(tmp_path / "one")


LINK = {"type": tarfile.SYMTYPE}
ATTACKS = {
    "absolute path": [("/tmp/pwned", b"x", {})],
    "climbing path": [("../pwned", b"x", {})],
    "absolute link": [("link", None, {**LINK, "linkname": "/etc"})],
    "climbing link": [("link", None, {**LINK, "linkname": "../.."})],
    "file through a link": [("link", None, {**LINK, "linkname": "."}), ("link/pwned", b"x", {})],
    "file in the place of a link": [("link", None, {**LINK, "linkname": "inside"}), ("link", b"x", {})],
    "links that climb together": [
        ("a/b/up", None, {**LINK, "linkname": "../.."}),
        ("out", None, {**LINK, "linkname": "a/b/up/../.."}),
    ],
    "hard link to the host": [("hard", None, {"type": tarfile.LNKTYPE, "linkname": "/etc/passwd"})],
    "hard link that climbs": [("hard", None, {"type": tarfile.LNKTYPE, "linkname": "../../../etc/passwd"})],
    "character device": [("null", None, {"type": tarfile.CHRTYPE, "devmajor": 1, "devminor": 3})],
    "block device": [("disk", None, {"type": tarfile.BLKTYPE, "devmajor": 8, "devminor": 0})],
    "pipe": [("pipe", None, {"type": tarfile.FIFOTYPE})],
    "record": [(".release.json", b"{}", {})],
}


@pytest.mark.parametrize("entries", ATTACKS.values(), ids=ATTACKS.keys())
def test_an_attack_is_refused_before_anything_is_written(entries, tmp_path):
    release = tmp_path / "deep" / "release"
    release.mkdir(parents=True)

    with pytest.raises(UnsafeArchive):
        unpack(tar(("good", b"x", {}), *entries), release)

    assert [path.name for path in tmp_path.rglob("*")] == ["deep", "release"]


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz"])
@pytest.mark.parametrize("part", [0.0, 0.3, 0.6, 0.9])
def test_a_torn_archive_is_named_and_leaves_nothing(mode, part, tmp_path):
    whole = tar(("file", os.urandom(20000), {}), ("second", b"2" * 20000, {}), mode=mode).getvalue().rstrip(b"\0")

    with pytest.raises(ArchiveUnreadable, match=r"test\.tar"):
        unpack(io.BytesIO(whole[: int(len(whole) * part)]), tmp_path)

    assert not list(tmp_path.iterdir())


def test_a_tar_cut_between_two_members_is_torn_too(tmp_path):
    whole = tar(("file", b"1" * 512, {}), ("second", b"2", {})).getvalue()

    with pytest.raises(ArchiveUnreadable, match="end mark"):
        unpack(io.BytesIO(whole[:1024]), tmp_path)


def test_a_torn_zip_is_named_and_leaves_nothing(tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        made.writestr("file", b"0" * 1000)
    torn = bytearray(buffer.getvalue())
    torn[500] = ord("1")

    with pytest.raises(ArchiveUnreadable, match="file"):
        unpack(io.BytesIO(bytes(torn)), tmp_path)

    assert not list(tmp_path.iterdir())


def test_an_encrypted_zip_is_named_and_leaves_nothing(tmp_path):
    # zipfile cannot encrypt, so it is the flag alone: in the member's own header and in the archive's list.
    torn = bytearray(zipped(("plain", b"0"), ("secret", b"1")))
    torn[torn.rindex(b"PK\x03\x04") + 6] |= 1
    torn[torn.rindex(b"PK\x01\x02") + 8] |= 1

    with pytest.raises(ArchiveUnreadable, match=r"test\.tar .*'secret' is encrypted"):
        unpack(io.BytesIO(bytes(torn)), tmp_path)

    assert not list(tmp_path.iterdir())


SENSELESS = {
    "sparse map": {"GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.map": "here,there"},
    "sparse map of 1.0": {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "1"},
    "sparse size": {"GNU.sparse.size": "large"},
    "size that leads back to its own header": {"size": "-1536"},
}


@pytest.mark.parametrize("fields", SENSELESS.values(), ids=SENSELESS.keys())
def test_a_tar_with_a_senseless_field_is_named_and_leaves_nothing(fields, tmp_path):
    made = pax(("good", b"1", {}), ("bad", b"x" * 512, {"pax_headers": fields}))

    with pytest.raises(ArchiveUnreadable, match=r"test\.tar"):
        unpack(made, tmp_path)

    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("told", "kept"), [("1e300", 253402300799), ("inf", 253402300799), ("nan", 0), ("-5", 0), ("1e9", 10**9)]
)
def test_a_time_that_no_file_can_have_is_brought_near(told, kept, tmp_path):
    unpack(pax(("file", b"x", {"pax_headers": {"mtime": told}})), tmp_path)

    (tmp_path / "same").touch()
    os.utime(tmp_path / "same", (kept, kept))
    assert (tmp_path / "file").stat().st_mtime == (tmp_path / "same").stat().st_mtime


@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz"])
def test_a_compressed_tar_is_read_to_its_checksum(mode, tmp_path):
    whole = bytearray(tar(("file", b"1" * 20000, {}), mode=mode).getvalue())
    # In gzip the checksum and the length are the last; in the others they are before the end.
    place = {"w:gz": -8, "w:bz2": -4, "w:xz": -30}[mode]
    whole[place] ^= 0xFF

    with pytest.raises(ArchiveUnreadable, match=r"test\.tar"):
        unpack(io.BytesIO(bytes(whole)), tmp_path)

    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz"])
def test_a_compressed_tar_without_its_last_byte_is_torn(mode, tmp_path):
    whole = tar(("file", b"1" * 20000, {}), mode=mode).getvalue()

    with pytest.raises(ArchiveUnreadable, match=r"test\.tar"):
        unpack(io.BytesIO(whole[:-1]), tmp_path)


whole_archives = st.sampled_from(
    [
        tar(("one", b"1" * 600, {}), ("link", None, {"type": tarfile.SYMTYPE, "linkname": "one"})).getvalue(),
        tar(("long/" * 40, b"", {}), ("one", b"1", {}), format=tarfile.GNU_FORMAT).getvalue(),
        pax(("one", b"1" * 600, {"pax_headers": {"mtime": "1.5", "size": "600"}})).getvalue(),
        tar(("one", b"1" * 600, {}), mode="w:gz").getvalue(),
        zipped(("one", b"1" * 600), ("two/", b"")),
    ]
)


@settings(max_examples=examples(400))
@given(whole_archives, st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 255)), min_size=1, max_size=6))
def test_damage_anywhere_is_a_refusal_or_nothing(whole, damage):
    damaged = bytearray(whole)
    for place, value in damage:
        damaged[place % len(damaged)] = value
    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(ArchiveUnreadable, UnsafeArchive):
        unpack(io.BytesIO(bytes(damaged)), folder)


def test_something_else_is_no_archive(tmp_path):
    with pytest.raises(ArchiveUnreadable):
        unpack(io.BytesIO(b"<html>404 not found</html>" * 100), tmp_path)


def test_a_tar_that_ends_with_a_zip_is_a_tar(tmp_path):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as made:
        made.writestr("hidden", b"")

    unpack(io.BytesIO(tar(("inner.zip", inner.getvalue(), {})).getvalue() + inner.getvalue()), tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["inner.zip"]


class Letters(archive.Archive):
    def content(self, member):
        return io.BytesIO(b"x")


def test_a_file_system_that_takes_two_names_for_one_cannot_be_used_to_go_through_a_link(tmp_path):
    # As on one that ignores case, where "LINK/pwned" goes through "link".
    folded = [Member(0, "link", Kind.SYMLINK, ".."), Member(1, "link/pwned", Kind.FILE)]
    (tmp_path / "release").mkdir()

    with pytest.raises(UnsafeArchive, match="link/pwned"):
        archive.unpack(Letters(), folded, str(tmp_path / "release"))

    assert not (tmp_path / "pwned").exists()


def test_a_digest_is_of_everything_and_leaves_the_file_at_its_beginning():
    handle = io.BytesIO(b"abc")
    handle.seek(2)

    assert archive.digest_of(handle, "sha256").startswith("ba7816bf")
    assert handle.read() == b"abc"
