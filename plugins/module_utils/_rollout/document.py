# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal's form on disk, and back.

PRIVATE to the collection. Pure. A document carries its schema and a digest of
its content, so that a torn or edited file is told from a true one.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._rollout.errors import JournalCorrupt, JournalTooNew
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.lock import Lock, Owner
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import (
    SCHEMA,
    Action,
    Kind,
    Options,
    Pause,
    Rollout,
    Status,
    Step,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.observations import (
    Entry,
    Judged,
    MetricSeen,
    Point,
    SplitSeen,
)

Json = t.Dict[str, t.Any]


def dump_rollout(rollout: Rollout) -> str:
    return _dump("rollout", as_data(rollout))


def load_rollout(text: str, path: str) -> Rollout:
    """The rollout in *text*.

    :raises JournalTooNew: written by a newer version
    :raises JournalCorrupt: anything else that is not what was written
    """
    data = _load("rollout", text, path)
    try:
        return as_rollout(data)
    except (KeyError, TypeError, ValueError) as error:
        raise JournalCorrupt("{0}: {1}".format(path, error)) from error


def as_rollout(data: Json) -> Rollout:
    """The rollout of which :func:`as_data` made *data*; raises KeyError, TypeError or ValueError where it made none."""
    return Rollout(
        **dict(
            data,
            status=Status(data["status"]),
            pause=None if data["pause"] is None else Pause(data["pause"]),
            steps=tuple(_load_step(step) for step in data["steps"]),
            options=Options(**data["options"]),
            intent=None if data["intent"] is None else _load_action(data["intent"]),
            entries=tuple(Entry(**entry) for entry in data["entries"]),
            vouched=tuple(data["vouched"]),
            unwound=tuple(data["unwound"]),
            splits_seen=tuple(SplitSeen(**split) for split in data.get("splits_seen", ())),
            judged=tuple(_load_judged(judged) for judged in data.get("judged", ())),
        )
    )


def dump_lock(lock: Lock) -> str:
    return _dump("lock", as_data(lock))


def load_lock(text: str, path: str) -> Lock:
    """The lock in *text*; raises as :func:`load_rollout`."""
    data = _load("lock", text, path)
    try:
        return _load_lock(data)
    except (KeyError, TypeError) as error:
        raise JournalCorrupt("{0}: {1}".format(path, error)) from error


def as_data(record: t.Any) -> Json:
    """A dataclass as plain JSON data, enumerations as their values."""
    plain = json.loads(json.dumps(dataclasses.asdict(record), default=lambda value: value.value))
    return t.cast(Json, plain)


def _load_lock(data: Json) -> Lock:
    broken = data["broken"]
    return Lock(**dict(data, owner=Owner(**data["owner"]), broken=None if broken is None else _load_lock(broken)))


def _load_step(data: Json) -> Step:
    return Step(**dict(data, kind=Kind(data["kind"]), hosts=tuple(data.get("hosts", ()))))


def _load_action(data: Json) -> Action:
    return Action(**dict(data, kind=Kind(data["kind"]), hosts=tuple(data.get("hosts", ()))))


def _load_judged(data: Json) -> Judged:
    metrics = tuple(
        MetricSeen(**dict(metric, trace=tuple(Point(**point) for point in metric["trace"])))
        for metric in data["metrics"]
    )
    return Judged(**dict(data, metrics=metrics))


def _dump(what: str, content: Json) -> str:
    document = {"schema": SCHEMA, "digest": _digest(content), what: content}
    return json.dumps(document, indent=1, sort_keys=True) + "\n"


def _load(what: str, text: str, path: str) -> Json:
    try:
        document = json.loads(text)
        schema = document["schema"]
    except (ValueError, KeyError, TypeError) as error:
        raise JournalCorrupt("{0} is not a journal document: {1}".format(path, error)) from error
    if isinstance(schema, int) and schema > SCHEMA:
        raise JournalTooNew("{0} has schema {1}, this version reads up to {2}".format(path, schema, SCHEMA))
    content = document.get(what)
    if not isinstance(content, dict) or document.get("digest") != _digest(content):
        raise JournalCorrupt("{0} is not what was written: its digest does not fit its content".format(path))
    return content


def _digest(content: Json) -> str:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()
