# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets in the environment of the process: ``env:DB_PASSWORD``.

PRIVATE to the collection.
"""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._environments.errors import (
    InvalidReference,
    SecretUnavailable,
)


class EnvironmentVariables:
    """Secrets that the process was started with, on the machine where it runs."""

    def __init__(self, variables: t.Mapping[str, str]) -> None:
        self._variables = variables

    def value(self, place: str) -> str:
        if not place or "=" in place:
            raise InvalidReference("it names no variable")
        if place not in self._variables:
            raise SecretUnavailable("the variable {0} is not set where the task runs".format(place))
        return self._variables[place]
