# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Releases from a web server and from git repositories."""

from __future__ import annotations

import base64
import gzip
import hashlib
import http.server
import io
import os
import pathlib
import subprocess
import tarfile
import threading

import pytest

from ansible_collections.progressive.delivery.tests.module_call import Failed, call


def archive(version):
    """An archive that is the same whenever it is made: tests are named after it, in several processes."""
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0) as packed, tarfile.open(fileobj=packed, mode="w") as made:
        entry = tarfile.TarInfo("VERSION")
        entry.size = len(version)
        made.addfile(entry, io.BytesIO(version.encode()))
    return buffer.getvalue()


ARCHIVE = archive("1.0")
CHECKSUM = f"sha256:{hashlib.sha256(ARCHIVE).hexdigest()}"


class Artifacts(http.server.BaseHTTPRequestHandler):
    """Serves ``/good``; ``/private`` with a password; ``/short``, which breaks off."""

    def do_GET(self):
        self.server.requests.append(self.path)
        granted = "Basic " + base64.b64encode(b"me:s3cret").decode()
        if self.path == "/private" and self.headers["Authorization"] != granted:
            self.send_error(401)
        elif self.path.partition("?")[0] in ("/good", "/private", "/short"):
            self.send_response(200)
            self.send_header("Content-Length", str(len(ARCHIVE)))
            self.end_headers()
            self.wfile.write(ARCHIVE[: 40 if self.path == "/short" else None])
        else:
            self.send_error(404)

    def log_message(self, *_arguments):
        """Say nothing."""


