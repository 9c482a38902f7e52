# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder with the snapshots: who may write in it, what a dead writer left, and how one appears and goes at once.

PRIVATE to the collection.

.. code-block:: text

    REPOSITORY/repository.json         with what passwords are tried against
    REPOSITORY/.lock                   held for moments, by whoever changes names
    REPOSITORY/APP/IDENTIFIER/         a snapshot: content.tar.zst, manifest.json, manifest.sig, proofs.jsonl
    REPOSITORY/APP/.part-IDENTIFIER/   one that is being written; its writer holds .writer in it
    REPOSITORY/APP/.gone-IDENTIFIER/   one that is being taken away

Locks are those of flock(2), which the system takes from a process that dies.
"""

from __future__ import annotations

import contextlib
import datetime
import fcntl
import json
import os
import re
import shutil
import typing as t
import uuid

from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive import signature
from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import (
    RepositoryFull,
    RepositoryLocked,
    RepositoryUnreachable,
    UnknownSnapshot,
    WrongPassword,
)
from ansible_collections.progressive.delivery.plugins.module_utils._files import flock, room
from ansible_collections.progressive.delivery.plugins.module_utils._files.atomic import sync_folder

_ABOUT = "repository"
_KNOWN = "repository.json"
_LOCK = ".lock"
_WRITER = ".writer"
_PART = ".part-"
_GONE = ".gone-"
_PATIENCE = 120
_APP = re.compile(r"[a-z0-9][a-z0-9-]*\Z")
_IDENTIFIER = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}\Z")


class Repository:
    """The repository at *path*, an absolute path; *password* signs and verifies."""

    def __init__(self, path: str, password: t.Optional[str]) -> None:
        self.path = path
        self._password = password
        self._keys: t.Dict[str, bytes] = {}

    def key_of(self, salt: t.Optional[str]) -> t.Optional[bytes]:
        """The key that the password and *salt* make; None without either."""
        if self._password is None or salt is None:
            return None
        if salt not in self._keys:
            self._keys[salt] = signature.key_of(self._password, salt)
        return self._keys[salt]

    def check(self) -> None:
        """See that it can be opened, or made. Raises what :meth:`salt` does."""
        if not self.path.startswith("/"):
            raise RepositoryUnreachable("the repository is to be an absolute path, not {0!r}".format(self.path))
        with explained("open", self.path):
            self.salt()
            nearest = room.existing(self.path)
            if not os.path.isdir(nearest):
                raise RepositoryUnreachable("{0} is not a folder".format(nearest))
            if not os.access(nearest, os.R_OK | os.W_OK | os.X_OK):
                raise RepositoryUnreachable("user id {0} may not write in {1}".format(os.geteuid(), nearest))

    def salt(self) -> t.Optional[str]:
        """What keys are made with; None where nothing is signed, or there is no repository.

        Raises :class:`WrongPassword`, or :class:`RepositoryUnreachable`.
        """
        path = os.path.join(self.path, _KNOWN)
        try:
            with explained("open", self.path):
                content = _content(path)
            if content is None:
                return None
            salt, seal = _from_json(content)
        except ValueError as error:
            raise RepositoryUnreachable("{0} is damaged: {1}".format(path, error)) from error
        if salt is None and self._password is not None:
            raise WrongPassword("{0} was made without a password: what it holds is not signed".format(self.path))
        if salt is not None and self._password is None:
            raise WrongPassword("{0} was made with a password, and none was given".format(self.path))
        if not signature.same(seal, _seal(self.key_of(salt), salt)):
            raise WrongPassword("{0} was made with another password, or {1} is damaged".format(self.path, path))
        return salt

    def identifiers(self, app: str) -> t.List[str]:
        """Of all snapshots of *app*, oldest first."""
        folder = self._app(app)
        with explained("read", self.path):
            try:
                return sorted(filter(_IDENTIFIER.match, os.listdir(folder)))
            except FileNotFoundError:
                return []

    def folder(self, app: str, identifier: str) -> str:
        """Where a snapshot is; raises :class:`UnknownSnapshot` for what can be none."""
        if not _IDENTIFIER.match(identifier):
            raise UnknownSnapshot("there is no snapshot {0!r}".format(identifier))
        return os.path.join(self._app(app), identifier)

    @contextlib.contextmanager
    def part(self, app: str, identifier: str) -> t.Iterator[Part]:
        """A folder to write a snapshot in, which is gone at the end unless it has appeared."""
        folder = os.path.join(self._app(app), _PART + identifier)
        with self._changing(app):
            os.mkdir(folder, 0o700)
            writer = os.open(os.path.join(folder, _WRITER), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(writer, fcntl.LOCK_EX)
        try:
            yield Part(self, app, identifier, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(writer)

    def appear(self, app: str, identifier: str) -> None:
        """Make a part a snapshot."""
        folder = os.path.join(self._app(app), _PART + identifier)
        with self._changing(app):
            os.unlink(os.path.join(folder, _WRITER))
            sync_folder(folder)
            os.rename(folder, self.folder(app, identifier))
            sync_folder(self._app(app))

    def remove(self, app: str, identifiers: t.Iterable[str]) -> None:
        """Take snapshots away; those that are gone already are."""
        with self._changing(app):
            for identifier in identifiers:
                with contextlib.suppress(FileNotFoundError):
                    os.rename(self.folder(app, identifier), os.path.join(self._app(app), _GONE + identifier))

    def append(self, app: str, identifier: str, name: str, line: str) -> None:
        """Add a line to a file of a snapshot, to the disk. Raises :class:`UnknownSnapshot`."""
        folder = self.folder(app, identifier)
        with self._changing(app):
            if not os.path.isdir(folder):
                raise UnknownSnapshot("there is no snapshot {0}".format(identifier))
            # What a killed writer left of a line ends before ours.
            descriptor = os.open(
                os.path.join(folder, name), os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600
            )
            try:
                left = "\n{0}\n".format(line).encode("ascii")
                while left:
                    left = left[os.write(descriptor, left) :]
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            sync_folder(folder)

    def _app(self, app: str) -> str:
        if not _APP.match(app):
            raise UnknownSnapshot("there is no app {0!r}".format(app))
        return os.path.join(self.path, app)

    @contextlib.contextmanager
    def _changing(self, app: str) -> t.Iterator[None]:
        """Hold the names of the repository, which is made if it is not there, and take away what the dead left."""
        folder = self._app(app)
        with explained("write in", self.path):
            if not os.path.isdir(self.path):
                os.makedirs(self.path, 0o700, exist_ok=True)
                sync_folder(os.path.dirname(self.path))
            lock = os.open(os.path.join(self.path, _LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                if not flock.taken(lock, _PATIENCE):
                    raise RepositoryLocked("{0} is held by another process and not let go".format(self.path))
                self._make(folder)
                for name in _left_by_the_dead(folder):
                    os.rename(os.path.join(folder, name), os.path.join(folder, _GONE + name[len(_PART) :]))
                yield
                sync_folder(folder)
            finally:
                os.close(lock)
            # Others need not wait for that.
            for name in os.listdir(folder):
                if name.startswith(_GONE):
                    shutil.rmtree(os.path.join(folder, name), ignore_errors=True)

    def _make(self, folder: str) -> None:
        path = os.path.join(self.path, _KNOWN)
        if not os.path.lexists(path):
            salt = None if self._password is None else signature.new_salt()
            # Killed here, the next one writes the same file anew.
            new = path + ".new"
            with open(new, "wb", opener=_privately) as stream:
                stream.write(_to_json(salt, _seal(self.key_of(salt), salt)))
                stream.flush()
                os.fsync(stream.fileno())
            os.rename(new, path)
        if not os.path.isdir(folder):
            os.mkdir(folder, 0o700)
            sync_folder(self.path)


class Part(t.NamedTuple):
    """A snapshot that is being written in *folder*."""

    repository: Repository
    app: str
    identifier: str
    folder: str

    def appear(self) -> None:
        """Make it one of the repository, at once."""
        self.repository.appear(self.app, self.identifier)


def new_identifier(taken: float) -> str:
    """For a snapshot of that time, in seconds since the epoch."""
    time = datetime.datetime.fromtimestamp(taken, datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    return "{0}-{1}".format(time, uuid.uuid4().hex[:8])


def time_of(identifier: str) -> float:
    """When a snapshot of that name was taken, to the second."""
    return datetime.datetime.strptime(identifier[:16] + "+0000", "%Y%m%dT%H%M%SZ%z").timestamp()


@contextlib.contextmanager
def explained(what: str, path: str) -> t.Iterator[None]:
    """Turn an :class:`OSError` into :class:`RepositoryFull` or :class:`RepositoryUnreachable`."""
    try:
        yield
    except OSError as error:
        message = "cannot {0} the repository {1}: {2}".format(what, path, error.strerror)
        if error.errno in room.FULL:
            raise RepositoryFull(message) from error
        raise RepositoryUnreachable(message) from error


def _left_by_the_dead(folder: str) -> t.List[str]:
    return [
        name
        for name in os.listdir(folder)
        if name.startswith(_PART) and not _is_held(os.path.join(folder, name, _WRITER))
    ]


def _is_held(path: str) -> bool:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return not flock.taken(descriptor, 0)
    finally:
        os.close(descriptor)


def _seal(key: t.Optional[bytes], salt: t.Optional[str]) -> str:
    return signature.sealed(key, _ABOUT, (salt or "").encode("ascii"))


def _to_json(salt: t.Optional[str], seal: str) -> bytes:
    return json.dumps({"format": 1, "salt": salt, "seal": seal}).encode("ascii") + b"\n"


def _from_json(content: bytes) -> t.Tuple[t.Optional[str], str]:
    known = json.loads(content.decode("ascii"))
    if not isinstance(known, dict) or known.get("format") != 1 or not isinstance(known.get("seal"), str):
        raise ValueError("it is not what this version writes")
    if known.get("salt") is not None and not signature.is_salt(known["salt"]):
        raise ValueError("its salt is none")
    return known.get("salt"), known["seal"]


def _content(path: str) -> t.Optional[bytes]:
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except FileNotFoundError:
        return None


def _privately(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC, 0o600)
