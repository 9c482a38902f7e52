# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who has the variant of a toggle now, as it was found where the toggle is kept.

PRIVATE to the collection. Pure.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption


@dataclasses.dataclass(frozen=True)
class Users:
    """Who gets the variant by one host's toggle, or by that of the server that keeps it.

    :param exists: whether there is such a toggle
    :param killed: whether its kill switch is on
    :param enabled: whether it is on at all
    :param share: the part of the users that would get the variant then, 1/100 %
    :param audience: who they are, as the module ``feature_toggle_info`` says it; empty where rules of somebody's own do
    """

    exists: bool = False
    killed: bool = False
    enabled: bool = True
    share: int = 0
    audience: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)

    @property
    def is_on(self) -> bool:
        """Whether anybody gets anything by it."""
        return self.exists and self.enabled and not self.killed

    @property
    def has(self) -> int:
        """The part of the users that gets the variant now, 1/100 %."""
        return self.share if self.is_on else 0

    def describe(self) -> str:
        """The same in words."""
        return described(str(self.audience.get("variant")), self.share) if self.has else "off"


def described(variant: str, share: int) -> str:
    """That so many users get *variant*, 1/100 %, in words."""
    return "{0} for {1:g} %".format(variant, share / 100)


def users_in(data: t.Mapping[str, t.Any]) -> t.Dict[str, Users]:
    """By host, what the module ``feature_toggle_info`` returned of the toggle, nothing where there is none.

    :raises InvalidOption: it is not of that form
    """
    seen = {}
    for host, told in data.items():
        try:
            seen[host] = _users(told) if told else Users()
        except (KeyError, TypeError, ValueError, AttributeError):
            raise InvalidOption(
                "fleet: that of {0} is not what feature_toggle_info returns of a toggle: {1!r}".format(host, told)
            ) from None
    return seen


def _users(told: t.Mapping[str, t.Any]) -> Users:
    audience = dict(told["audience"] or {})
    return Users(
        True,
        bool(told["killed"]),
        told["definition"]["state"] == "ENABLED",
        round(100 * float(audience.get("percent", 0))),
        audience,
    )
