# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Install packages into an environment that has no pip yet: ``get_pip.py PACKAGE ...``.

Pip comes from the interpreter's own ensurepip or, where a distribution ships
that apart, from the package index: its wheel runs as it is. It also stands in
for the get-pip script that ansible-test would download, so that the sanity
tests need nothing but the package index.

The index is that of pip's own settings: PIP_INDEX_URL, else ``index-url`` of
its configuration files; likewise PIP_CERT and ``cert``.
"""

from __future__ import annotations

import base64
import configparser
import dataclasses
import hashlib
import html.parser
import json
import os
import re
import ssl
import subprocess
import sys
import tempfile
import typing as t
import urllib.parse
import urllib.request

PUBLIC_INDEX = "https://pypi.org/simple"
LISTING_TYPES = "application/vnd.pypi.simple.v1+json, text/html;q=0.1"
TIMEOUT_SECONDS = 60
FINAL_WHEEL = re.compile(r"pip-(\d+(?:\.\d+)*)-(?:py2\.)?py3-none-any\.whl")
"""The file of a final release of pip."""
CLAUSE = re.compile(r"\s*(>=|<|!=)\s*(\d+(?:\.\d+)*)(\.\*)?\s*")
"""A part of requires-python, of the kinds that pip's releases have."""


class NoPip(Exception):
    """Pip cannot be had."""


@dataclasses.dataclass(frozen=True)
class File:
    """A file that the index lists.

    :param sha256: what the index says it is; empty when it says nothing
    :param requires_python: which Pythons it is for; empty for all
    """

    name: str
    url: str
    sha256: str
    requires_python: str
    yanked: bool


def main(arguments: t.Sequence[str]) -> int:
    """Install what *arguments* say, as those of ``pip install``; returns the exit code.

    :raises NoPip: pip cannot be had
    """
    with tempfile.TemporaryDirectory() as folder:
        pip = ["-m", "pip"] if bundled_pip() else [os.path.join(fetch_pip(folder), "pip")]
        return subprocess.call([sys.executable, *pip, "install", *arguments])


def bundled_pip() -> bool:
    """Install the interpreter's own pip; whether it has one."""
    try:
        import ensurepip  # noqa: PLC0415  # it may not be there
    except ImportError:
        return False
    ensurepip.bootstrap()
    os.environ.pop("PIP_CONFIG_FILE", None)  # ensurepip points it at /dev/null
    return True


def fetch_pip(folder: str) -> str:
    """Put the wheel of the newest pip for this Python into *folder*; its path."""
    index = setting("index-url", PUBLIC_INDEX).rstrip("/") + "/pip/"
    if urllib.parse.urlsplit(index).scheme == "file":
        index += "index.html"
    try:
        file = newest(listed(*read(index, index)), sys.version_info[:3])
        content, _type, _url = read(file.url, index)
    except (OSError, ValueError) as error:
        raise NoPip("{0}: {1}.".format(without_password(index), getattr(error, "reason", error))) from error
    if not file.sha256 or hashlib.sha256(content).hexdigest() != file.sha256:
        raise NoPip(
            "{0} is not the file that {1} lists: its SHA-256 differs.".format(file.name, without_password(index))
        )
    path = os.path.join(folder, file.name)
    with open(path, "wb") as stream:
        stream.write(content)
    return path


def setting(name: str, default: str) -> str:
    """A setting of pip: of the environment, else of the configuration file that pip would read last."""
    said = os.environ.get("PIP_" + name.upper().replace("-", "_"))
    if said:
        return said
    own = os.environ.get("PIP_CONFIG_FILE", "")
    configuration = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    files = [
        "/etc/pip.conf",
        os.path.expanduser("~/.pip/pip.conf"),
        os.path.join(configuration, "pip", "pip.conf"),
        own,
    ]
    parser = configparser.RawConfigParser()
    parser.optionxform = lambda option: option.lower().replace("_", "-")  # type: ignore[method-assign]
    parser.read([] if own == os.devnull else files, encoding="utf-8")
    return parser.get("install", name, fallback="") or parser.get("global", name, fallback="") or default


