# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which rights an account lacks to save all of a database: the server hides what it may not see, and says nothing.

PRIVATE to the collection.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.mysql_access import (
    Session,
    identifier,
)

NEEDED = ("SELECT", "LOCK TABLES", "SHOW VIEW", "TRIGGER", "EVENT")
_NAME = r"(\*|`(?:[^`]|``)*`)"
_GRANT = re.compile(r"GRANT (.+?) ON (?:TABLE )?{0}\.{0} TO ".format(_NAME))
_ALL = "ALL PRIVILEGES"


def missing_rights(session: Session, database: str) -> t.List[str]:
    """Each as it is said in a sentence; none where all of the database can be read."""
    statement = "SHOW GRANTS"
    if "MariaDB" not in session.rows("SELECT VERSION()")[0][0]:
        roles = session.rows("SELECT CURRENT_ROLE()")[0][0]
        statement += "" if roles == "NONE" else " FOR CURRENT_USER() USING {0}".format(roles)
    return missing([row[0] for row in session.rows(statement)], database)


def missing(grants: t.Iterable[str], database: str) -> t.List[str]:
    """What lacks, where *grants* are as the server shows them."""
    on_database: t.Set[str] = set()
    on_routines: t.Set[str] = set()
    for grant in grants:
        found = _GRANT.match(grant)
        if found is None:
            continue
        # A right on some columns only is no right on the table.
        rights = {right.strip() for right in re.sub(r"\([^)]*\)", "()", found.group(1)).split(",")}
        schema, table = found.group(2), found.group(3)
        if table == "*" and _covers(schema, database):
            on_database |= rights
        if schema == "*" or (_covers(schema, "mysql") and table in ("*", "`proc`")):
            on_routines |= rights
    lacking = [] if _ALL in on_database else [right for right in NEEDED if right not in on_database]
    said = ["{0} on {1}.*".format(", ".join(lacking), identifier(database))] if lacking else []
    if not on_routines & {_ALL, "SELECT", "SHOW_ROUTINE"} and "SHOW CREATE ROUTINE" not in on_database:
        said.append("SELECT on mysql.proc (on MySQL SHOW_ROUTINE on *.*), without which it does not see all routines")
    return said


def _covers(pattern: str, database: str) -> bool:
    """Whether a right on *pattern*, which C(LIKE) understands, is one on the database."""
    if pattern == "*":
        return True
    parts = re.findall(r"\\.|.", pattern[1:-1].replace("``", "`"))
    wild = {"%": ".*", "_": "."}
    expression = "".join(wild.get(part) or re.escape(part[-1]) for part in parts)
    return re.fullmatch(expression, database, re.DOTALL) is not None
