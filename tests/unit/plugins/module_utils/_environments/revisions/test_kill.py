# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Killed at any instant, a run leaves every file and every revision whole, and the next run finishes.

A child process ends itself with SIGKILL in front of its n-th change to the file system, for every n until it gets
through. Python's audit hooks tell of the changes.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._environments import survey
from ansible_collections.progressive.delivery.plugins.module_utils._environments.applying import Occasion
from ansible_collections.progressive.delivery.plugins.module_utils._environments.model import Secret
from ansible_collections.progressive.delivery.tests.unit.plugins.module_utils._environments.conftest import Site

CHANGES = {"os.mkdir", "os.rename", "os.symlink", "os.remove", "os.rmdir", "os.chmod", "os.chown"}


def killed_in_front_of(at, act):
    """Whether *act*, in a child, got as far as its change number *at*."""
    child = os.fork()
    if child == 0:
        seen = 0

        def hook(event, arguments):
            nonlocal seen
            writes = event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            if event in CHANGES or writes:
                if seen == at:
                    os.kill(os.getpid(), signal.SIGKILL)
                seen += 1

        sys.addaudithook(hook)
        code = 1
        try:
            act()
            code = 0
        finally:
            os._exit(code)
    _pid, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0
    return False


def surveyed(site):
    return survey.surveyed(site.host.store, site.host.store.read(), None)


def settings(password):
    return {"password": Secret("env:P", password)}


def begin(site):
    """Three revisions, the second in force; a run that goes on removes the oldest."""
    site.renders = (site.render("a.env"), site.render("b.json", "json"))
    for password in ("old", "one"):
        site.apply(settings(password), *site.renders, release=password)


ACTS = {
    "apply": lambda site: site.apply(settings("two"), *site.renders[:1], release="two", keep=2),
    "go back": lambda site: site.go_back(release="old"),
}


def assert_whole(site):
    kept = site.host.store.read()
    assert kept.current in kept.revisions
    assert kept.numbers == set(kept.revisions)
    for revision in kept.revisions.values():
        site.host.store.files(revision)
    assert site.path("a.env").read_text() in {f"PASSWORD='{password}'\n" for password in ("old", "one", "two")}
    for folder in (site.folder / "etc", site.folder / "state"):
        exposed = [path for path in folder.rglob("*") if path.is_file() and path.stat().st_mode & 0o007]
        assert not exposed


@pytest.mark.parametrize("name", ACTS)
def test_killed_in_front_of_any_change_all_is_whole_and_the_next_run_finishes(tmp_path_factory, name):
    act = ACTS[name]
    at = 0
    while True:
        site = Site(tmp_path_factory.mktemp("site"))
        begin(site)
        killed = killed_in_front_of(at, lambda site=site: act(site))
        assert_whole(site)
        act(site)
        whole = {
            path: content for path, content in site.tree().items() if not path.endswith(("record.json", "history.json"))
        }
        if at == 0:
            expected = whole
        assert whole == expected
        assert act(site).changed is False
        if not killed:
            break
        at += 1

    assert at > 10


def newer(site):
    """A configuration with another file, in which is a secret."""
    return site.apply(settings("two"), *site.renders, site.render("extra.env"), release="two")


def declared_so_far(site):
    return site.apply(settings("one"), *site.renders, release="one")


def taken_away(site):
    return site.host.take_away(Occasion(), check_mode=False)


def test_killed_in_front_of_any_change_and_then_given_up_it_leaves_no_file_behind(tmp_path_factory):
    ways_out = itertools.cycle([lambda site: site.go_back(release="old"), declared_so_far, taken_away])
    written = 0
    for at, then in enumerate(ways_out):
        site = Site(tmp_path_factory.mktemp("site"))
        begin(site)
        if not killed_in_front_of(at, lambda site=site: newer(site)):
            break
        left = site.path("extra.env").exists()
        if left and site.host.store.read().current != 3:
            assert str(site.path("extra.env")) in {finding.difference.path for finding in surveyed(site)}
            written += 1
        then(site)
        kept = site.host.store.read()
        assert (kept.begun, surveyed(site)) == ((), [])
        expected = {} if kept.current is None else {"a.env", "b.json"}
        assert {path.name for path in (site.folder / "etc").iterdir()} == set(expected)

    assert written >= 3


def test_what_somebody_has_put_where_a_killed_run_was_to_write_stays(site):
    begin(site)
    assert killed_in_front_of(0, lambda: newer(site))
    at = 1
    while not site.host.store.read().begun:
        assert killed_in_front_of(at, lambda: newer(site))
        at += 1
    site.path("extra.env").write_text("precious")
    declared_so_far(site)

    assert site.path("extra.env").read_text() == "precious"