def read(url: str, index: str) -> t.Tuple[bytes, str, str]:
    """What is at *url*, its type, and where it was in the end; the user and password of *index* are for its host only.

    :raises OSError: when it cannot be read
    """
    parts, known = urllib.parse.urlsplit(url), urllib.parse.urlsplit(index)
    if parts.scheme not in ("https", "http", "file"):
        raise ValueError("{0} is no address of an index".format(without_password(url)))
    request = urllib.request.Request(without_password(url), headers={"Accept": LISTING_TYPES})  # noqa: S310  # checked above
    if known.username is not None and parts.hostname == known.hostname:
        said = "{0}:{1}".format(*(urllib.parse.unquote(part or "") for part in (known.username, known.password)))
        # Unredirected, so that no other host is told.
        request.add_unredirected_header("Authorization", "Basic " + base64.b64encode(said.encode()).decode())
    trust = ssl.create_default_context(cafile=setting("cert", "") or None)
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS, context=trust) as answer:  # noqa: S310  # checked above
        return answer.read(), answer.headers.get_content_type(), answer.geturl()


def without_password(url: str) -> str:
    """*url* as it may be shown."""
    parts = urllib.parse.urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def listed(content: bytes, kind: str, url: str) -> t.List[File]:
    """The files of an index's page in either of its forms.

    :param url: where the page was, to which its addresses are relative
    :raises ValueError: when it is no such page
    """
    if not kind.endswith("json"):
        page = Page(url)
        page.feed(content.decode("utf-8", "replace"))
        return page.files
    try:
        return [
            File(
                entry["filename"],
                urllib.parse.urljoin(url, entry["url"]),
                entry["hashes"].get("sha256", ""),
                entry.get("requires-python") or "",
                bool(entry.get("yanked")),
            )
            for entry in json.loads(content)["files"]
        ]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("its list of files is not of the form it should be: {0!r}".format(error)) from error


class Page(html.parser.HTMLParser):
    """The files of an index's page in HTML."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.files: t.List[File] = []

    def handle_starttag(self, tag: str, attrs: t.List[t.Tuple[str, t.Optional[str]]]) -> None:
        said = dict(attrs)
        if tag != "a" or not said.get("href"):
            return
        url, _hash, fragment = urllib.parse.urljoin(self.url, said["href"] or "").partition("#")
        kind, _equals, digest = fragment.partition("=")
        self.files.append(
            File(
                urllib.parse.unquote(urllib.parse.urlsplit(url).path.rpartition("/")[2]),
                url,
                digest if kind == "sha256" else "",
                said.get("data-requires-python") or "",
                "data-yanked" in said,
            )
        )


def newest(files: t.Sequence[File], python: t.Tuple[int, ...]) -> File:
    """The newest final release of pip for a version of Python.

    :raises NoPip: when there is none
    """
    releases = [
        (numbers(found.group(1)), file)
        for file in files
        if (found := FINAL_WHEEL.fullmatch(file.name)) and not file.yanked and allows(file.requires_python, python)
    ]
    if not releases:
        raise NoPip("The index lists no pip for Python {0}.".format(".".join(map(str, python))))
    return max(releases, key=lambda release: release[0])[1]


def allows(requirement: str, python: t.Tuple[int, ...]) -> bool:
    """Whether a requires-python is met; one of another kind than pip's releases have is not."""
    for clause in requirement.split(",") if requirement.strip() else []:
        found = CLAUSE.fullmatch(clause)
        if found is None:
            return False
        wanted = numbers(found.group(2))
        kinds = {">=": python >= wanted, "<": python < wanted, "!=": python[: len(wanted)] != wanted}
        if not kinds[found.group(1)]:
            return False
    return True


def numbers(version: str) -> t.Tuple[int, ...]:
    """A version of numbers alone, to compare."""
    return tuple(int(part) for part in version.split("."))


if __name__ == "__main__":
    try:
        # The two are what ansible-test gives to the get-pip script.
        sys.exit(main([argument for argument in sys.argv[1:] if argument not in ("--no-setuptools", "--no-wheel")]))
    except NoPip as failure:
        sys.exit(
            "Cannot get pip. {0} Set PIP_INDEX_URL to an index that can be reached (and PIP_CERT to what it is trusted by), "
            "or install what brings ensurepip; on Debian and Ubuntu that is python3-venv.".format(failure)
        )
