# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Databases that are restored beside the live ones: to be compared and dropped, or to take their places.

PRIVATE to the collection. Their names follow from those of the live ones, so
that whoever comes after a killed run finds and drops what it left. Databases
change places in one transaction: the server has the old ones or the new ones
under their names, all of them, at any instant.
"""

from __future__ import annotations

import contextlib
import os
import typing as t
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillRunning

from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import Facts
from ansible_collections.progressive.delivery.plugins.module_utils._backups.passwords import file_in_memory, path_of
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.dumped import Dumped
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.postgresql_access import (
    Access,
    Refused,
    Session,
    literal,
    target,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.postgresql_database import (
    created,
    dressed,
    dropped,
    ended,
    lock_of,
    renamed,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.postgresql_facts import (
    facts_of,
    tables_of,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.postgresql_own_server import (
    given_away,
    in_parts,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.scratch_database import (
    FRESH,
    OLD,
    PROOF,
    scratch_name,
)

_PAUSE = 0.05
_PROOF_OPTIONS = ("--no-owner", "--no-privileges", "--no-publications", "--no-subscriptions", "--no-tablespaces")
"""A proof is of the content; roles and other servers have no part in it."""
_IN_USE = """
SELECT to_json(format('%s of the database %I', what, datname)) FROM (
    SELECT 'the replication slot ' || slot_name, database FROM pg_replication_slots WHERE database IS NOT NULL
    UNION ALL SELECT 'the subscription ' || subname, datname FROM pg_subscription JOIN pg_database d ON d.oid = subdbid
    UNION ALL SELECT 'the prepared transaction ' || gid, database FROM pg_prepared_xacts
) AS uses (what, datname) WHERE datname IN ({0})
"""


class Scratch:
    """Makes them; :func:`scratch_databases` gives one.

    :param filling: who fills them for a proof, where that is not who makes them
    """

    def __init__(
        self,
        access: Access,
        session: Session,
        maintenance: str,
        databases: t.Sequence[Dumped],
        filling: t.Optional[Access] = None,
    ) -> None:
        self._access = access
        self._session = session
        self._maintenance = maintenance
        self._databases = databases
        self._filling = filling

    def clear(self) -> None:
        """Drop all that this or a killed run left behind. What was live before is kept where nothing took its place."""
        for database in self._databases:
            uses = [PROOF, FRESH] + ([OLD] if self._is_there(database.name) else [])
            for use in uses:
                self._session.rows(dropped(scratch_name(use, database.name), self._session.version))

    def proven(self, folder: str) -> Facts:
        """Restore one after the other, for its facts."""
        facts: t.Dict[str, t.Tuple[int, str]] = {}
        for database in self._databases:
            name = scratch_name(PROOF, database.name)
            self._session.rows(created(name, database.about, owned=False))
            if self._filling is None:
                facts.update(self._restored(folder, database, name, _PROOF_OPTIONS))
            else:
                facts.update(self._filled(folder, database, name, self._filling))
            self._session.rows(dropped(name, self._session.version))
        return Facts(facts)

    def loaded(self, folder: str) -> Facts:
        """Restore all, as they are to be, for their facts."""
        self._refuse_what_is_bound()
        facts: t.Dict[str, t.Tuple[int, str]] = {}
        for database in self._databases:
            name = scratch_name(FRESH, database.name)
            self._session.rows(created(name, database.about, owned=True))
            facts.update(self._restored(folder, database, name, ()))
            for statement in dressed(name, database.about):
                self._session.rows(statement)
        return Facts(facts)

    def swap(self) -> None:
        """Put what was loaded in the place of what is live, at once, and drop that."""
        pairs = []
        live = []
        for database in self._databases:
            if self._is_there(database.name):
                live.append(database.name)
                pairs.append((database.name, scratch_name(OLD, database.name)))
            pairs.append((scratch_name(FRESH, database.name), database.name))
        # The server waits some seconds for those who are connected and lets nobody in meanwhile; another session ends them.
        names = live + [scratch_name(FRESH, database.name) for database in self._databases]
        with self._access.session(self._maintenance) as renaming, ThreadPoolExecutor(1) as beside:
            swapping = beside.submit(renaming.rows, renamed(pairs))
            hindered = ""
            while not swapping.done():
                try:
                    if not hindered:
                        self._session.rows(ended(names))
                except Refused as error:
                    hindered = "; {0}".format(error)
                with contextlib.suppress(StillRunning):
                    swapping.exception(_PAUSE)
            try:
                swapping.result()
            except Refused as error:
                raise Refused("{0}{1}".format(error, hindered)) from error

    def _restored(
        self, folder: str, database: Dumped, name: str, options: t.Sequence[str]
    ) -> t.Dict[str, t.Tuple[int, str]]:
        try:
            self._load(self._access, folder, database, *options, target(name))
        except Refused as error:
            raise Refused("the database {0}: {1}".format(database.name, error)) from error
        with self._access.session(name) as session:
            return facts_of(session, database.name, tables_of(session))

    def _filled(self, folder: str, database: Dumped, name: str, filling: Access) -> t.Dict[str, t.Tuple[int, str]]:
        try:
            first, then = in_parts(self._load(self._access, folder, database, "--list"))
            self._load(self._access, folder, database, *_PROOF_OPTIONS, target(name), entries=first)
            given_away(self._access, name)
            self._load(filling, folder, database, *_PROOF_OPTIONS, target(name), entries=then)
        except Refused as error:
            raise Refused(
                "the database {0}: {1}; on a server of its own a proof is no superuser's, only scratch_server: same can be".format(
                    database.name, error
                )
            ) from error
        with filling.session(name) as session:
            return facts_of(session, database.name, tables_of(session))

    def _load(
        self, access: Access, folder: str, database: Dumped, *options: str, entries: t.Optional[str] = None
    ) -> str:
        """Call ``pg_restore`` for the dump, or for those *entries* of it, for what it prints."""
        arguments = ["--exit-on-error", "--no-password", *options]
        with open(os.path.join(folder, database.file), "rb") as stream, contextlib.ExitStack() as stack:
            descriptors = []
            if entries is not None:
                descriptors = [stack.enter_context(file_in_memory(entries, access.user_id))]
                arguments.append("--use-list={0}".format(path_of(descriptors[0])))
            return access.call("pg_restore", *arguments, stdin=stream, descriptors=descriptors)

    def _is_there(self, name: str) -> bool:
        return bool(self._session.rows("SELECT 1 FROM pg_database WHERE datname = {0}".format(literal(name))))

    def _refuse_what_is_bound(self) -> None:
        names = ", ".join(literal(database.name) for database in self._databases)
        bound = self._session.rows(_IN_USE.format(names))
        if bound:
            raise Refused("{0} would be lost with it; end that first".format(", ".join(bound)))


@contextlib.contextmanager
def scratch_databases(
    access: Access, maintenance: str, databases: t.Sequence[Dumped], filling: t.Optional[Access] = None
) -> t.Iterator[Scratch]:
    """Hold the right to make scratch databases for *databases*, and drop all of them in the end."""
    names = [database.name for database in databases]
    # Nobody may be connected to a database that gets another name.
    elsewhere = next((name for name in (maintenance, "postgres") if name not in names), "template1")
    with access.session(elsewhere) as session:
        for name in sorted(names):
            _hold(session, name)
        scratch = Scratch(access, session, elsewhere, databases, filling)
        scratch.clear()
        try:
            yield scratch
        finally:
            # What went wrong says more than that nothing could be dropped afterwards; the next call drops it.
            with contextlib.suppress(Refused), access.session(elsewhere) as last:
                Scratch(access, last, elsewhere, databases).clear()


def _hold(session: Session, database: str) -> None:
    try:
        session.rows("SELECT NULL FROM pg_advisory_lock({0})".format(lock_of(database)))
    except Refused as error:
        raise Refused("another run has scratch databases of {0}; wait for it: {1}".format(database, error)) from error
