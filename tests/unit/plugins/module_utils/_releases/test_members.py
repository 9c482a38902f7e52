# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No member of an archive leaves the release, however it is named or linked."""

from __future__ import annotations

import io
import os
import tempfile

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._releases.archive import Archive, unpack
from ansible_collections.progressive.delivery.plugins.module_utils._releases.errors import UnsafeArchive
from ansible_collections.progressive.delivery.plugins.module_utils._releases.members import (
    Kind,
    Member,
    resolve,
    safe_members,
    total_size,
)
from ansible_collections.progressive.delivery.plugins.module_utils._releases.shared import link_shared
from ansible_collections.progressive.delivery.tests.random_examples import examples


def members(*entries):
    """Members from names, ``name/`` for folders, ``name -> target`` for links, ``name => target`` for hard links."""
    made = []
    for position, entry in enumerate(entries):
        for arrow, kind in ((" -> ", Kind.SYMLINK), (" => ", Kind.HARDLINK)):
            if arrow in entry:
                name, target = entry.split(arrow)
                made.append(Member(position, name, kind, target))
                break
        else:
            kind = Kind.FOLDER if entry.endswith("/") else Kind.FILE
            made.append(Member(position, entry, kind, size=3))
    return made


def names(*entries, strip=0, shared=()):
    return [member.name for member in safe_members(members(*entries), strip, shared)]


def test_ordinary_archives_are_taken():
    taken = names(
        "./", "./bin/", "./bin/run", "lib/a.so.1", "lib/a.so -> a.so.1", "copy => lib/a.so.1", "up/x -> ../lib"
    )

    assert taken == ["bin", "bin/run", "lib/a.so.1", "lib/a.so", "copy", "up/x"]


def test_leading_folders_are_taken_off_with_those_of_hard_links():
    assert names("app-1/", "app-1/run", "app-1/copy => app-1/run", strip=1) == ["run", "copy"]


@pytest.mark.parametrize(
    "entries",
    [
        ["/etc/passwd"],
        ["../evil"],
        ["a/../../evil"],
        ["a\0b"],
        ["link -> /etc"],
        ["link -> ../evil"],
        ["a/link -> ../../evil"],
        ["link -> "],
        ["a/b/up -> ../..", "out -> a/b/up/.."],
        ["loop -> loop"],
        ["one -> two", "two -> one"],
        ["d -> .", "d/x"],
        ["d/x", "d -> ."],
        ["d", "d/x"],
        ["d/x", "d"],
        ["hard => ../../etc/passwd"],
        ["hard => /etc/passwd"],
        ["hard => absent"],
        ["link -> x", "x", "hard => link"],
        ["hard => later", "later"],
        ["twice", "twice"],
        ["twice", "./twice"],
        ["twice", "twice/"],
        [".release.json"],
        ["./.release.json/x"],
    ],
)
def test_an_archive_with_one_bad_member_is_refused_whole(entries):
    with pytest.raises(UnsafeArchive) as refused:
        names("good", *entries)

    assert refused.value.details["member"] in {entry.split(" ")[0].rstrip("/") for entry in entries} | set(entries)


@pytest.mark.parametrize(
    ("shared", "entries"),
    [
        (["data"], ["data/", "evil -> data/../other"]),
        (["data"], ["evil -> data/../other"]),
        (["data"], ["evil -> data/sub/../../other"]),
        (["data"], ["evil -> data/sub/.."]),
        (["data"], ["d -> .", "evil -> d/data/../../secret"]),
        (["d/data"], ["evil -> d/data/../../secret"]),
        (["data"], ["to -> data", "evil -> to/../other"]),
        (["data"], ["deep/to -> ../data/sub", "evil -> deep/to/../../other"]),
        (["data"], ["data -> inside/deep", "evil -> data/../other"]),
        (["data"], ["data/evil -> ../other"]),
        (["data"], ["data/one/up -> ../..", "other"]),
        (["a/data"], ["a/data/evil -> ../../other"]),
        (["data"], ["data/run", "hard => data/run"]),
        (["data"], ["run", "data/hard => run"]),
        (["a/b"], ["a"]),
        (["a/b"], ["c/", "a -> c"]),
    ],
)
def test_nothing_leads_outside_through_a_shared_path(shared, entries):
    with pytest.raises(UnsafeArchive):
        names("good", *entries, shared=shared)


@pytest.mark.parametrize(
    "entries",
    [
        ["to -> data/x"],
        ["deep/to -> ../data"],
        ["data/x", "data/y/to -> ../x"],
        ["data/x", "data/hard => data/x"],
        ["data -> default", "default/"],
        ["database", "other -> lib/../database"],
    ],
)
def test_links_to_and_within_a_shared_path_are_taken(entries):
    assert names(*entries, shared=["data"])


