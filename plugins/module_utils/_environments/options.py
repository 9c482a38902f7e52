# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the options of a task ask for, and what a task is told.

PRIVATE to the collection. Pure.
"""

from __future__ import annotations

import math
import os
import re
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._environments.drift import Difference
from ansible_collections.progressive.delivery.plugins.module_utils._environments.promotion import Row
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.files import Render
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.interface import Wording
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.registry import FORMATS
from ansible_collections.progressive.delivery.plugins.module_utils._environments.revisions.records import Kept, Revision
from ansible_collections.progressive.delivery.plugins.module_utils._environments.survey import Finding
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._release_name import RULE, is_release_name

STATE_DIRECTORY = "/var/lib/progressive.delivery/environments"

RENDER_OPTIONS: t.Dict[str, t.Any] = {
    "path": {"type": "path", "required": True},
    "format": {"type": "str", "required": True, "choices": sorted(FORMATS)},
    "owner": {"type": "str"},
    "group": {"type": "str"},
    "mode": {"type": "raw", "default": "0640"},
    "keys": {"type": "list", "elements": "str", "default": [], "no_log": False},
    "prefix": {"type": "str"},
    "separator": {"type": "str"},
    "list_separator": {"type": "str"},
    "template": {"type": "str"},
}

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}\Z")
_NAME_RULE = "up to 63 small letters, digits, '_' and '-', beginning with a letter or digit"
_MODE = re.compile(r"0?[0-7]{3}\Z")
_OWNER = 0o400
_WORDINGS: t.Mapping[str, t.Tuple[t.Pattern[str], str]] = {
    "prefix": (re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z"), "letters, digits and '_', beginning with no digit"),
    "separator": (re.compile(r"[A-Za-z0-9_]+\Z"), "letters, digits and '_'"),
    "list_separator": (re.compile(r"[^\0]+\Z"), "at least one character"),
    "template": (re.compile(r""), ""),
}


def check_names(params: t.Mapping[str, t.Any]) -> None:
    """Raise :class:`InvalidOption` for what names a folder on the host and must not lead elsewhere."""
    for option in ("app", "environment"):
        if not _NAME.match(params[option]):
            raise InvalidOption("{0}: {1!r} is not {2}".format(option, params[option], _NAME_RULE))
    if not os.path.isabs(params["state_directory"]):
        raise InvalidOption("state_directory: {0} is no absolute path".format(params["state_directory"]))
    release = params.get("release")
    if release is not None and not is_release_name(release):
        raise InvalidOption("release: {0!r} is not {1}".format(release, RULE))


def check_state(params: t.Mapping[str, t.Any]) -> None:
    """Raise :class:`InvalidOption` for options that mean nothing beside the ``state``."""
    state = params["state"]
    if state == "present" and not (params["layers"] and params["renders"]):
        raise InvalidOption("state: present needs layers, and renders to make of them")
    if state != "present" and params["layers"]:
        raise InvalidOption("state: {0} takes what is kept; leave out layers".format(state))
    if state != "revision" and params["revision"] is not None:
        raise InvalidOption("revision: it means nothing with state: {0}; say state: revision".format(state))
    if params["revision"] is not None and params["release"] is not None:
        raise InvalidOption("revision: with it there can be no release, which would name another")
    if params["keep"] < 1:
        raise InvalidOption("keep: {0} is not at least 1".format(params["keep"]))
    if not 0 <= params["lock_timeout"] < math.inf:
        raise InvalidOption("lock_timeout: {0} is no number of seconds, 0 or more".format(params["lock_timeout"]))


def renders_of(renders: t.Sequence[t.Mapping[str, t.Any]]) -> t.Tuple[Render, ...]:
    """The files that the option ``renders`` asks for.

    :raises InvalidOption: one of them cannot be meant
    """
    found = tuple(_render("renders[{0}]".format(place), options) for place, options in enumerate(renders))
    paths = [render.path for render in found]
    for render in found:
        if paths.count(render.path) > 1:
            raise InvalidOption("{0}.path: {1} is rendered twice".format(render.option, render.path))
    return found


def _render(option: str, options: t.Mapping[str, t.Any]) -> Render:
    path = os.path.normpath(options["path"])
    if not os.path.isabs(options["path"]):
        raise InvalidOption("{0}.path: {1} is no absolute path".format(option, options["path"]))
    return Render(
        option=option,
        path=path,
        format=options["format"],
        owner=options["owner"],
        group=options["group"],
        mode=_mode(option, options["mode"]),
        keys=tuple(options["keys"]),
        wording=_wording(option, options),
    )


def _mode(option: str, mode: t.Any) -> int:
    # Without quotes YAML takes 0640 for the number 416 and 640 for 640: one of the two is not what was meant.
    if not isinstance(mode, str) or not _MODE.match(mode):
        raise InvalidOption('{0}.mode: {1!r} is none; write it such as "0640", in quotes'.format(option, mode))
    bits = int(mode, 8)
    if not bits & _OWNER:
        raise InvalidOption("{0}.mode: {1:04o} would not even let the owner read the file".format(option, bits))
    return bits


def _wording(option: str, options: t.Mapping[str, t.Any]) -> Wording:
    known = FORMATS[options["format"]].wordings
    given = {name: options[name] for name in _WORDINGS if options[name] is not None}
    for name, value in given.items():
        if name not in known:
            raise InvalidOption("{0}.{1}: it means nothing in the format {2}".format(option, name, options["format"]))
        pattern, rule = _WORDINGS[name]
        if not pattern.match(value):
            raise InvalidOption("{0}.{1}: {2!r} is not {3}".format(option, name, value, rule))
    if "template" in known and "template" not in given:
        raise InvalidOption("{0}.template: the format template needs it".format(option))
    return Wording(**given)


def told_of(kept: Kept, number: t.Optional[int]) -> t.Optional[t.Dict[str, t.Any]]:
    """What a task is told of a revision."""
    revision = kept.revisions.get(number or 0)
    if revision is None:
        return None
    releases = {entry.release for entry in kept.activations if entry.revision == number}
    return _told(revision, sorted(release for release in releases if release))


def _told(revision: Revision, releases: t.Sequence[str]) -> t.Dict[str, t.Any]:
    return {
        "revision": revision.number,
        "hash": revision.hash,
        "made_at": revision.made_at,
        "release": revision.release,
        "releases": list(releases),
        "rollout": revision.rollout,
        "files": [file.path for file in revision.files],
    }


def told_differences(differences: t.Sequence[Difference]) -> t.List[t.Dict[str, t.Any]]:
    """What a task is told of what differs."""
    return [dict(vars(difference)) for difference in differences]


def told_findings(findings: t.Sequence[Finding]) -> t.List[t.Dict[str, t.Any]]:
    """The same, with its causes."""
    return [{**vars(finding.difference), "cause": finding.cause} for finding in findings]


def told_rows(rows: t.Sequence[Row]) -> t.List[t.Dict[str, t.Any]]:
    """What a task is told of settings that change."""
    return [dict(vars(row)) for row in rows]


def diff_of(differences: t.Sequence[Difference]) -> t.List[t.Dict[str, t.Any]]:
    """The same for ``--diff``: of each file what differs, masked."""
    paths = list(dict.fromkeys(difference.path for difference in differences))
    return [_diff(path, [one for one in differences if one.path == path]) for path in paths]


def _diff(path: str, differences: t.Sequence[Difference]) -> t.Dict[str, t.Any]:
    # A setting may be called as a kind is; no key has brackets without quotes.
    named = [(one.key or "({0})".format(one.kind), one) for one in differences]
    return {
        "before_header": path,
        "after_header": path,
        "before": {name: one.actual for name, one in named},
        "after": {name: one.declared for name, one in named},
    }
