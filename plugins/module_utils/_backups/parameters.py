# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task gives the modules ``backup``, ``backup_info`` and ``restore`` alike, and what they give back.

PRIVATE to the collection.
"""

from __future__ import annotations

import datetime
import os
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.registry import AUTO, ENGINES
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import Proof, Snapshot
from ansible_collections.progressive.delivery.plugins.module_utils._backups.retention import Keep, seconds_within

WORK_DIRECTORY = "/var/lib/progressive.delivery/backups"


def common_arguments() -> t.Dict[str, t.Any]:
    """The argument spec that all three begin with."""
    return {
        "app": {"type": "str", "required": True},
        "repository": {"type": "str", "required": True},
        "engine": {"type": "str", "choices": [AUTO, *ENGINES], "default": AUTO},
        "password": {"type": "str", "no_log": True},
        "password_file": {"type": "path"},
        "environment": {"type": "dict", "no_log": True},
        "cache_directory": {"type": "path"},
        "compression": {"type": "str", "choices": ["auto", "zstd", "gzip", "none"]},
        "lock_timeout": {"type": "float", "default": 60.0},
    }


def apart(params: t.Mapping[str, t.Any]) -> t.List[str]:
    """The folders of the backup itself, which are not to be saved."""
    local = [params["repository"]] if os.path.isabs(params["repository"]) else []
    return [*local, os.path.join(params["work_directory"], params["app"])]


def keep_for(given: t.Optional[t.Mapping[str, t.Any]]) -> Keep:
    """What a task's ``keep`` says; raises :class:`InvalidOption`."""
    if given is None:
        return Keep()
    within = seconds_within(given["within"]) if given["within"] else 0.0
    return Keep(**{**given, "within": within})


def told(snapshot: Snapshot) -> t.Dict[str, t.Any]:
    """A snapshot as a task's result has it."""
    labels = snapshot.labels
    return {
        "id": snapshot.identifier,
        "taken": moment(snapshot.taken),
        "host": snapshot.host,
        "paths": snapshot.saved,
        "labels": {name: value for name, value in vars(labels).items() if value is not None},
        "proven": told_proof(snapshot.proof),
    }


def told_proof(proof: t.Optional[Proof]) -> t.Optional[t.Dict[str, str]]:
    return None if proof is None else {"at": moment(proof.at), "how": proof.how}


def moment(seconds: float) -> str:
    """A time as ISO 8601 in UTC."""
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
