# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A PostgreSQL server for one proof, where that cannot or should not be done in the one that is saved.

PRIVATE to the collection. It listens on a socket in its folder only, and ends
with this process. PostgreSQL does not run as root; where root calls, it runs
as the user C(postgres), or as whom the other programs run.

To restore a dump is to run what the owners of the database wrote: checks of a
column, expressions of an index. So its databases are filled by a role that
may do nothing but that; a superuser makes the schemas and the extensions
before anything else is there.
"""

from __future__ import annotations

import contextlib
import fcntl
import glob
import os
import pwd
import re
import shutil
import tempfile
import time
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._backups.coprocess import Coprocess
from ansible_collections.progressive.delivery.plugins.module_utils._backups.process import run
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.postgresql_access import (
    Access,
    Refused,
    as_user,
    identifier,
    program_path,
    words,
)

_PARENT = "/var/tmp"  # noqa: S108 (mkdtemp makes what is in it)
_PREFIX = "progressive-delivery-proof-"
_ROOTS_USER = "postgres"
_SUPERUSER = "proof"
_FILLS = "filler"
_PORT = 5432
_LONGEST = 80
"""Characters of a folder: the address of a socket in it has to fit into 107."""
_START = 60.0
_PAUSE = 0.1
_ENTRY = re.compile(r"\d+; \d+ \d+ (SCHEMA|EXTENSION|EVENT TRIGGER|COMMENT) ")
_SCHEMAS = "SELECT to_json(nspname) FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'"


def server_programs(folder: t.Optional[str]) -> t.Optional[str]:
    """Where ``initdb`` is; None where it is not."""
    try:
        return program_path("initdb", folder)
    except Refused:
        return None


@contextlib.contextmanager
def own_server(access: Access, scratch: str) -> t.Iterator[t.Tuple[Access, Access]]:
    """A new server that runs until the block ends, in *scratch* if its user can get there. Raises :class:`Refused`.

    Gives who makes databases there and who fills them.
    """
    user = access.server.run_as or (_ROOTS_USER if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name)
    with _folder(scratch, user) as folder:
        own = access.at(folder, _PORT, _SUPERUSER, user)
        own.call(
            "initdb", "--pgdata={0}".format(folder), "--username={0}".format(_SUPERUSER), "--auth=trust", "--no-sync"
        )
        options = ["-D", folder, "-k", folder, "-p", str(_PORT), "-F", "-c", "listen_addresses="]
        server = Coprocess(own.command("postgres", *options), {})
        try:
            _wait(own, server)
            with own.session("postgres") as session:
                session.rows("CREATE ROLE {0} LOGIN BYPASSRLS".format(_FILLS))
            yield own, access.at(folder, _PORT, _FILLS, user)
        finally:
            with contextlib.suppress(Refused):
                own.call("pg_ctl", "stop", "--pgdata={0}".format(folder), "--mode=immediate")
            server.close()


def in_parts(listed: str) -> t.Tuple[str, str]:
    """Of what C(pg_restore --list) printed, the entries for a superuser and those for who fills the database.

    What only a superuser may make and is no content is in neither.
    """
    first, then = [], []
    for line in listed.splitlines():
        kind = _ENTRY.match(line)
        if kind is None:
            then.append(line)
        elif kind.group(1) in ("SCHEMA", "EXTENSION"):
            first.append(line)
    return "\n".join([*first, ""]), "\n".join([*then, ""])


def given_away(own: Access, database: str) -> None:
    """Let who fills *database* do so, in all its schemas, also what extensions keep there for others."""
    with own.session(database) as session:
        session.rows("ALTER DATABASE {0} OWNER TO {1}".format(identifier(database), _FILLS))
        for schema in session.rows(_SCHEMAS):
            session.rows("ALTER SCHEMA {0} OWNER TO {1}".format(identifier(schema), _FILLS))
            for kind in ("TABLES", "SEQUENCES"):
                session.rows("GRANT ALL ON ALL {0} IN SCHEMA {1} TO {2}".format(kind, identifier(schema), _FILLS))


def _wait(own: Access, server: Coprocess) -> None:
    deadline = time.monotonic() + _START
    while True:
        try:
            with own.session("postgres"):
                return
        except Refused as error:
            if not server.running() or time.monotonic() > deadline:
                raise Refused("the server for the proof does not start: {0}".format(words(server.said()))) from error
        time.sleep(_PAUSE)


@contextlib.contextmanager
def _folder(scratch: str, user: str) -> t.Iterator[str]:
    """A folder of *user*'s."""
    folder = os.path.join(scratch, "server")
    os.mkdir(folder, 0o700)
    try:
        _give(folder, user)
        if len(folder) <= _LONGEST and run([*as_user(user), "test", "-w", folder], folder="/").code == 0:
            yield folder
            return
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    _remove_abandoned()
    parent = tempfile.mkdtemp(prefix=_PREFIX, dir=_PARENT)
    held = os.open(parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        os.chmod(parent, 0o711)  # noqa: S103 (its user has to get to what is in it)
        folder = os.path.join(parent, "server")
        os.mkdir(folder, 0o700)
        _give(folder, user)
        yield folder
    finally:
        shutil.rmtree(parent, ignore_errors=True)
        os.close(held)


def _give(folder: str, user: str) -> None:
    if os.geteuid() == 0:
        shutil.chown(folder, user)


def _remove_abandoned() -> None:
    """Remove what killed runs left; who still works in one holds it locked."""
    for parent in glob.glob(os.path.join(_PARENT, _PREFIX + "*")):
        with contextlib.suppress(OSError):
            held = os.open(parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                if os.fstat(held).st_uid == os.geteuid():
                    fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(parent, ignore_errors=True)
            finally:
                os.close(held)
