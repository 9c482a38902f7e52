# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Snapshots in a repository of restic: a folder, or anything that restic can reach.

PRIVATE to the collection. A proof is a snapshot of its own, a few bytes with
tags that say of what: a tag that was added to a snapshot would change its
identifier, and need the repository for itself alone.
"""

from __future__ import annotations

import hashlib
import os
import socket
import time
import types
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._backups import process
from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines import (
    holes,
    local_repository,
    restic_answers,
    restic_commands,
    saved_paths,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.interface import Engine
from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.lock_owner import LockOwner, is_dead
from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.restic_folder import Folder
from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.restic_known import (
    Entry,
    KnownSnapshots,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.restic_reading import Counted
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
    UnknownSnapshot,
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

ANSWERS_WITHIN = 60.0
"""Seconds for a repository elsewhere to answer at all; newer versions of restic try for a quarter of an hour."""


class Restic(Engine):
    """A repository of restic.

    :param repository: as restic names it: a path, ``sftp:``, ``rest:``, ``s3:`` and so on
    :param environment: what restic needs to reach it, such as ``AWS_ACCESS_KEY_ID``; secret
    :param host: what snapshots say of where they come from; the name of this host unless it is given
    :param cache: folder for what restic keeps of the repository on this host; its own choice unless it is given
    :param program: restic itself
    :param patience: seconds to wait for another process that works on the repository
    """

    name = "restic"

    def __init__(
        self,
        repository: str,
        password: str,
        *,
        environment: t.Mapping[str, str] = types.MappingProxyType({}),
        host: t.Optional[str] = None,
        cache: t.Optional[str] = None,
        program: str = "restic",
        patience: float = 0.0,
    ) -> None:
        if not repository or not password or "\n" in password:
            raise InvalidOption("a repository of restic has an address and a password, which is one line")
        self._repository = repository
        self._password = password
        self._given = dict(environment)
        if cache is not None:
            self._given["RESTIC_CACHE_DIR"] = cache
        self._host = host or socket.gethostname()
        self._program = program
        self._patience = patience
        local = restic_answers.local_path(repository)
        self._folder = None if local is None else Folder(local)
        self._known = (
            KnownSnapshots(self._folder, password, self._given.get("RESTIC_CACHE_DIR"))
            if self._folder is not None and hasattr(hashlib, "scrypt")
            else None
        )
        self._has_answered = local is not None
        self._has_opened = False
        self._holes: t.Optional[bool] = None
        self._listed: t.Optional[t.List[Entry]] = None

    @property
    def _shown(self) -> str:
        return restic_answers.shown(self._repository)

    def check(self) -> None:
        self._reach()
        if self._has_opened:
            return
        absent = self._is_seen_free() or self._attempt(restic_commands.config(), "open") is None
        if absent and self._folder is not None:
            local_repository.check_writable(self._folder.path)

    def snapshots(self, app: str) -> t.List[Snapshot]:
        self._listed = [] if self._is_seen_free() else self._all()
        return restic_answers.snapshots(restic_answers.of_app(self._listed or [], app))

    def take(self, content: Content, labels: Labels) -> Taken:
        saved_paths.check_there(content)
        self._listed = None
        self._sweep()
        taken = time.time()
        tags = restic_commands.tags(labels, taken)
        saving = restic_commands.backup(content, tags, self._host)
        accepted = (0, restic_answers.INCOMPLETE)
        saved = None if self._is_seen_free() else self._attempt(saving, "save to", accepted=accepted)
        if saved is None:
            self._make()
            saved = self._done(saving, "save to", accepted=accepted)
        summary = restic_answers.summary(saved.out)
        paths = (*content.paths, content.dumps)
        identifier = self._whole(summary.identifier)
        if identifier is not None and restic_answers.is_whole(saved, paths):
            snapshot = Snapshot(identifier, taken, labels, self._host, paths)
            self._keep(identifier, tags, paths)
            return Taken(snapshot, files=summary.files, bytes=summary.bytes, added=summary.added)
        snapshot = self._snapshot(summary.identifier)
        missing = sorted({*content.paths, content.dumps} - set(snapshot.paths))
        if missing or saved.code == restic_answers.INCOMPLETE:
            self._done(restic_commands.forget([snapshot.identifier]), "take an incomplete snapshot out of")
            raise SourceUnusable(
                "not all could be read that is to be saved: {0}".format(", ".join(missing) or self._said(saved))
            )
        return Taken(snapshot, files=summary.files, bytes=summary.bytes, added=summary.added)

    def read_through(self, snapshot: Snapshot) -> None:
        doing = "read snapshot {0} in".format(snapshot.identifier)
        listed, dumped = Counted(), Counted()
        self._done(restic_commands.listing(snapshot.identifier), doing, stdout=listed.of_list)
        self._done(restic_commands.dump(snapshot.identifier), doing, stdout=dumped.of_dump)
        if listed.count != dumped.count:
            raise SnapshotDamaged(
                "of snapshot {0} in {1} only {2} of {3} files, folders and links can be read".format(
                    snapshot.identifier, self._shown, dumped.count, listed.count
                )
            )

    def extract(self, snapshot: Snapshot, folder: str, paths: t.Sequence[str]) -> None:
        saved_paths.check_asked(snapshot, paths, folder)
        saved_paths.check_apart(folder)
        sparse = self._writes_holes()
        restoring = restic_commands.restore(snapshot.identifier, folder, paths, sparse)
        self._done(restoring, "restore snapshot {0} from".format(snapshot.identifier), otherwise=RestoreFailed)
        saved_paths.check_came(snapshot, paths, folder)
        if not sparse:
            holes.dig(folder)

    def record_proof(self, snapshot: Snapshot, proof: Proof) -> None:
        self._listed = None
        self._sweep()
        tags = restic_commands.tags_of_proof(snapshot, proof)
        saved = self._done(restic_commands.mark(tags, self._host), "record a proof in", stdin=b"proven\n")
        self._keep(self._whole(restic_answers.summary(saved.out).identifier), tags, ["/" + restic_commands.PROOF])

    def remove(self, snapshots: t.Sequence[Snapshot]) -> None:
        began = time.time()
        self._sweep()
        listed = self._of_apps({snapshot.labels.app for snapshot in snapshots})
        gone = {entry["id"] for entry in listed} & {snapshot.identifier for snapshot in snapshots}
        kept = {snapshot.identifier for snapshot in restic_answers.snapshots(listed)} - gone
        markers = [marker for marker, proven in restic_answers.markers(listed) if proven not in kept]
        # The proofs last: one without a snapshot says nothing, and the next call takes it away.
        removals = [identifiers for identifiers in (sorted(gone), markers) if identifiers]
        for identifiers in removals:
            self._done(restic_commands.forget(identifiers, free=identifiers is removals[-1]), "remove snapshots from")
        if not removals:
            self._done(restic_commands.prune(), "free room in")
        if self._folder is not None and not self._folder.locks():
            self._folder.remove_parts(before=began)

    def _all(self) -> t.Optional[t.List[Entry]]:
        """All that the repository has; None when there is none."""
        known = None if self._known is None else self._known.all()
        if known is not None:
            self._has_opened = True
            return known
        listed = self._attempt(restic_commands.snapshots(), "list the snapshots of")
        if listed is None:
            return None
        entries = restic_answers.entries(listed.out)
        if self._known is not None:
            self._known.keep(entries)
        return entries

    def _of_apps(self, apps: t.Collection[str]) -> t.List[Entry]:
        """All of these apps, as it was listed last since anything was saved."""
        if not apps:
            return []
        listed, self._listed = self._listed, None
        if listed is None:
            listed = self._all()
        if listed is None:
            raise self._no_repository()
        return [entry for app in apps for entry in restic_answers.of_app(listed, app)]

    def _keep(self, identifier: t.Optional[str], tags: t.Sequence[str], paths: t.Sequence[str]) -> None:
        """Know what was saved without asking for it."""
        if self._known is not None and identifier is not None:
            self._known.keep([restic_answers.entry(identifier, self._host, tags, paths)])

    def _is_seen_free(self) -> bool:
        path = None if self._folder is None else self._folder.path
        return local_repository.is_seen_free(path, self._program, self._given.get("PATH"))

    def _whole(self, identifier: str) -> t.Optional[str]:
        """All of an identifier that was told: on this host as it is found in the repository; None where that is not known."""
        if self._folder is not None:
            return self._folder.snapshot(identifier)
        return identifier if len(identifier) == restic_answers.IDENTIFIER else None

    def _writes_holes(self) -> bool:
        if self._holes is None:
            self._holes = restic_answers.writes_holes(self._run(restic_commands.version()).out)
        return self._holes

    def _snapshot(self, identifier: str) -> Snapshot:
        answer = self._done(restic_commands.snapshot(identifier), "look at a snapshot of")
        listed = restic_answers.snapshots(restic_answers.entries(answer.out))
        if len(listed) != 1:
            raise UnknownSnapshot("the repository {0} has no snapshot {1}".format(self._shown, identifier))
        return listed[0]

    def _make(self) -> None:
        if self._folder is None:
            self._done(restic_commands.init(), "make")
            return
        with local_repository.being_made(self._folder.path) as place:
            if place is not None:
                self._done(restic_commands.init(), "make", repository=place)

    def _sweep(self) -> None:
        """Remove locks of the dead where that costs nothing when there are none."""
        if self._folder is not None and self._folder.locks():
            self._remove_dead_locks()

    def _remove_dead_locks(self) -> bool:
        """Remove locks whose owners are no more; whether there were any.

        Elsewhere than on this host a single lock cannot be removed, only all that restic knows to be dead. It goes by the age too, for which
        a host may only be slow; so that is left alone while any lock is there of which it is not known here.
        """
        locks = self._locks()
        dead = [identifier for identifier, owner in locks if owner is not None and is_dead(owner)]
        if dead and self._folder is not None:
            for identifier in dead:
                self._folder.remove_lock(identifier)
            return True
        if dead and len(dead) == len(locks):
            self._run(restic_commands.unlock())
            return len(self._locks()) < len(locks)
        return False

    def _locks(self) -> t.List[t.Tuple[str, t.Optional[LockOwner]]]:
        """All locks with their owners; None for one that cannot be read."""
        folder = self._folder
        listed = folder.locks() if folder is not None else self._run(restic_commands.locks()).out.decode().split()
        answers = [(identifier, self._run(restic_commands.lock(identifier))) for identifier in listed]
        here = socket.gethostname()
        return [
            (name, restic_answers.lock_owner(answer.out, here) if answer.code == 0 else None)
            for name, answer in answers
        ]

    def _done(self, arguments: t.Sequence[str], doing: str, **options: t.Any) -> Finished:
        """As :meth:`_attempt`, where there must be a repository."""
        finished = self._attempt(arguments, doing, **options)
        if finished is None:
            raise self._no_repository()
        return finished

    def _no_repository(self) -> RepositoryUnreachable:
        return RepositoryUnreachable("there is no repository of restic at {0}".format(self._shown))

    def _attempt(
        self,
        arguments: t.Sequence[str],
        doing: str,
        *,
        accepted: t.Sequence[int] = (0,),
        otherwise: t.Type[BackupError] = BackupError,
        **options: t.Any,
    ) -> t.Optional[Finished]:
        """Run a command, when its turn has come.

        :param doing: for a message, with the repository after it
        :param accepted: exit codes that are no failure
        :param otherwise: what a failure is that nothing more is known of
        :return: None when there is no repository
        """

        self._reach()

        def attempt() -> t.Optional[Finished]:
            finished = self._run(arguments, **options)
            if finished.code in accepted:
                self._has_opened = True
                return finished
            if restic_answers.is_absent(finished):
                self._check_free()
                return None
            kind = restic_answers.failure(finished)
            reason = self._lock_holders() if kind is RepositoryLocked else ""
            message = "restic could not {0} {1}: {2}".format(doing, self._shown, reason or self._said(finished))
            raise (otherwise if kind is BackupError else kind)(message)

        return in_turn(attempt, self._remove_dead_locks, self._patience)

    def _reach(self) -> None:
        """Raise :class:`RepositoryUnreachable` when nothing answers where the repository should be; what it answers is found out later."""
        if self._has_answered:
            return
        try:
            self._has_opened = self._run(restic_commands.config(), timeout=ANSWERS_WITHIN).code == 0
        except TimeoutError as error:
            said = restic_answers.said(Finished(0, b"", str(error)), self._repository, self._secrets)
            raise RepositoryUnreachable("the repository {0} does not answer: {1}".format(self._shown, said)) from None
        self._has_answered = True

    def _lock_holders(self) -> str:
        return "; ".join("locked by {0}".format(owner) for _identifier, owner in self._locks() if owner is not None)

    def _check_free(self) -> None:
        if self._folder is not None and not local_repository.is_free(self._folder.path):
            raise RepositoryUnreachable(
                "{0} is not empty, and no repository of restic: it has no config".format(self._shown)
            )

    def _said(self, finished: Finished) -> str:
        return restic_answers.said(finished, self._repository, self._secrets)

    @property
    def _secrets(self) -> t.List[str]:
        return [self._password, *self._given.values()]

    def _run(self, arguments: t.Sequence[str], *, repository: t.Optional[str] = None, **streams: t.Any) -> Finished:
        with handed(self._password) as password:
            environment = restic_commands.environment(repository or self._repository, password, self._given, os.environ)
            try:
                return process.run(
                    [self._program, *arguments], environment=environment, descriptors=[password], **streams
                )
            except FileNotFoundError as error:
                raise EngineMissing("{0} is not installed on this host".format(self._program)) from error
