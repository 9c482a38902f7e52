# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets that Ansible has, decrypted by Ansible Vault or a lookup: ``ansible:db_password``.

PRIVATE to the collection.
"""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._environments.errors import SecretUnavailable


class AnsibleValues:
    """Secrets that a task hands over, in an option that is not logged."""

    def __init__(self, values: t.Mapping[str, t.Any]) -> None:
        self._values = values

    def value(self, place: str) -> str:
        if place not in self._values:
            raise SecretUnavailable("the task gives no value called {0}".format(place or "so"))
        value = self._values[place]
        if not isinstance(value, str):
            raise SecretUnavailable("the value called {0} is no text: put it in quotes".format(place))
        return str(value)
