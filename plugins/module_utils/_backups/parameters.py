# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task gives the modules ``backup``, ``backup_info`` and ``restore`` alike, and what they give back.

PRIVATE to the collection.
"""

from __future__ import annotations

import datetime
import itertools
import os
import re
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.registry import AUTO, ENGINES
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import Proof, Snapshot
from ansible_collections.progressive.delivery.plugins.module_utils._backups.retention import Keep, seconds_within
from ansible_collections.progressive.delivery.plugins.module_utils._backups.workplace import folder_of, overlap
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption

_APP = re.compile(r"[a-z0-9][a-z0-9-]*\Z")
_LOCAL = re.compile(r"\A(?:local:|file://)")
WORK_DIRECTORY = "/var/lib/progressive.delivery/backups"


def common_arguments() -> t.Dict[str, t.Any]:
    """The argument spec that all three begin with."""
    return {
        "app": {"type": "str", "required": True},
        "repository": {"type": "str", "required": True},
        "engine": {"type": "str", "choices": [AUTO, *ENGINES], "default": AUTO},
        "password": {"type": "str", "no_log": True},
        "password_file": {"type": "path", "no_log": False},
        "environment": {"type": "dict", "no_log": True},
        "cache_directory": {"type": "path"},
        "compression": {"type": "str", "choices": ["auto", "zstd", "gzip", "none"]},
        "lock_timeout": {"type": "float", "default": 60.0},
    }


def check_place(params: t.Mapping[str, t.Any]) -> None:
    """First of all, as folders that are emptied come of these options; nothing is looked at in them.

    :raises InvalidOption: the app is no name, or the work folder and the repository are within each other
    """
    if not _APP.match(params["app"]):
        raise InvalidOption(
            "app is {0!r}, and names folders; give lower case letters, digits and -, beginning with a letter or digit".format(
                params["app"]
            )
        )
    for folder, other in itertools.combinations(apart(params), 2):
        if overlap(folder, other):
            raise InvalidOption(
                "work_directory: {1}, which is emptied, and the repository {0} are within each other; give another folder".format(
                    folder, other
                )
            )


def apart(params: t.Mapping[str, t.Any]) -> t.List[str]:
    """The folders of the backup itself, which are neither to be saved nor restored over: of the repository where it is one, and for work."""
    repository = _LOCAL.sub("", params["repository"])
    local = [repository] if os.path.isabs(repository) or os.path.isdir(repository) else []
    work = [folder_of(params["work_directory"], params["app"])] if "work_directory" in params else []
    return [*local, *work]


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
        "paths": list(snapshot.saved),
        "labels": {name: value for name, value in vars(labels).items() if value is not None},
        "proven": told_proof(snapshot.proof),
    }


def told_proof(proof: t.Optional[Proof]) -> t.Optional[t.Dict[str, str]]:
    return None if proof is None else {"at": moment(proof.at), "how": proof.how}


def moment(seconds: float) -> str:
    """A time as ISO 8601 in UTC."""
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