def test_devices_and_pipes_are_refused():
    with pytest.raises(UnsafeArchive, match="device"):
        safe_members([Member(0, "null", Kind.OTHER)])


def test_only_the_contents_of_files_need_room():
    assert (
        total_size(safe_members([*members("a/", "a/b", "c", "l -> c"), Member(9, "big", Kind.FILE, size=1000)])) == 1006
    )


def test_resolving_follows_links_before_climbing():
    links = {("a", "b", "up"): ("..", "..")}

    assert resolve((), ("a", "b", "up", "c"), links) == ("c",)
    assert resolve((), ("a", "b", "up", ".."), links) is None


# Names that are mostly good, so that it is the links between members that decide.
names_inside = st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=3).map("/".join)
targets = st.lists(st.sampled_from(["a", "b", "c", "..", ".."]), min_size=1, max_size=4).map("/".join)
linked_members = st.lists(
    st.builds(
        Member,
        position=st.just(0),
        name=names_inside,
        kind=st.sampled_from([Kind.SYMLINK, Kind.SYMLINK, Kind.FILE, Kind.FOLDER]),
        target=targets,
    ),
    max_size=5,
    unique_by=lambda member: member.name,
)
any_path = st.lists(st.sampled_from(["a", "b", "..", ".", ""]), min_size=1, max_size=4).map("/".join)
any_members = st.lists(
    st.builds(Member, position=st.just(0), name=any_path, kind=st.sampled_from(list(Kind)), target=any_path), max_size=4
)


class Letters(Archive):
    """An archive whose files all hold the same."""

    def content(self, member):
        return io.BytesIO(b"x")


@settings(max_examples=examples(500))
@example([Member(0, "a/b/c", Kind.SYMLINK, "../.."), Member(0, "b", Kind.SYMLINK, "a/b/c/..")])
@given(linked_members | any_members)
def test_what_is_accepted_stays_inside_on_a_real_file_system(entries):
    try:
        accepted = safe_members(entries)
    except UnsafeArchive:
        return
    with tempfile.TemporaryDirectory() as made:
        outside = os.path.realpath(made)
        release = os.path.join(outside, "deep", "release")
        os.makedirs(release)
        unpack(Letters(), accepted, release)

        found = [os.path.join(folder, name) for folder, folders, files in os.walk(outside) for name in folders + files]
        beside = {path for path in found if not path.startswith(release + os.sep)}
        assert beside == {os.path.dirname(release), release}
        for path in found:
            assert os.path.realpath(path).startswith(os.path.dirname(release))
            assert path in beside or (os.path.realpath(path) + os.sep).startswith(release + os.sep)
        assert {os.path.relpath(path, release) for path in found} >= {member.name for member in accepted}


@settings(max_examples=examples(500))
@example([Member(0, "b", Kind.SYMLINK, "a/../c")], ["a"])
@given(linked_members, st.sampled_from([["a"], ["b"], ["a/b"], ["a", "c/b"]]))
def test_what_is_accepted_never_leads_out_of_a_release_with_shared_paths(entries, shared):
    try:
        accepted = safe_members(entries, shared=shared)
    except UnsafeArchive:
        return
    with tempfile.TemporaryDirectory() as made:
        root = os.path.realpath(made)
        release, store = os.path.join(root, "releases", "1"), os.path.join(root, "shared")
        os.makedirs(release)
        os.makedirs(store)
        unpack(Letters(), accepted, release)
        link_shared(release, release, store, shared)

        inside = [release, *(os.path.join(store, path) for path in shared)]
        for folder, folders, files in os.walk(root):
            for name in folders + files:
                path = os.path.join(folder, name)
                if os.path.islink(path):
                    led = os.path.realpath(path) + os.sep
                    assert any(led.startswith(place + os.sep) for place in inside)


tree = st.dictionaries(
    st.lists(st.sampled_from(["a", "b", "c", "d e", "ü"]), min_size=1, max_size=3).map(tuple),
    st.binary(max_size=3),
    max_size=6,
)


@given(tree)
def test_every_tree_of_ordinary_files_is_accepted(files):
    kept = [path for path in files if not any(path[:length] in files for length in range(1, len(path)))]

    accepted = safe_members(Member(position, "/".join(path), Kind.FILE) for position, path in enumerate(kept))

    assert [member.name for member in accepted] == ["/".join(path) for path in kept]
