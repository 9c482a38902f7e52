# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of sources by name, and the source that a task describes.

PRIVATE to the collection. A kind is imported when a task names it, as
few tasks name more than one, and many none.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import DESCRIPTION
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.interface import Source
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption

if t.TYPE_CHECKING:
    from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.command import Command

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
Given = t.Mapping[str, t.Any]


def _text() -> t.Dict[str, t.Any]:
    return {"type": "str"}


def _password() -> t.Dict[str, t.Any]:
    return {"type": "str", "no_log": True}


def _databases() -> t.Dict[str, t.Any]:
    return {"type": "list", "elements": "str", "default": []}


def arguments() -> t.Dict[str, t.Any]:
    """The argument spec of one element of ``sources``."""
    return {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "postgresql": {
                "type": "dict",
                "options": {
                    "host": _text(),
                    "port": {"type": "int"},
                    "user": _text(),
                    "password": _password(),
                    "run_as": _text(),
                    "programs": {"type": "path"},
                    "databases": _databases(),
                    "maintenance_database": {"type": "str", "default": "postgres"},
                    "scratch_server": {"type": "str", "choices": ["auto", "same", "own"], "default": "auto"},
                    "lock_timeout": {"type": "float", "default": 60.0},
                },
            },
            "mysql": {
                "type": "dict",
                "options": {
                    "host": _text(),
                    "port": {"type": "int"},
                    "socket": {"type": "path"},
                    "user": _text(),
                    "password": _password(),
                    "programs": {"type": "path"},
                    "databases": _databases(),
                    "not_transactional": {"type": "str", "choices": ["lock", "refuse"], "default": "lock"},
                    "lock_timeout": {"type": "float", "default": 10.0},
                },
            },
            "sqlite": {
                "type": "dict",
                "options": {
                    "path": {"type": "path", "required": True},
                    "timeout": {"type": "float", "default": 60.0},
                },
            },
            "redis": {
                "type": "dict",
                "options": {
                    "host": {"type": "str", "default": "127.0.0.1"},
                    "port": {"type": "int", "default": 6379},
                    "socket": {"type": "path"},
                    "user": _text(),
                    "password": _password(),
                    "tls": {"type": "bool", "default": False},
                    "authority": {"type": "path"},
                    "certificate": {"type": "path"},
                    "key": {"type": "path", "no_log": False},
                    "server_name": _text(),
                    "databases": {"type": "list", "elements": "int"},
                    "timeout": {"type": "float", "default": 60.0},
                },
            },
            "command": {
                "type": "dict",
                "options": {
                    "argv": {"type": "list", "elements": "str"},
                    "shell": _text(),
                    "prove_argv": {"type": "list", "elements": "str"},
                    "prove_shell": _text(),
                    "restore_argv": {"type": "list", "elements": "str"},
                    "restore_shell": _text(),
                    "environment": {"type": "dict", "no_log": True},
                    "timeout": {"type": "float"},
                },
                "mutually_exclusive": [
                    ["argv", "shell"],
                    ["prove_argv", "prove_shell"],
                    ["restore_argv", "restore_shell"],
                ],
                "required_one_of": [["argv", "shell"]],
            },
        },
        "mutually_exclusive": [sorted(_KINDS)],
        "required_one_of": [sorted(_KINDS)],
    }


def sources_for(given: t.Sequence[Given]) -> t.Tuple[Source, ...]:
    """The sources of a task.

    :raises InvalidOption: a name that could not be that of a folder beside the snapshot's description
    """
    return tuple(_source(source) for source in given)


def _source(given: Given) -> Source:
    name = given["name"]
    if not NAME.fullmatch(name):
        raise InvalidOption(
            "sources: the name '{0}' is not made of letters, digits, dots, dashes and underscores".format(name)
        )
    if name == DESCRIPTION:
        raise InvalidOption("sources: {0} is what every snapshot calls its description; give another name".format(name))
    kind = next(kind for kind in _KINDS if given.get(kind) is not None)
    return _KINDS[kind](name, given[kind])


def _postgresql(name: str, given: Given) -> Source:
    from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.postgresql import (
        PostgreSQL,
    )
    from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.postgresql_access import (
        Server,
    )

    server = Server(
        **{
            option: given[option]
            for option in ("host", "port", "user", "password", "run_as", "programs", "lock_timeout")
        }
    )
    return PostgreSQL(
        name,
        server,
        given["databases"],
        scratch_server=given["scratch_server"],
        maintenance_database=given["maintenance_database"],
    )


def _mysql(name: str, given: Given) -> Source:
    from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.mysql import (
        MySQL,
    )
    from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.mysql_access import (
        Server,
    )

    server = Server(
        **{
            option: given[option]
            for option in ("host", "port", "socket", "user", "password", "programs", "lock_timeout")
        }
    )
    return MySQL(name, server, given["databases"], given["not_transactional"])


def _sqlite(name: str, given: Given) -> Source:
    from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.sqlite import (
        SQLite,
    )

    return SQLite(name, given["path"], given["timeout"])


def _redis(name: str, given: Given) -> Source:
    from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.redis import (
        Redis,
    )
    from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.resp import (
        Certificates,
    )

    trust = ("authority", "certificate", "key", "server_name")
    if not given["tls"] and any(given[option] for option in trust):
        raise InvalidOption("sources: redis {0} has {1} without tls: true".format(name, " or ".join(trust)))
    certificates = Certificates(**{option: given[option] for option in trust}) if given["tls"] else None
    plain = ("host", "port", "socket", "user", "password", "databases", "timeout")
    return Redis(name, certificates=certificates, **{option: given[option] for option in plain})


def _command(name: str, given: Given) -> Source:
    from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.command import (
        Output,
    )

    return Output(
        name,
        t.cast("Command", _either(given, "argv", "shell")),
        prove=_either(given, "prove_argv", "prove_shell"),
        restore=_either(given, "restore_argv", "restore_shell"),
        environment={key: str(value) for key, value in (given["environment"] or {}).items()},
        timeout=given["timeout"],
    )


def _either(given: Given, argv: str, shell: str) -> t.Optional[Command]:
    """What is given of the two, which may be empty, and then is refused like that."""
    return t.cast("t.Optional[Command]", given[shell] if given[argv] is None else given[argv])


_KINDS: t.Mapping[str, t.Callable[[str, Given], Source]] = {
    "postgresql": _postgresql,
    "mysql": _mysql,
    "sqlite": _sqlite,
    "redis": _redis,
    "command": _command,
}
