# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Content from a git repository: a commit's files, without the repository.

PRIVATE to the collection. The repository is kept in a folder of its own beside
the releases, so that only what is new is fetched. Submodules are not followed.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
import typing as t
from dataclasses import dataclass

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._releases import archive, members
from ansible_collections.progressive.delivery.plugins.module_utils._releases.disk import explained
from ansible_collections.progressive.delivery.plugins.module_utils._releases.errors import GitFailed
from ansible_collections.progressive.delivery.plugins.module_utils._releases.sources import Content, Source
from ansible_collections.progressive.delivery.plugins.module_utils._shown_url import (
    shown_url,
    without_url_secrets,
)

_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?\Z")
_REFERENCE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./+@-]*\Z")
_ALL = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")


@dataclass(frozen=True)
class GitSource(Source):
    """A commit of a repository.

    :param ref: a tag, a branch or a full commit id; resolved once, when the release is staged
    :param cache: folder of the kept repository
    """

    repository: str
    ref: str
    cache: str

    def __post_init__(self) -> None:
        if self.repository.startswith("-") or not self.repository:
            raise InvalidOption("repo {0!r} is not the address of a repository".format(self.shown))
        if not _REFERENCE.match(self.ref) or ".." in self.ref:
            raise InvalidOption("ref {0!r} is not a tag, a branch or a full commit id".format(self.ref))

    def same_as(self, recorded: t.Mapping[str, str]) -> bool:
        if recorded.get("type") != "git":
            return False
        if _COMMIT.match(self.ref):
            return recorded.get("commit") == self.ref
        return recorded.get("ref") == self.ref and shown_url(recorded.get("repository", "")) == self.shown

    @property
    def shown(self) -> str:
        """The repository's address as it may be shown."""
        return shown_url(self.repository)

    def check(self, shared: t.Sequence[str] = ()) -> None:  # noqa: ARG002
        listed = self._git("ls-remote", "--", self.repository)
        wanted = ("refs/tags/" + self.ref, "refs/heads/" + self.ref)
        if not _COMMIT.match(self.ref) and not any(line.split("\t")[-1] in wanted for line in listed.splitlines()):
            raise self._unknown()

    @contextlib.contextmanager
    def opened(self, scratch: str, shared: t.Sequence[str] = ()) -> t.Iterator[Content]:
        self._fetch()
        commit = self._resolve()
        with tempfile.TemporaryFile(dir=scratch) as exported:
            with explained("export commit {0}".format(commit), scratch):
                self._run(["--git-dir", self.cache, "archive", "--format=tar", commit], exported)
            handle = t.cast(t.BinaryIO, exported)
            with archive.open_archive(handle, commit) as opened:
                safe = members.safe_members(opened.members(), shared=shared)
                yield Content(
                    description={"type": "git", "repository": self.shown, "ref": self.ref, "commit": commit},
                    size=members.total_size(safe),
                    files=len(safe),
                    fill=lambda folder: archive.unpack(opened, safe, folder),
                )

    def _fetch(self) -> None:
        try:
            self._fetch_into_cache()
        except GitFailed as error:
            if ".lock" not in error.message:
                raise
            # A fetch that was killed left its locks behind; begin again, once.
            shutil.rmtree(self.cache)
            self._fetch_into_cache()

    def _fetch_into_cache(self) -> None:
        self._git("init", "--quiet", "--bare", self.cache)
        fetch = ("--git-dir", self.cache, "fetch", "--quiet", "--force", "--prune", "--", self.repository)
        self._git(*fetch, *_ALL)
        if _COMMIT.match(self.ref) and self._commit_of(self.ref) is None:
            self._git(*fetch, self.ref)

    def _resolve(self) -> str:
        names = [self.ref] if _COMMIT.match(self.ref) else ["refs/tags/" + self.ref, "refs/heads/" + self.ref]
        for name in names:
            commit = self._commit_of(name)
            if commit is not None:
                return commit
        raise self._unknown()

    def _commit_of(self, name: str) -> t.Optional[str]:
        try:
            return self._git("--git-dir", self.cache, "rev-parse", "--verify", "--quiet", name + "^{commit}").strip()
        except GitFailed:
            return None

    def _unknown(self) -> GitFailed:
        return GitFailed("repository {0} has no tag, branch or commit {1!r}".format(self.shown, self.ref))

    def _git(self, *arguments: str) -> str:
        return os.fsdecode(self._run(arguments, subprocess.PIPE))

    def _run(self, arguments: t.Sequence[str], output: t.Union[int, t.IO[bytes]]) -> bytes:
        environment = dict(os.environ, GIT_TERMINAL_PROMPT="0", LC_ALL="C")
        environment.setdefault("GIT_SSH_COMMAND", "ssh -o BatchMode=yes")
        try:
            done = subprocess.run(
                ["git", *arguments],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.PIPE,
                check=True,
            )
        except FileNotFoundError as error:
            raise GitFailed("git is not installed on this host") from error
        except subprocess.CalledProcessError as error:
            reason = without_url_secrets(os.fsdecode(error.stderr).strip(), self.repository)
            # Not from the error, whose text is the command with the address.
            raise GitFailed("git could not work with {0}: {1}".format(self.shown, reason)) from None
        return done.stdout or b""
