# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``release`` as a playbook calls it: what it changes, and everything that it refuses."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import pathlib
import tarfile

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._releases.store import Store
from ansible_collections.progressive.delivery.tests.module_call import Failed, call, everything_told


class Site:
    """A root for releases and a folder with archives."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.root = folder / "app"

    def archive(self, version, **files):
        """An archive with *files* and one that holds the version."""
        path = self.folder / f"{version}.tar"
        with tarfile.open(path, "w") as made:
            for name, content in {"VERSION": version, **files}.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                made.addfile(entry, io.BytesIO(content.encode()))
        return {"path": str(path), "checksum": f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"}

    def release(self, version, **options):
        return call("release", root=str(self.root), version=version, **options)

    def deploy(self, version, **options):
        return self.release(version, source=self.archive(version), **options)

    def info(self):
        return call("release_info", root=str(self.root))

    def tree(self):
        """Everything there is, with contents and targets of links."""
        found = {}
        for path in sorted(self.folder.rglob("*")):
            if path.is_symlink():
                found[path] = os.readlink(path)
            else:
                found[path] = path.read_bytes() if path.is_file() else None
        return found


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


def test_a_release_is_put_in_place_and_made_the_current_one(site):
    result = site.deploy("1.0")

    assert (result["changed"], result["staged"], result["activated"], result["removed"]) == (True, True, True, [])
    assert (result["current"], result["previous"], result["releases"]) == ("1.0", None, ["1.0"])
    assert result["folder"] == str(site.root / "releases" / "1.0")
    assert (site.root / "current" / "VERSION").read_text() == "1.0"


def test_a_second_run_changes_nothing(site):
    first = site.deploy("1.0", shared=["data"])
    before = site.tree()
    second = site.deploy("1.0", shared=["data"])

    assert not second["changed"]
    assert site.tree() == before
    assert second["revision"] == first["revision"]
    assert second["diff"]["before"] == second["diff"]["after"]


def test_a_release_can_be_put_in_place_without_being_used(site):
    site.deploy("1.0")
    result = site.deploy("1.1", state="present")

    assert (result["staged"], result["activated"], result["current"]) == (True, False, "1.0")


def test_going_back_needs_no_source(site):
    site.deploy("1.0")
    site.deploy("1.1")
    result = site.release("1.0")

    assert (result["staged"], result["activated"], result["current"], result["previous"]) == (False, True, "1.0", "1.1")


@pytest.mark.parametrize("unverified", [False, True])
def test_going_back_needs_no_archive_though_one_is_named(site, unverified):
    sources = {version: site.archive(version) for version in ("1.0", "1.1")}
    if unverified:
        sources = {version: {"path": source["path"], "unverified": True} for version, source in sources.items()}
    for version, source in sources.items():
        site.release(version, source=source)
    pathlib.Path(sources["1.0"]["path"]).unlink()

    assert site.release("1.0", source=sources["1.0"], check_mode=True)["current"] == "1.0"
    assert site.release("1.0", source=sources["1.0"])["current"] == "1.0"


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_source_can_be_checked_alone_wherever_it_is(site, check_mode):
    good = site.archive("1.0")
    before = site.tree()
    options = {"state": "checked", "check_mode": check_mode}

    assert site.release("1.0", source=good, **options) == {"changed": False}
    for wrong, error in (
        ({**good, "checksum": "sha256:" + "0" * 64}, "checksum-differs"),
        (site.archive("1.1", **{"../evil": "x"}), "unsafe-archive"),
        ({**good, "path": "/absent.tar"}, "archive-unreadable"),
    ):
        with pytest.raises(Failed) as failure:
            site.release("1.0", source=wrong, **options)
        assert failure.value.result["error"] == error
    assert not site.root.exists()
    assert {path: content for path, content in site.tree().items() if path in before} == before


def test_what_is_not_there_is_refused_before_even_the_folders_are_made(site):
    for source, error in (
        ({"path": "/absent.tar", "unverified": True}, "archive-unreadable"),
        (None, "release-missing"),
    ):
        with pytest.raises(Failed) as failure:
            site.release("1.0", source=source)
        assert failure.value.result["error"] == error

    assert not site.root.exists()


def test_an_order_that_another_run_has_overtaken_changes_nothing(site, monkeypatch):
    site.deploy("1.0")
    site.deploy("1.1")
    locked = Store.locked

    @contextlib.contextmanager
    def waited(store, timeout):
        with locked(store, timeout):
            store.activate("1.0")
            yield

    monkeypatch.setattr(Store, "locked", waited)
    with pytest.raises(Failed) as failure:
        site.deploy("1.2")

    assert failure.value.result["error"] == "release-overtaken"
    assert "'1.0'" in failure.value.result["msg"]
    assert (site.info()["current"], len(site.info()["releases"])) == ("1.0", 2)


def test_check_mode_predicts_what_then_happens_and_changes_nothing(site):
    site.deploy("1.0")
    site.deploy("1.1")
    source = site.archive("1.2")
    before = site.tree()

    predicted = site.release("1.2", source=source, keep=2, check_mode=True)

    assert site.tree() == before
    happened = site.release("1.2", source=source, keep=2)
    for fact in ("changed", "staged", "activated", "current", "previous", "releases", "removed", "diff"):
        assert predicted[fact] == happened[fact]
    assert happened["diff"] == {
        "before": {"current": "1.1", "releases": ["1.0", "1.1"]},
        "after": {"current": "1.2", "releases": ["1.1", "1.2"]},
    }


def test_a_version_put_in_place_again_has_another_revision(site):
    site.deploy("1.0")
    first = site.deploy("1.1", state="present")
    site.release("1.1", state="absent")

    assert site.deploy("1.1")["revision"] != first["revision"]


def test_protected_releases_stay(site):
    for version in ("1.0", "1.1", "1.2"):
        result = site.deploy(version, keep=1, protect=["1.0"])

    assert result["releases"] == ["1.0", "1.1", "1.2"]
    assert site.deploy("1.3", keep=1)["releases"] == ["1.2", "1.3"]


def test_somebody_else_can_put_a_release_together(site):
    prepared = site.release("1.0", state="prepared")
    pathlib.Path(prepared["staging"], "made").write_text("by hand")
    source = {"type": "prepared", "identity": "a"}

    assert site.info()["releases"] == []
    assert site.release("1.0", source=source)["staged"]
    assert (site.root / "current" / "made").read_text() == "by hand"
    again = site.release("1.0", state="prepared", source=source)
    assert (again["changed"], "staging" in again) == (False, False)
    with pytest.raises(Failed, match="something else"):
        site.release("1.0", source={"type": "prepared", "identity": "b"})


def test_an_image_is_written_down(site):
    site.release("1.0", source={"type": "container", "image": "app@sha256:abc"})

    assert "IMAGE=app@sha256:abc" in (site.root / "current" / "container.env").read_text()


def test_another_engine_makes_no_other_release(site):
    site.release("1.0", source={"type": "container", "image": "app@sha256:abc"})
    again = site.release("1.0", source={"type": "container", "image": "app@sha256:abc", "engine": "docker"})

    assert not again["changed"]
    with pytest.raises(Failed, match="something else"):
        site.release("1.0", source={"type": "container", "image": "app@sha256:abd", "engine": "docker"})


def test_leading_folders_are_taken_off(site):
    source = site.archive("1.0", **{"app-1.0/run": "x"})

    site.release("1.0", source={**source, "strip": 1})

    assert (site.root / "current" / "run").read_text() == "x"
    assert not (site.root / "current" / "VERSION").exists()


def refused(site, error, version="1.1", *, check_modes=(True, False), **options):
    """The failure of a call that must change nothing, in check mode and without."""
    site.deploy("1.0")
    before = site.tree()
    for check_mode in check_modes:
        with pytest.raises(Failed) as failure:
            site.release(version, check_mode=check_mode, **options)
        assert failure.value.result["error"] == error
        assert site.tree() == before
    return failure.value.result["msg"]


@pytest.mark.parametrize("version", ["../1.1", "a/b", "/1.1", "..", ".staging-1", ""])
def test_refused_a_version_with_a_path_in_it(site, version):
    assert repr(version) in refused(site, "invalid-option", version, source=site.archive("1.1"))


def test_refused_an_archive_with_another_checksum(site):
    source = {**site.archive("1.1"), "checksum": "sha256:" + "0" * 64}

    message = refused(site, "checksum-differs", source=source)

    assert source["path"] in message
    assert source["checksum"] in message
    assert hashlib.sha256(pathlib.Path(source["path"]).read_bytes()).hexdigest() in message


@pytest.mark.parametrize("name", ["../../evil", "/tmp/evil", ".release.json"])
def test_refused_an_archive_with_a_member_outside(site, name):
    assert repr(name) in refused(site, "unsafe-archive", source=site.archive("1.1", **{name: "x"}))


@pytest.mark.parametrize("target", ["data/../other", "data/../../secret"])
def test_refused_a_link_that_climbs_from_a_shared_path(site, target):
    path = site.folder / "1.1.tar"
    with tarfile.open(path, "w") as made:
        link = tarfile.TarInfo("evil")
        link.type, link.linkname = tarfile.SYMTYPE, target
        made.addfile(link)
    source = {"path": str(path), "unverified": True}

    assert "'evil'" in refused(site, "unsafe-archive", source=source, shared=["data"])


SECRETIVE = {
    "url": "http://me:t0ken@127.0.0.1:1/app/1.1.tar.gz?signature=s1gned#fr4gment",
    "headers": {"X-Version": "1.0", "Authorization": "Bearer b3arer", "X-App": "app"},
    "url_username": "me",
    "url_password": "passw0rd",
    "unverified": True,
}


@pytest.mark.parametrize(
    "source",
    [
        SECRETIVE,
        {**SECRETIVE, "url": "http://me:t0ken@127.0.0.1:s1gned/"},
        {**SECRETIVE, "url": "http://me:t0ken/s1gned@127.0.0.1:1/"},
        {**SECRETIVE, "url": "nothing://me:t0ken@127.0.0.1/?s1gned"},
        {**SECRETIVE, "headers": {"Authorization": "b3arer\nx"}},
        {"type": "git", "repo": "http://t0ken@127.0.0.1:1/app.git?s1gned", "ref": "v1"},
        {"type": "git", "repo": "nothing://me:t0ken@127.0.0.1:1/app.git", "ref": "v1"},
        {"typo": 1, **SECRETIVE},
    ],
)
def test_secrets_of_a_source_are_told_nowhere(site, source):
    result, told = everything_told("release", root=str(site.root), version="1.1", source=source)

    assert result["failed"]
    for secret in ("t0ken", "s1gned", "fr4gment", "b3arer", "passw0rd"):
        assert secret not in told


def test_a_failure_says_which_address_without_its_secrets(site):
    result, _told = everything_told("release", root=str(site.root), version="1.1", source=SECRETIVE)

    assert "http://127.0.0.1:1/app/1.1.tar.gz: " in result["msg"]
    assert result["invocation"]["module_args"]["source"]["headers"] == dict.fromkeys(SECRETIVE["headers"], "***")


def test_headers_do_not_mask_what_is_like_them(site):
    site.deploy("1.0")
    result, _told = everything_told("release", root=str(site.root), version="1.0", source=SECRETIVE)

    assert (result["current"], result["folder"]) == ("1.0", str(site.root / "releases" / "1.0"))


def test_refused_another_content_under_the_same_version(site):
    message = refused(site, "release-differs", "1.0", source=site.archive("1.0", extra="x"))

    assert "'1.0'" in message


def test_refused_an_archive_that_is_not_there(site):
    source = {"path": str(site.folder / "absent.tar.gz"), "checksum": "sha256:" + "0" * 64}

    assert "absent.tar.gz" in refused(site, "archive-unreadable", source=source)


def test_refused_something_that_is_no_archive(site):
    path = site.folder / "error.html"
    path.write_text("<html>not found</html>")

    refused(site, "archive-unreadable", source={"path": str(path), "unverified": True})


def test_refused_a_release_without_source_that_is_not_there(site):
    refused(site, "release-missing")
    refused(site, "release-missing", source={"type": "prepared"})


def test_refused_the_removal_of_the_current_and_of_protected_releases(site):
    site.deploy("1.1")
    refused(site, "release-serves", "1.0", state="absent")
    refused(site, "release-serves", "1.1", state="absent", protect=["1.1"])


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ({"path": "/x.tar"}, "checksum"),
        ({"path": "/x.tar", "checksum": "sha256:" + "0" * 64, "unverified": True}, "checksum"),
        ({"path": "/x.tar", "checksum": "md5:" + "0" * 32}, "md5"),
        ({"path": "/x.tar", "url": "http://127.0.0.1/", "unverified": True}, "path or url"),
        ({"unverified": True}, "path or url"),
        ({"path": "/x.tar", "unverified": True, "strip": -1}, "strip"),
        ({"type": "git", "ref": "v1"}, "repo"),
        ({"type": "git", "repo": "https://127.0.0.1/"}, "ref"),
        ({"type": "git", "repo": "--upload-pack=x", "ref": "v1"}, "--upload-pack"),
        ({"type": "git", "repo": "x", "ref": "--help"}, "--help"),
        ({"type": "git", "repo": "x", "ref": "a..b"}, r"a\.\.b"),
        ({"type": "container"}, "image"),
        ({"type": "container", "image": "a b"}, "a b"),
        ({"type": "package", "name": "x"}, "version"),
        ({"type": "package", "name": "x\ny", "version": "1"}, "one word"),
    ],
)
def test_refused_a_source_that_cannot_mean_anything(site, source, named):
    message = refused(site, "invalid-option", source=source)

    assert pytest.raises(AssertionError, match=named).matches(AssertionError(message))


@pytest.mark.parametrize(
    "options", [{"shared": ["../x"]}, {"shared": ["/etc"]}, {"keep": 0}, {"shared_owner": "no such user"}]
)
def test_refused_options_out_of_range(site, options):
    refused(site, "invalid-option", source=site.archive("1.1"), **options)


def test_refused_a_root_that_is_no_absolute_path(site, monkeypatch):
    monkeypatch.chdir(site.folder)

    with pytest.raises(Failed, match="absolute"):
        call("release", root="app", version="1.0", source=site.archive("1.0"))


def test_refused_a_root_whose_history_is_torn(site):
    site.deploy("1.0")
    (site.root / ".release-history.json").write_text("{")
    before = site.tree()

    with pytest.raises(Failed) as failure:
        site.deploy("1.1")

    assert failure.value.result["error"] == "record-unreadable"
    assert ".release-history.json" in failure.value.result["msg"]
    assert {path: content for path, content in site.tree().items() if path in before} == before
    assert not (site.root / "releases" / "1.1").exists()
