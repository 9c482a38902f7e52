# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the option ``source`` may hold, and the source that it describes.

PRIVATE to the collection. Pure.
"""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._releases import names
from ansible_collections.progressive.delivery.plugins.module_utils._releases.git import GitSource
from ansible_collections.progressive.delivery.plugins.module_utils._releases.sources import (
    ArchiveSource,
    Download,
    PreparedSource,
    ReferenceSource,
    Source,
)
from ansible_collections.progressive.delivery.plugins.module_utils._shown_url import shown_url

_HIDDEN = "***"

SOURCE_OPTIONS: t.Dict[str, t.Dict[str, t.Any]] = {
    "type": {
        "type": "str",
        "choices": ["archive", "git", "container", "package", "prepared"],
        "default": "archive",
    },
    "path": {"type": "path"},
    "url": {"type": "str"},
    "checksum": {"type": "str"},
    "unverified": {"type": "bool", "default": False},
    "strip": {"type": "int", "default": 0},
    "url_username": {"type": "str"},
    "url_password": {"type": "str", "no_log": True},
    "headers": {"type": "dict", "default": {}},
    "validate_certs": {"type": "bool", "default": True},
    "timeout": {"type": "float", "default": 30},
    "repo": {"type": "str"},
    "ref": {"type": "str"},
    "image": {"type": "str"},
    "engine": {"type": "str", "default": "/usr/bin/podman"},
    "name": {"type": "str"},
    "version": {"type": "str"},
    "identity": {"type": "str", "default": ""},
}


def source_of(params: t.Optional[t.Mapping[str, t.Any]], git_cache: str) -> t.Optional[Source]:
    """The source that the options describe, if they are given; raises :class:`InvalidOption`."""
    if params is None:
        return None
    if params["type"] == "archive":
        return _archive_of(params)
    if params["type"] == "git":
        return GitSource(_needed(params, "repo"), _needed(params, "ref"), git_cache)
    if params["type"] == "container":
        return ReferenceSource("container", {"image": _word(params, "image")}, {"engine": _word(params, "engine")})
    if params["type"] == "package":
        return ReferenceSource("package", {key: _word(params, key) for key in ("name", "version")})
    return PreparedSource(params["identity"])


def shown_options(params: t.Mapping[str, t.Any]) -> t.Dict[str, t.Any]:
    """The options as they may be shown: of headers their names, of addresses what is no secret, no password."""
    shown = dict(params, headers=dict.fromkeys(params["headers"] or {}, _HIDDEN))
    for key in ("url", "repo"):
        shown[key] = shown_url(params[key]) if params[key] else params[key]
    shown["url_password"] = _HIDDEN if params["url_password"] else params["url_password"]
    return shown


def _archive_of(params: t.Mapping[str, t.Any]) -> ArchiveSource:
    if bool(params["path"]) == bool(params["url"]):
        raise InvalidOption("source of type archive needs either path or url")
    if bool(params["checksum"]) == params["unverified"]:
        raise InvalidOption("source of type archive needs either a checksum or unverified: true")
    if params["strip"] < 0:
        raise InvalidOption("source strip must not be negative, it is {0}".format(params["strip"]))
    download = None
    if params["url"]:
        download = Download(
            url=params["url"],
            username=params["url_username"],
            password=params["url_password"],
            headers={key: str(value) for key, value in params["headers"].items()},
            validate_certs=params["validate_certs"],
            timeout=params["timeout"],
        )
    checksum = names.parse_checksum(params["checksum"]) if params["checksum"] else None
    return ArchiveSource(path=params["path"], download=download, checksum=checksum, strip=params["strip"])


def _needed(params: t.Mapping[str, t.Any], key: str) -> str:
    if not params[key]:
        raise InvalidOption("source of type {0} needs {1}".format(params["type"], key))
    return str(params[key])


def _word(params: t.Mapping[str, t.Any], key: str) -> str:
    value = _needed(params, key)
    if not value.isprintable() or " " in value:
        raise InvalidOption("source {0} must be one word, not {1!r}".format(key, value))
    return value
