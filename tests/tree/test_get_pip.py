# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An environment gets pip where a distribution ships Python without ensurepip: from the package index, and from no other."""

from __future__ import annotations

import base64
import contextlib
import functools
import hashlib
import http.server
import io
import json
import os
import subprocess
import sys
import threading
import typing as t
import zipfile
from pathlib import Path

import pytest

from ansible_collections.progressive.delivery.scripts import get_pip
from ansible_collections.progressive.delivery.tests.tree.checkout import ROOT

PAGE = "/simple/pip/"
MAIN = "import sys; print('pip {0} was told', *sys.argv[1:])"


def wheel(version: str) -> bytes:
    """A pip that only says which it is and what it was told."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("pip/__main__.py", MAIN.format(version))
    return stream.getvalue()


class Index:
    """A package index on loopback that has pip, and notes who asked for what.

    :param form: ``json`` or ``html``
    """

    def __init__(self, form: str, digest: str | None = None) -> None:
        self.form = form
        self.digest = digest
        self.asked: list[tuple[str, str | None]] = []
        self.files = {
            f"pip-{version}-py3-none-any.whl": (wheel(version), requires)
            for version, requires in (("9.9", ">=2.7,!=3.0.*"), ("10.1", ">=3.8"), ("11.0", ">=4.0"), ("12.0rc1", ""))
        }

    def answer(self, path: str, authorization: str | None) -> tuple[str, bytes] | None:
        self.asked.append((path, authorization))
        name = path.rpartition("/")[2]
        if path == PAGE:
            return self.page()
        return ("application/octet-stream", self.files[name][0]) if name in self.files else None

    def page(self) -> tuple[str, bytes]:
        files = [
            (name, "../../files/" + name, self.digest or hashlib.sha256(content).hexdigest(), requires)
            for name, (content, requires) in self.files.items()
        ]
        if self.form == "json":
            entries = [
                {"filename": name, "url": url, "hashes": {"sha256": digest}, "requires-python": requires or None}
                for name, url, digest, requires in files
            ]
            return "application/vnd.pypi.simple.v1+json", json.dumps({"files": entries}).encode()
        anchors = [
            f'<a href="{url}#sha256={digest}" data-requires-python="{requires.replace(">", "&gt;")}">{name}</a><br>'
            for name, url, digest, requires in files
        ]
        return "text/html; charset=utf-8", "\n".join(anchors).encode()


class Handler(http.server.BaseHTTPRequestHandler):
    def __init__(self, index: Index, *arguments: t.Any) -> None:
        self.index = index
        super().__init__(*arguments)

    def do_GET(self) -> None:
        found = self.index.answer(self.path, self.headers["Authorization"])
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", found[0] if found else "text/plain")
        self.end_headers()
        self.wfile.write(found[1] if found else b"")

    def log_message(self, *_arguments: t.Any) -> None:
        pass


@contextlib.contextmanager
def served(index: Index) -> t.Iterator[str]:
    """Where the index answers."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, index)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}/simple"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """The environment of a machine whose Python has no ensurepip, and where pip is told nothing."""
    shim = tmp_path / "shim"
    shim.mkdir()
    (shim / "ensurepip.py").write_text("raise ImportError('shipped apart')\n", encoding="utf-8")
    own = {name: value for name, value in os.environ.items() if not name.upper().startswith(("PIP_", "HTTP", "XDG_"))}
    return {**own, "PYTHONPATH": str(shim), "HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}


def run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "get_pip.py"), *arguments],
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("form", ["json", "html"])
def test_the_newest_final_pip_for_this_python_runs_from_its_wheel(form: str, bare: dict[str, str]) -> None:
    index = Index(form)
    with served(index) as place:
        ended = run({**bare, "PIP_INDEX_URL": f"http://{place}/"}, "--quiet", "pip", "--no-wheel")

    assert ended.stdout == "pip 10.1 was told install --quiet pip\n", ended.stderr
    assert ended.returncode == 0
    assert [path for path, _authorization in index.asked] == [PAGE, "/files/pip-10.1-py3-none-any.whl"]


def test_a_wheel_that_is_not_what_the_index_lists_is_not_run(bare: dict[str, str]) -> None:
    with served(Index("json", digest="0" * 64)) as place:
        ended = run({**bare, "PIP_INDEX_URL": f"http://user:secret@{place}"}, "pip")

    assert ended.returncode == 1
    assert ended.stdout == ""
    assert "pip-10.1-py3-none-any.whl is not the file that" in ended.stderr
    assert "secret" not in ended.stderr


def test_the_index_is_that_of_pips_configuration_and_alone_learns_its_password(
    bare: dict[str, str], tmp_path: Path
) -> None:
    index = Index("json")
    settings = tmp_path / ".config" / "pip"
    settings.mkdir(parents=True)
    with served(index) as place:
        (settings / "pip.conf").write_text(f"[global]\nindex_url = http://user:p%40ss@{place}\n", encoding="utf-8")
        ended = run(bare, "pip")

    assert ended.returncode == 0, ended.stderr
    expected = "Basic " + base64.b64encode(b"user:p@ss").decode()
    assert {authorization for _path, authorization in index.asked} == {expected}


def test_what_to_do_is_said_where_the_index_cannot_be_reached(bare: dict[str, str], tmp_path: Path) -> None:
    ended = run({**bare, "PIP_INDEX_URL": f"file://{tmp_path}/none"}, "pip")

    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert "PIP_INDEX_URL" in ended.stderr
    assert "python3-venv" in ended.stderr


def test_a_python_without_ensurepip_is_good_enough_for_an_environment(bare: dict[str, str]) -> None:
    found = subprocess.run(
        [str(ROOT / "scripts" / "find_python.sh")], env=bare, check=False, capture_output=True, text=True
    )

    assert found.returncode == 0, found.stderr
    assert Path(found.stdout.strip()).exists()


@pytest.mark.parametrize(
    ("requirement", "allowed"),
    [
        ("", True),
        (">=3.9", True),
        (">=3.11.2", True),
        (">=3.12", False),
        (">=2.7,!=3.0.*,!=3.1.*", True),
        (">=3.8, !=3.11.*", False),
        (">=3.8,<3.11", False),
        ("~=3.8", False),
    ],
)
def test_which_pythons_a_release_is_for(requirement: str, allowed: bool) -> None:
    assert get_pip.allows(requirement, (3, 11, 2)) == allowed
