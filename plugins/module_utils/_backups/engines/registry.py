# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of repositories by name, and which one a task means.

PRIVATE to the collection. Only the one that is meant is imported.
"""

from __future__ import annotations

import os
import shutil
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.interface import Engine
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption

AUTO = "auto"
ENGINES = ("archive", "borg", "restic")


def engine_for(params: t.Mapping[str, t.Any]) -> t.Tuple[Engine, str]:
    """The engine that the options of a task mean, and its name.

    :raises InvalidOption: options that this engine has not got, or lacks
    """
    name = params["engine"]
    if name == AUTO:
        name = _found(params["repository"])
    password = _password(params)
    if name == "archive":
        from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.archive import ArchiveEngine

        _refuse(name, params, "environment", "cache_directory")
        return ArchiveEngine(params["repository"], password, params["compression"] or "auto"), name
    _refuse(name, params, "compression")
    if password is None:
        raise InvalidOption("password: a repository of {0} has one; give password or password_file".format(name))
    options = {
        "environment": _environment(params["environment"] or {}),
        "cache": params["cache_directory"],
        "patience": params["lock_timeout"],
    }
    if name == "restic":
        from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.restic import Restic

        return Restic(params["repository"], password, **options), name
    from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.borg import Borg

    return Borg(params["repository"], password, **options), name


def _found(repository: str) -> str:
    """What a repository is: by its address, or by what is there; where nothing is, restic's if that is installed."""
    from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines import (
        borg_commands,
        restic_answers,
    )

    if restic_answers.local_path(repository) != repository:
        return "restic"
    if borg_commands.local_path(repository) != repository:
        return "borg"
    if os.path.isfile(os.path.join(repository, "config")):
        return "restic" if os.path.isdir(os.path.join(repository, "keys")) else "borg"
    is_kept = os.path.isdir(repository) and bool(os.listdir(repository))
    return "archive" if is_kept or shutil.which("restic") is None else "restic"


def _environment(given: t.Mapping[str, t.Any]) -> t.Dict[str, str]:
    """The variables as text; a value is not told, as it may be secret."""
    for name, value in given.items():
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            raise InvalidOption(
                "environment: the value of {0} is of the type {1}; give text, in quotes".format(
                    name, type(value).__name__
                )
            )
        if not name or set(name + str(value)) & {"\0"} or "=" in name:
            raise InvalidOption("environment: {0!r} and its value cannot be those of a variable".format(name))
    return {name: str(value) for name, value in given.items()}


def _password(params: t.Mapping[str, t.Any]) -> t.Optional[str]:
    option = "password" if params["password_file"] is None else "password_file"
    password = params["password"] if option == "password" else _read(params["password_file"])
    if password == "":
        raise InvalidOption(
            "{0}: the password is empty, and would keep nobody out; give one, or none at all".format(option)
        )
    return t.cast(t.Optional[str], password)


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as stream:
            return stream.read().rstrip("\r\n")
    except (OSError, ValueError) as error:
        raise InvalidOption("password_file: {0} cannot be read: {1}".format(path, error)) from error


def _refuse(engine: str, params: t.Mapping[str, t.Any], *names: str) -> None:
    for name in names:
        if params[name]:
            raise InvalidOption("{0}: the engine {1} has no such option".format(name, engine))
