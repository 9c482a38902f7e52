# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps flags, and what a task may say of each.

PRIVATE to the collection. A further backend is a class behind the interface, and a line in ``BACKENDS``.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.errors import NoCounterpart
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.flagd_file import KEEP, FlagdFile
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.interface import Toggles
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.unleash.admin_api import Access, AdminApi
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.unleash.counterparts import UNKEPT
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.unleash.environment import Environment
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.unleash.in_turn import InTurn
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.unleash.server import UnleashServer

Params = t.Mapping[str, t.Any]

UNLEASH: t.Mapping[str, t.Mapping[str, t.Any]] = {
    "address": {"type": "str", "required": True},
    "environment": {"type": "str", "required": True},
    "project": {"type": "str", "default": "default"},
    "token": {"type": "str", "no_log": True},
    "token_file": {"type": "path", "no_log": False},
    "timeout": {"type": "float", "default": 10.0},
    "attempts": {"type": "int", "default": 3},
    "validate_certs": {"type": "bool", "default": True},
    "ca_path": {"type": "path"},
}
"""The argument specification of a server."""


@dataclasses.dataclass(frozen=True)
class Backend:
    """What keeps flags.

    :param option: the option that says where; no other backend takes it
    :param open: makes it from what a task says
    :param place: what to call the place in a diff
    :param unkept: options of a task that it cannot keep, and what would be right in their place
    """

    option: str
    open: t.Callable[[Params], Toggles]
    place: t.Callable[[Params], str]
    unkept: t.Mapping[str, str] = dataclasses.field(default_factory=dict)


def _flagd(params: Params) -> Toggles:
    keep = params.get("keep_revisions")
    return FlagdFile(
        params["path"], params.get("lock_timeout") or 0.0, params.get("environment"), KEEP if keep is None else keep
    )


def _unleash(params: Params) -> Toggles:
    said = params["unleash"]
    if (said["token"] is None) == (said["token_file"] is None):
        raise InvalidOption("unleash: give one of token and token_file")
    access = Access(
        address=said["address"],
        token=said["token"] if said["token_file"] is None else _token_in(said["token_file"]),
        timeout=said["timeout"],
        attempts=said["attempts"],
        ca_path=said["ca_path"],
        validate_certs=said["validate_certs"],
    )
    for option in ("project", "environment"):
        if not said[option]:
            raise InvalidOption("unleash.{0}: it is empty".format(option))
    server = UnleashServer(Environment(AdminApi(access), said["project"], said["environment"]))
    return InTurn(server, (access.address, said["project"]), params.get("lock_timeout") or 0.0)


def _token_in(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().strip()
    except (OSError, ValueError) as error:
        raise InvalidOption("unleash.token_file: cannot read {0}: {1}".format(path, error)) from None


def _place_on_server(params: Params) -> str:
    said = params["unleash"]
    return "{0} {1} {2}".format(said["address"], said["project"], said["environment"])


BACKENDS: t.Mapping[str, Backend] = {
    "flagd": Backend("path", _flagd, lambda params: str(params["path"])),
    "unleash": Backend("unleash", _unleash, _place_on_server, UNKEPT),
}

OPTIONS: t.Mapping[str, t.Mapping[str, t.Any]] = {
    "backend": {"type": "str", "choices": list(BACKENDS), "default": "flagd"},
    "path": {"type": "path"},
    "unleash": {"type": "dict", "options": UNLEASH},
}
"""The argument specification of where flags are kept."""


def toggles_of(params: Params) -> Toggles:
    """Where the task's flags are kept.

    :raises InvalidOption: what is said of it does not go together
    :raises NoCounterpart: the task says what can only be kept elsewhere
    :raises MissingLibrary: what it needs is not installed
    """
    name = params["backend"]
    for other in BACKENDS.values():
        if (params[other.option] is None) == (other is BACKENDS[name]):
            said = "takes no" if other is not BACKENDS[name] else "needs the option"
            raise InvalidOption("backend: {0} {1} {2}".format(name, said, other.option))
    backend = BACKENDS[name]
    for option, instead in backend.unkept.items():
        if params.get(option) is not None:
            raise NoCounterpart("{0}: the backend {1} cannot keep it; {2}".format(option, name, instead))
    return backend.open(params)


def place_of(params: Params) -> str:
    """What a diff calls the place where the task's flags are kept."""
    return BACKENDS[params["backend"]].place(params)
