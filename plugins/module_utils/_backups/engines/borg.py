# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Snapshots in a repository of borg: a folder here, or one on a host with borg that ssh reaches.

PRIVATE to the collection. What a snapshot is for is in its archive's comment,
and a proof is an archive of its own, a few bytes: to change a comment, borg
makes the archive anew and deletes the old one, which a proof is not worth.
"""

from __future__ import annotations

import os
import socket
import tempfile
import time
import types
import typing as t
import uuid

from ansible_collections.progressive.delivery.plugins.module_utils._backups import process
from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines import (
    borg_answers,
    borg_commands,
    borg_lock,
    holes,
    local_repository,
    processor,
    saved_paths,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.borg_answers import Message
from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.interface import Engine
from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.lock_owner import is_dead
from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.secret_pipe import handed
from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.turns import in_turn
from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import (
    BackupError,
    EngineMissing,
    RepositoryLocked,
    RepositoryUnreachable,
    RestoreFailed,
    SnapshotDamaged,
    SourceUnusable,
    WrongPassword,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import (
    Content,
    Labels,
    Proof,
    Snapshot,
    Taken,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.process import Finished
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._shown_url import shown_url, without_url_secrets

_NOTHING_WAS_MADE = (EngineMissing, RepositoryLocked, WrongPassword)


class Borg(Engine):
    """A repository of borg, encrypted with a key that is in it and opens with the password.

    :param repository: a path, or ``ssh://user@host:port/path``
    :param environment: further variables for borg, such as ``BORG_RSH`` or ``BORG_REMOTE_PATH``
    :param cache: folder for what borg keeps of repositories on this host; in the home folder unless it is given
    :param program: borg itself
    :param patience: seconds to wait for another process that works on the repository
    """

    name = "borg"

    def __init__(
        self,
        repository: str,
        password: str,
        *,
        environment: t.Mapping[str, str] = types.MappingProxyType({}),
        cache: t.Optional[str] = None,
        program: str = "borg",
        patience: float = 0.0,
    ) -> None:
        if not repository or not password or "\n" in password:
            raise InvalidOption("a repository of borg has a place and a password, which is one line")
        local = borg_commands.local_path(repository)
        self._folder = None if local is None else os.path.abspath(local)
        self._repository = repository if self._folder is None else self._folder
        self._password = password
        self._given = dict(environment)
        if cache is not None:
            self._given["BORG_BASE_DIR"] = cache
        self._program = program
        self._patience = patience
        self._has_opened = False
        self._has_freed = False
        self._listed: t.Dict[str, bytes] = {}

    def check(self) -> None:
        if self._has_opened:
            return
        absent = self._is_seen_free() or self._attempt(borg_commands.newest(), "open") is None
        if absent and self._folder is not None:
            local_repository.check_writable(self._folder)

    def snapshots(self, app: str) -> t.List[Snapshot]:
        if self._is_seen_free():
            return []
        listed = self._attempt(borg_commands.archives(app), "list the archives of")
        if listed is None:
            return []
        self._listed[app] = listed.out
        return list(borg_answers.archives(listed.out).snapshots)

    def take(self, content: Content, labels: Labels) -> Taken:
        saved_paths.check_there(content)
        self._listed.clear()
        taken = time.time()
        name = borg_commands.archive_name(labels.app, taken, uuid.uuid4().hex)
        creating = borg_commands.create(name, content, labels, taken)
        try:
            made = None if self._is_seen_free() else self._attempt(creating, "save to", warned=SourceUnusable)
            if made is None:
                self._make()
                made = self._done(creating, "save to", warned=SourceUnusable)
        except BackupError as error:
            if not isinstance(error, _NOTHING_WAS_MADE):
                self._delete_incomplete(name, error)
            raise
        files, size, added = borg_answers.counts(made.out)
        snapshot = Snapshot(name, taken, labels, socket.gethostname(), (*content.paths, content.dumps))
        return Taken(snapshot, files=files, bytes=size, added=added)

    def read_through(self, snapshot: Snapshot) -> None:
        name = snapshot.identifier
        self._done(borg_commands.read(name), "read archive {0} in".format(name), warned=SnapshotDamaged)

    def extract(self, snapshot: Snapshot, folder: str, paths: t.Sequence[str]) -> None:
        saved_paths.check_asked(snapshot, paths, folder)
        # Borg asks where it is and goes from there by names.
        saved_paths.check_apart(os.path.realpath(folder))
        name = snapshot.identifier
        doing = "restore archive {0} from".format(name)
        self._done(borg_commands.extract(name, paths), doing, warned=RestoreFailed, folder=folder)
        saved_paths.check_came(snapshot, paths, folder)
        # Borg leaves holes only where one of its parts, of up to 8 MiB, is zeros from end to end.
        holes.dig(folder)

    def record_proof(self, snapshot: Snapshot, proof: Proof) -> None:
        self._listed.clear()
        name = borg_commands.proof_name(snapshot.labels.app, uuid.uuid4().hex)
        self._done(borg_commands.mark(name, snapshot, proof), "record a proof in", stdin=b"proven\n")

    def remove(self, snapshots: t.Sequence[Snapshot]) -> None:
        gone = {snapshot.identifier for snapshot in snapshots}
        names: t.List[str] = []
        for app in sorted({snapshot.labels.app for snapshot in snapshots}):
            out = self._listed.pop(app, b"") or self._done(borg_commands.archives(app), "list the archives of").out
            listed = borg_answers.archives(out)
            there = [snapshot.identifier for snapshot in listed.snapshots]
            # The proofs last: one without an archive says nothing, and the next call takes it away.
            names += [name for name in there if name in gone]
            names += [name for name, proven in listed.proofs if proven in gone or proven not in there]
            # Nobody adds to them: whoever does has the repository for itself alone.
            names += listed.checkpoints
        self._delete(names)
        self._done(borg_commands.compact(), "free room in")

    def _is_seen_free(self) -> bool:
        return local_repository.is_seen_free(self._folder, self._program, self._given.get("PATH"))

    def _delete(self, names: t.Sequence[str]) -> None:
        """Delete the archives that are there of these."""
        if names:
            self._done(borg_commands.delete(names), "delete archives from")

    def _delete_incomplete(self, name: str, reason: BackupError) -> None:
        """Delete what may have been saved until then; borg keeps it, with a warning, where files could not be read."""
        try:
            self._delete([name])
        except BackupError as error:
            raise type(reason)(
                "{0}; and the archive {1} may be there, incomplete, for it could not be deleted: {2}".format(
                    reason.message, name, error.message
                )
            ) from error

    def _make(self) -> None:
        init = borg_commands.init(processor.has_sha256())
        if self._folder is None:
            self._done(init, "make")
            return
        with local_repository.being_made(self._folder) as place, tempfile.TemporaryDirectory() as scratch:
            if place is not None:
                # Borg would remember where it was made, and ask why it is somewhere else now.
                self._done(init, "make", repository=place, further={"BORG_BASE_DIR": scratch})

    def _remove_dead_locks(self) -> bool:
        """Remove locks whose owners are no more, when no others are there; whether there were any."""
        if self._has_freed:
            return True
        owners = borg_lock.owners(self._folder) if self._folder is not None else []
        if not owners or not all(map(is_dead, owners)):
            return False
        self._run(borg_commands.break_lock())
        return not borg_lock.owners(self._folder or "")

    def _done(self, arguments: t.Sequence[str], doing: str, **options: t.Any) -> Finished:
        """As :meth:`_attempt`, where there must be a repository."""
        finished = self._attempt(arguments, doing, **options)
        if finished is None:
            raise RepositoryUnreachable("there is no repository of borg at {0}".format(shown_url(self._repository)))
        return finished

    def _attempt(
        self, arguments: t.Sequence[str], doing: str, *, warned: t.Type[BackupError] = BackupError, **options: t.Any
    ) -> t.Optional[Finished]:
        """Run a command, when its turn has come.

        :param doing: for a message, with the repository after it
        :param warned: what a warning means that matters
        :return: None when there is no repository
        """

        def attempt() -> t.Optional[Finished]:
            finished, logged = self._run(arguments, **options)
            self._has_freed = borg_answers.has_freed(logged)
            only_warned = finished.code == borg_answers.WARNED
            telling = borg_answers.bad(logged) if only_warned else logged
            if finished.code == 0 or (only_warned and not telling):
                self._has_opened = True
                return finished
            if borg_answers.is_absent(logged, local=self._folder is not None):
                self._check_free()
                return None
            raise self._failure(doing, telling, warned if only_warned else None)

        return in_turn(attempt, self._remove_dead_locks, self._patience)

    def _failure(self, doing: str, logged: t.Sequence[Message], warned: t.Optional[t.Type[BackupError]]) -> BackupError:
        kind = borg_answers.failure(logged) if warned is None else borg_answers.warning(logged, warned)
        reason = without_url_secrets(borg_answers.said(logged), self._repository).replace(self._password, "***")
        if kind is RepositoryLocked and self._folder is not None:
            holders = "; ".join("locked by {0}".format(owner) for owner in borg_lock.owners(self._folder))
            reason = holders or reason
        return kind("borg could not {0} {1}: {2}".format(doing, shown_url(self._repository), reason))

    def _check_free(self) -> None:
        if self._folder is not None and not local_repository.is_free(self._folder):
            raise RepositoryUnreachable("{0} is not empty, and no repository of borg".format(self._folder))

    def _run(
        self,
        arguments: t.Sequence[str],
        *,
        repository: t.Optional[str] = None,
        further: t.Mapping[str, str] = types.MappingProxyType({}),
        **streams: t.Any,
    ) -> t.Tuple[Finished, t.List[Message]]:
        given = {**self._given, **further}
        with handed(self._password) as password, tempfile.TemporaryFile() as log:
            environment = borg_commands.environment(repository or self._repository, password, given, os.environ)
            try:
                finished = process.run(
                    [self._program, "--log-json", *arguments],
                    environment=environment,
                    descriptors=[password],
                    stderr=log,
                    **streams,
                )
            except FileNotFoundError as error:
                raise EngineMissing("{0} is not installed on this host".format(self._program)) from error
            log.seek(0)
            return finished, borg_answers.messages(log.read().decode("utf-8", "replace"))
