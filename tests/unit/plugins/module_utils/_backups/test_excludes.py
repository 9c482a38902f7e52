# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a pattern leaves out; that the engines mean the same is told with the real ones."""

from __future__ import annotations

import fnmatch

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._backups.excludes import (
    borg_excludes,
    check_excludes,
    excluded,
    restic_excludes,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import Content
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption

CONTENT = Content(("/srv/data",), "/var/lib/[x]/progressive-delivery-dumps")


def with_excludes(*excludes: str) -> Content:
    return Content(CONTENT.paths, CONTENT.dumps, excludes)


@pytest.mark.parametrize(
    ("pattern", "out", "stays"),
    [
        ("cache", ["/srv/cache", "/srv/cache/a/b", "/cache"], ["/srv/caches", "/srv/.cache", "/srv/Cache"]),
        ("cache/", ["/srv/cache", "/srv/cache/a"], ["/srv/caches"]),
        ("*.log", ["/srv/a.log", "/srv/.log", "/a.log/x"], ["/srv/a.log.1", "/srv/alog"]),
        ("tmp/*", ["/srv/tmp/a", "/srv/tmp/.a/b"], ["/srv/tmp", "/srv/tmps/a"]),
        ("tmp/**", ["/srv/tmp/a", "/srv/tmp/a/b"], ["/srv/tmp"]),
        ("a/**/b", ["/a/b", "/srv/a/x/y/b/z"], ["/srv/a/x", "/srv/xa/b"]),
        ("/srv/*/b", ["/srv/a/b", "/srv/a/b/c"], ["/srv/b", "/srv/a/a/b", "/x/srv/a/b"]),
        ("/**/b", ["/b", "/srv/a/b"], ["/srv/ab"]),
        ("?", ["/srv/é"], ["/srv/ab"]),
        ("[a-c_]x", ["/bx", "/_x"], ["/dx", "/x", "/ax1"]),
        ("[!a-c]x", ["/dx"], ["/bx", "/x", "/a/x"]),
        ("[^a-c]x", ["/dx", "/^x"], ["/bx"]),
        ("[]a-]", ["/]", "/a", "/-"], ["/b"]),
        ("[*-9]x", ["/1x"], ["/a/x"]),
        ("\\*", ["/*"], ["/a"]),
        ("[\\]]\\\\", ["/]\\"], ["/]"]),
        ("a\nb", ["/a\nb"], ["/a"]),
        ("!a", ["/!a"], ["/a", "/b"]),
    ],
)
def test_a_pattern_means_what_is_said_of_it(pattern: str, out: list[str], stays: list[str]) -> None:
    assert [path for path in out + stays if excluded(path, [pattern])] == out


def test_without_patterns_nothing_is_left_out() -> None:
    assert not excluded("/srv", [])


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("", "is no pattern"),
        ("/", "is no pattern"),
        ("a//b", "is no pattern"),
        ("../a", "is no pattern"),
        ("./a", "is no pattern"),
        ("a[b", "without its \\]"),
        ("[a/b]", "without its \\]"),
        ("[!]", "without its \\]"),
        ("[z-a]", "from 'z' down to 'a'"),
        ("a\\", "nothing after it"),
        ("[a\\", "nothing after it"),
        ("a\0b", "no text"),
        ("a\udcffb", "no text"),
    ],
)
def test_what_means_nothing_is_refused_with_its_reason(pattern: str, why: str) -> None:
    for use in (check_excludes, restic_excludes, borg_excludes):
        with pytest.raises(InvalidOption, match=f"excludes: .*{why}"):
            use(with_excludes(pattern))


@pytest.mark.parametrize("pattern", ["data", "/srv", "/**", "*", "/srv/d*"])
def test_a_pattern_that_leaves_nothing_of_a_path_is_refused(pattern: str) -> None:
    with pytest.raises(InvalidOption, match="leaves out the whole of /srv/data"):
        check_excludes(with_excludes("*.log", pattern))


def test_what_is_below_a_path_may_be_left_out() -> None:
    check_excludes(with_excludes("/srv/data/*", "lost+found"))


def test_engines_are_told_in_their_own_words_and_keep_the_dumps() -> None:
    content = with_excludes("!a/[!b-c]", "/x*/**")

    assert restic_excludes(content) == [
        "--exclude=\\!a/[^\\b-\\c]",
        "--exclude=/x*/*",
        "--exclude=!/var/lib/\\[x\\]/progressive-delivery-dumps",
    ]
    assert borg_excludes(content) == [
        "--exclude=re:(?s)\\A(?!var/lib/\\[x\\]/progressive\\-delivery\\-dumps(?:/|\\Z))(?:[^/]+/)*!a/[^/b-c](?:/|\\Z)",
        "--exclude=re:(?s)\\A(?!var/lib/\\[x\\]/progressive\\-delivery\\-dumps(?:/|\\Z))x[^/]*/[^/]*(?:/|\\Z)",
    ]
    assert restic_excludes(CONTENT) == borg_excludes(CONTENT) == []


def means(path: list[str], pattern: list[str], floats: bool) -> bool:
    """The meaning, slowly: by names, one after the other."""
    if not pattern:
        return True
    if floats and path and means(path[1:], pattern, floats=True):
        return True
    if pattern[0] == "**":
        if len(pattern) == 1:
            return bool(path)
        return any(means(path[skipped:], pattern[1:], floats=False) for skipped in range(len(path)))
    return bool(path) and fnmatch.fnmatchcase(path[0], pattern[0]) and means(path[1:], pattern[1:], floats=False)


NAMES = st.text("ab.", min_size=1, max_size=3).filter(lambda name: name not in (".", ".."))
PATTERNS = st.lists(
    st.one_of(
        st.just("**"),
        NAMES,
        st.lists(st.sampled_from(["a", "b", ".", "*", "?", "[ab]", "[!a]", "[a-z]"]), min_size=1, max_size=4).map(
            "".join
        ),
    ).filter(lambda name: name not in (".", "..")),
    min_size=1,
    max_size=4,
)


@given(path=st.lists(NAMES, min_size=1, max_size=5), pattern=PATTERNS, anchored=st.booleans())
@example(path=["a", "b", "a", "b"], pattern=["**", "b", "**", "**"], anchored=True)
def test_a_pattern_means_the_same_as_its_names_one_after_the_other(
    path: list[str], pattern: list[str], anchored: bool
) -> None:
    written = "/" * anchored + "/".join(pattern)

    assert excluded("/" + "/".join(path), [written]) is means(path, pattern, floats=not anchored)


@given(path=st.lists(NAMES, min_size=1, max_size=5), patterns=st.lists(PATTERNS.map("/".join), min_size=1, max_size=4))
def test_what_is_left_out_is_left_out_with_all_below_and_by_any_of_the_patterns(
    path: list[str], patterns: list[str]
) -> None:
    text = "/" + "/".join(path)

    assert excluded(text, patterns) is any(excluded(text, [pattern]) for pattern in patterns)
    assert not excluded(text, patterns) or excluded(text + "/x", patterns)


@given(
    name=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1).filter(
        lambda name: name not in (".", "..")
    )
)
def test_with_a_backslash_before_each_character_a_name_means_itself(name: str) -> None:
    pattern = "".join("\\" + character for character in name)

    assert excluded("/srv/" + name, [pattern])
    assert not excluded("/srv/" + name + "x", [pattern])
