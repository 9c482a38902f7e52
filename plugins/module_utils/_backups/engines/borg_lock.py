# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The locks of a borg repository on this host.

PRIVATE to the collection. Borg itself removes those of processes that are gone,
unless something else has their number by now.
"""

from __future__ import annotations

import json
import os
import re
import socket
import typing as t
import uuid

from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.lock_owner import LockOwner

_NAME = re.compile(r"(?P<host>.+@\d+)\.(?P<pid>\d+)-[0-9a-f]+\Z")


def owners(repository: str) -> t.List[LockOwner]:
    """Who holds the repository: alone, or together for reading."""
    exclusive = os.path.join(repository, "lock.exclusive")
    roster = os.path.join(repository, "lock.roster")
    try:
        names = [_NAME.match(name) for name in os.listdir(exclusive)]
        found = {(name["host"], int(name["pid"]), os.stat(exclusive).st_mtime) for name in names if name}
    except FileNotFoundError:
        found = set()
    try:
        with open(roster, encoding="utf-8") as file:
            listed = json.load(file)
        since = os.stat(roster).st_mtime
        found |= {(host, pid, since) for holders in listed.values() for host, pid, _thread in holders}
    except (FileNotFoundError, ValueError):
        pass
    here = this_host()
    return [LockOwner(host=host, pid=pid, since=since, local=host == here) for host, pid, since in sorted(found)]


def this_host() -> str:
    """What borg calls this host in its locks. Where there is no network card it is another name each time, and then no lock is known here."""
    name = socket.gethostname()
    full = socket.getfqdn(name)
    return "{0}@{1}".format(name if full.startswith("localhost") else full, uuid.getnode())
