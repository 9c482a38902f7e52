# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Redis holds, found so that it can be found again later, when some keys have expired.

PRIVATE to the collection. Keys that never expire are counted by database. The
others are counted by when they do, in spans that double: of a span that has
not begun, all keys must be found again, of another at most as many.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import Facts
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.facts import Multiset, unlike
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.resp import Connection, ReplyError

FUNCTIONS = "functions"

_SPAN = re.compile(r"(?:\d+) expiring (\d+) to (\d+)")
_BATCH = 500
_FIRST = 1000
_DOUBLINGS = 42
_NEVER = -1


def facts_of(copy: Connection, edges: t.Sequence[int], databases: t.Optional[t.Collection[int]] = None) -> Facts:
    """Keys and checksum of each database, and of the libraries of functions, of a server that only we use.

    :param edges: where the spans of expiry begin and end, as :func:`new_edges` or :func:`edges_of` give them
    :param databases: only these, and no functions
    """
    tables: t.Dict[str, Multiset] = {}
    exact = _tells_expiry(copy)
    for database in databases_of(copy):
        if databases is None or database in databases:
            copy.call("SELECT", database)
            for keys in batches(copy):
                for key, (kind, digest, expiry, content) in zip(keys, _described(copy, keys)):
                    if digest is not None:
                        # Left time and clock do not add up to the same millisecond each time.
                        when = expiry if exact else min(expiry, 0)
                        name = _name(database, when, edges)
                        tables.setdefault(name, Multiset()).add((key, kind, digest, b"%d" % when, content))
    facts = {name: keys.result() for name, keys in tables.items()}
    if databases is None:
        libraries = Multiset()
        for library in libraries_of(copy):
            libraries.add(library)
        facts[FUNCTIONS] = libraries.result()
    return Facts(facts)


def new_edges(now: float) -> t.List[int]:
    """Edges for a dump that was made at *now*, seconds since the epoch; theirs are milliseconds."""
    return [0] + [int(now * 1000) + _FIRST * 2**doubled for doubled in range(_DOUBLINGS)]


def edges_of(facts: Facts) -> t.List[int]:
    """Those by which *facts* were found."""
    spans = [found for found in map(_SPAN.fullmatch, facts.tables) if found]
    return sorted({int(edge) for found in spans for edge in found.groups()})


def unlike_at(saved: Facts, found: Facts, now: float) -> t.List[str]:
    """In words, what was found otherwise than it was saved; *now* is when it had been found, seconds since the epoch."""
    exact_saved, exact_found = dict(saved.tables), dict(found.tables)
    for name in set(saved.tables) | set(found.tables):
        span = _SPAN.fullmatch(name)
        wanted, present = saved.tables.get(name, (0, ""))[0], found.tables.get(name, (0, ""))[0]
        if span and int(span.group(1)) <= now * 1000 and present <= wanted:
            exact_saved.pop(name, None)
            exact_found.pop(name, None)
    return unlike(Facts(exact_saved), Facts(exact_found), "database", "keys")


def databases_of(connection: Connection) -> t.List[int]:
    """Those that have keys."""
    told = connection.call("INFO", "keyspace").decode("ascii", "replace")
    return sorted(int(number) for number in re.findall(r"^db(\d+):", told, re.MULTILINE))


def batches(copy: Connection) -> t.Iterator[t.List[bytes]]:
    """All keys of the database that is selected, each once."""
    seen: t.Set[bytes] = set()
    cursor = b"0"
    while True:
        cursor, keys = copy.call("SCAN", cursor, "COUNT", _BATCH)
        # A table that changes its size amid a scan shows some twice.
        fresh = sorted(set(keys) - seen)
        seen.update(fresh)
        if fresh:
            yield fresh
        if cursor == b"0":
            return


def expiries(copy: Connection, keys: t.Sequence[bytes]) -> t.List[int]:
    """When each of *keys* expires, milliseconds since the epoch; below 0 for never and for what has."""
    if _tells_expiry(copy):
        return copy.calls([("PEXPIRETIME", key) for key in keys])
    seconds, micros = copy.call("TIME")
    now = int(seconds) * 1000 + int(micros) // 1000
    return [left if left < 0 else now + left for left in copy.calls([("PTTL", key) for key in keys])]


def libraries_of(connection: Connection) -> t.List[t.Tuple[bytes, ...]]:
    """Name, engine and code of each library of functions; none before Redis 7."""
    try:
        listed = connection.call("FUNCTION", "LIST", "WITHCODE")
    except ReplyError:
        return []
    libraries = [dict(zip(library[::2], library[1::2])) for library in listed]
    return [tuple(library[name] for name in (b"library_name", b"engine", b"library_code")) for library in libraries]


def _tells_expiry(copy: Connection) -> bool:
    """Whether it says when a key expires, as Redis 7 does, and not only how long that is from now."""
    return not isinstance(copy.calls([("PEXPIRETIME", "")])[0], ReplyError)


def _described(copy: Connection, keys: t.Sequence[bytes]) -> t.List[t.Tuple[bytes, t.Optional[bytes], int, bytes]]:
    """Type, digest, expiry, and what else there is of each; the digest is None for what has expired."""
    kinds = copy.calls([("TYPE", key) for key in keys])
    digests = copy.calls([("DEBUG", "DIGEST-VALUE", key) for key in keys])
    when = expiries(copy, keys)
    # The digest of a stream has nothing of its groups; how one is dumped depends on nothing else.
    streams = {key: copy.call("DUMP", key) for key, kind in zip(keys, kinds) if kind == "stream"}
    described = []
    for key, kind, digest, expiry in zip(keys, kinds, digests, when):
        if isinstance(digest, ReplyError):
            raise digest
        alive = kind != "none" and expiry >= _NEVER
        content = streams.get(key) or b""
        described.append((kind.encode("ascii"), digest[0].encode("ascii") if alive else None, expiry, content))
    return described


def _name(database: int, expiry: int, edges: t.Sequence[int]) -> str:
    if expiry < 0:
        return str(database)
    begin = max((edge for edge in edges if edge <= expiry), default=0)
    end = min((edge for edge in edges if edge > expiry), default=0)
    return "{0} expiring {1} to {2}".format(database, begin, end)