@pytest.fixture
def artifacts():
    """A server's address and the paths that were asked for."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Artifacts)
    server.requests = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", server.requests
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def root(tmp_path):
    return tmp_path / "app"


def release(root, version="1.0", **options):
    return call("release", root=str(root), version=version, **options)


def test_an_archive_is_fetched_once(root, artifacts):
    url, requests = artifacts
    source = {"url": f"{url}/good", "checksum": CHECKSUM}

    assert release(root, source=source)["changed"]
    assert not release(root, source=source)["changed"]
    assert (root / "current" / "VERSION").read_text() == "1.0"
    assert requests == ["/good"]


def test_a_password_is_sent_and_never_told(root, artifacts):
    url, _requests = artifacts
    source = {"url": f"{url}/private", "checksum": CHECKSUM, "url_username": "me", "url_password": "s3cret"}

    assert "s3cret" not in str(release(root, source=source))
    with pytest.raises(Failed) as failure:
        release(root, "1.1", source={**source, "url_password": "wr0ng"})
    assert failure.value.result["error"] == "download-failed"
    assert "wr0ng" not in str(failure.value.result)


def test_secrets_of_addresses_are_not_written_down(root, artifacts, repository):
    url, requests = artifacts
    private = url.replace("://", "://me:s3cret@")
    release(root, source={"url": f"{private}/good", "checksum": CHECKSUM})
    release(root, "1.1", source={"url": f"{url}/good?signature=s3cret", "checksum": CHECKSUM})
    git = {**repository.source("v1"), "repo": f"file://me:s3cret@localhost{repository.path}"}
    release(root, "1.2", source=git)

    told = call("release_info", root=str(root))["releases"]
    assert [entry["source"].get("name", entry["source"].get("repository")) for entry in told] == [
        "good",
        "good",
        f"file://localhost{repository.path}",
    ]
    assert requests == ["/good", "/good?signature=s3cret"]
    assert not [path for path in root.rglob(".release.json") if "s3cret" in path.read_text()]
    assert not release(root, "1.2", source=git)["changed"]


@pytest.mark.parametrize(
    ("path", "checksum", "error", "named"),
    [
        ("/absent", CHECKSUM, "download-failed", "404"),
        ("/short", CHECKSUM, "download-failed", f"40 of {len(ARCHIVE)} bytes"),
        ("/good", "sha256:" + "0" * 64, "checksum-differs", CHECKSUM),
    ],
)
def test_a_download_that_goes_wrong_is_named_and_leaves_nothing(root, artifacts, path, checksum, error, named):
    url, _requests = artifacts
    with pytest.raises(Failed) as failure:
        release(root, source={"url": url + path, "checksum": checksum})

    assert failure.value.result["error"] == error
    assert named in failure.value.result["msg"]
    assert os.listdir(root / "releases") == []


def test_a_server_that_is_not_there_is_named(root, artifacts):
    with pytest.raises(Failed, match=r"127\.0\.0\.1:1/"):
        release(root, source={"url": "http://127.0.0.1:1/a.tar.gz", "checksum": CHECKSUM})


def test_check_mode_asks_whether_the_archive_is_there(root, artifacts):
    url, requests = artifacts
    source = {"url": f"{url}/good", "checksum": CHECKSUM}

    assert release(root, source=source, check_mode=True)["changed"]
    with pytest.raises(Failed, match="404"):
        release(root, source={**source, "url": f"{url}/absent"}, check_mode=True)
    assert requests == ["/good", "/absent"]
    assert not root.exists()


class Repository:
    """A git repository with a tag ``v1``, a branch ``next`` ahead of it and an unnamed commit before both."""

    def __init__(self, path: pathlib.Path) -> None:
        self.path = path
        path.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")
        self.first = self.commit("first")
        self.tagged = self.commit("tagged")
        self.git("tag", "--annotate", "--message=one", "v1")
        self.git("checkout", "--quiet", "-b", "next")
        self.ahead = self.commit("ahead")

    def git(self, *arguments: str) -> str:
        identity = ("-c", "user.name=T", "-c", "user.email=t@example.com")
        done = subprocess.run(
            ["git", "-C", str(self.path), *identity, *arguments], check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def commit(self, content: str) -> str:
        (self.path / "VERSION").write_text(content)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", content)
        return self.git("rev-parse", "HEAD")

    def source(self, ref: str) -> dict[str, str]:
        return {"type": "git", "repo": str(self.path), "ref": ref}


@pytest.fixture
def repository(tmp_path):
    return Repository(tmp_path / "repository")


@pytest.mark.parametrize(("ref", "content"), [("v1", "tagged"), ("next", "ahead"), (None, "first")])
def test_a_commit_is_exported_without_its_repository(root, repository, ref, content):
    release(root, source=repository.source(ref or repository.first))

    assert (root / "current" / "VERSION").read_text() == content
    assert sorted(os.listdir(root / "current")) == [".release.json", "VERSION"]


def test_what_a_name_stood_for_is_recorded(root, repository):
    release(root, source=repository.source("v1"))

    (recorded,) = call("release_info", root=str(root))["releases"]
    assert recorded["source"]["commit"] == repository.tagged
    assert not release(root, source=repository.source(repository.tagged))["changed"]
    with pytest.raises(Failed, match="something else"):
        release(root, source=repository.source(repository.first))


def test_a_branch_that_moves_on_is_fetched_for_the_next_version(root, repository):
    release(root, source=repository.source("next"))
    repository.commit("further")

    assert not release(root, source=repository.source("next"))["changed"]
    release(root, "1.1", source=repository.source("next"))
    assert (root / "current" / "VERSION").read_text() == "further"


def test_going_back_needs_no_repository(root, repository):
    release(root, source=repository.source("v1"))
    release(root, "1.1", source=repository.source("next"))
    repository.path.rename(repository.path.with_name("gone"))

    release(root, source=repository.source("v1"))

    assert (root / "current" / "VERSION").read_text() == "tagged"


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_name_or_a_repository_that_is_not_there_is_named(root, repository, check_mode):
    with pytest.raises(Failed, match="no-such-tag") as unknown:
        release(root, source=repository.source("no-such-tag"), check_mode=check_mode)
    with pytest.raises(Failed, match="gone") as absent:
        release(root, source={**repository.source("v1"), "repo": str(repository.path / "gone")}, check_mode=check_mode)

    assert {unknown.value.result["error"], absent.value.result["error"]} == {"git-failed"}
    assert call("release_info", root=str(root))["releases"] == []


def test_locks_of_a_fetch_that_was_killed_are_overcome(root, repository):
    release(root, source=repository.source("v1"))
    (root / ".git-source" / "packed-refs.lock").touch()
    (root / ".git-source" / "HEAD.lock").touch()
    for ref in (root / ".git-source" / "refs" / "heads").iterdir():
        ref.with_name(ref.name + ".lock").touch()
    repository.commit("further")

    release(root, "1.1", source=repository.source("next"))

    assert (root / "current" / "VERSION").read_text() == "further"


@pytest.mark.parametrize("target", ["/etc", "data/../other"])
def test_a_link_in_a_repository_cannot_lead_outside(root, repository, target):
    (repository.path / "outside").symlink_to(target)
    repository.commit("linked")

    with pytest.raises(Failed) as failure:
        release(root, source=repository.source("next"), shared=["data"])

    assert failure.value.result["error"] == "unsafe-archive"
    assert os.listdir(root / "releases") == []
