# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts the keys of one Redis in the place of another's, in one transaction.

PRIVATE to the collection. Redis carries out what it has queued even where a
command of it fails. So every value is shown to the live server beforehand, as
a key that expired long ago: it reads it whole, and keeps nothing of it.
FLUSHALL is not used, for with it Redis saves an empty data set to its disk,
with which it would begin anew if it died in that moment.
"""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.redis_facts import (
    batches,
    databases_of,
    expiries,
    libraries_of,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.resp import (
    Argument,
    Connection,
    Reply,
    ReplyError,
)

_PROBE = b":progressive-delivery-probe"
_LONG_AGO = 1
_MOST = 64
_MANY_BYTES = 1024 * 1024
_MOST_DATABASES = 65536

Restorable = t.Tuple[bytes, int, bytes]
"""A key, when it expires (milliseconds since the epoch, 0 for never), and its value as DUMP gives it."""


class Refused(Exception):
    """The live server does not take something; nothing was changed."""


class Uncertain(Exception):
    """It cannot be told, or is bad, what became of the live server."""


def replace_content(copy: Connection, live: Connection, databases: t.Optional[t.Collection[int]] = None) -> None:
    """Give *live* the keys of *copy*, with the time at which each expires, instead of its own.

    The libraries of functions too, unless only some *databases* are meant. Scripts are not data: clients send theirs
    again. Whoever watches the live server sees the old or the new; the live server needs room for both, and stands
    still while the one takes the place of the other.

    :raises Refused: nothing was changed
    :raises Uncertain: with what is known
    """
    held = [database for database in databases_of(copy) if databases is None or database in databases]
    flushed = _existing(live) if databases is None else sorted(databases)
    for database in sorted({*held, *flushed}):
        _accepted(live.calls([("SELECT", database)]), "database {0}".format(database))
    for database in held:
        _accepted(live.calls([("SELECT", database)]), "database {0}".format(database))
        for some in _restorable(copy, database):
            probes: t.List[t.Tuple[Argument, ...]] = [
                ("RESTORE", key + _PROBE, _LONG_AGO, value, "ABSTTL") for key, _expiry, value in some
            ]
            _accepted(live.calls(probes), "a key of database {0}".format(database))
    functions = databases is None and bool(libraries_of(copy) or libraries_of(live))
    _accepted(live.calls([("MULTI",)]), "a transaction")
    for database in flushed:
        _accepted(live.calls([("SELECT", database), ("FLUSHDB",)]), "the emptying of a database")
    for database in held:
        _accepted(live.calls([("SELECT", database)]), "database {0}".format(database))
        for some in _restorable(copy, database):
            restores: t.List[t.Tuple[Argument, ...]] = [
                ("RESTORE", key, expiry, value, "REPLACE", "ABSTTL") for key, expiry, value in some
            ]
            _accepted(live.calls(restores), "a key of database {0}".format(database))
    if functions:
        _accepted(live.calls([("FUNCTION", "RESTORE", copy.call("FUNCTION", "DUMP"), "FLUSH")]), "the functions")
    _execute(live)


def _execute(live: Connection) -> None:
    live.patience(None)  # It takes as long as it takes; that the other end is gone is noticed.
    try:
        replies = live.call("EXEC")
    except ReplyError as error:
        raise Refused(str(error)) from error
    except OSError as error:
        raise Uncertain(
            "the connection broke while the content was replaced ({0}): it is the old or the new, whole".format(error)
        ) from error
    failed = [reply for reply in replies or () if isinstance(reply, ReplyError)]
    if failed or replies is None:
        raise Uncertain("of the transaction {0} commands failed: {1}".format(len(failed), failed[:1]))


def _existing(live: Connection) -> t.List[int]:
    """The databases that the server has, which only an administrator could ask it."""
    for begin in range(0, _MOST_DATABASES, _MOST):
        replies = live.calls([("SELECT", number) for number in range(begin, begin + _MOST)])
        for place, reply in enumerate(replies):
            if isinstance(reply, ReplyError):
                if begin + place == 0:
                    raise Refused("it does not take SELECT: {0}".format(reply))
                return list(range(begin + place))
    return list(range(_MOST_DATABASES))


def _restorable(copy: Connection, database: int) -> t.Iterator[t.List[Restorable]]:
    """All keys of a database of *copy*, some at a time."""
    copy.call("SELECT", database)
    at_once = 1
    for keys in batches(copy):
        when = dict(zip(keys, expiries(copy, keys)))
        begin = 0
        while begin < len(keys):
            some = keys[begin : begin + at_once]
            values = copy.calls([("DUMP", key) for key in some])
            yield [
                (key, max(when[key], 0), value) for key, value in zip(some, values) if value is not None
            ]  # not expired
            begin += at_once
            small = sum(len(value or b"") for value in values) < _MANY_BYTES
            at_once = min(_MOST, at_once * 2) if small else max(1, at_once // 2)


def _accepted(replies: t.Sequence[Reply], what: str) -> None:
    for reply in replies:
        if isinstance(reply, ReplyError):
            raise Refused("it does not take {0}: {1}".format(what, reply))
