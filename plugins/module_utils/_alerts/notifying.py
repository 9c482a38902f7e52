# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Notifications without an Alertmanager, by whatever Apprise speaks to.

PRIVATE to the collection. See https://github.com/caronc/apprise/wiki.
"""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._alerts.errors import NotNotified
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import (
    MissingLibrary,
    OptionalLibrary,
)

apprise = OptionalLibrary("apprise")

_TYPES = {"info": "info", "warning": "warning", "critical": "failure"}


class Notifier:
    """The services at *addresses*, which hold secrets and are not told.

    :raises MissingLibrary: apprise is not installed
    :raises InvalidOption: an address means no service
    """

    def __init__(self, addresses: t.Sequence[str]) -> None:
        if not apprise:
            raise MissingLibrary("apprise")
        self._services = apprise.Apprise()
        for place, address in enumerate(addresses, start=1):
            if not self._services.add(address):
                raise InvalidOption(
                    "notify: address {0} of {1}, {2}://…, is none that Apprise knows".format(
                        place, len(addresses), address.partition(":")[0]
                    )
                )

    def notify(self, title: str, body: str, severity: str, over: bool = False) -> None:
        """Tell all of them.

        :raises NotNotified: one could not be told; the others were
        """
        kind = "success" if over else _TYPES[severity]
        # Most services refuse what has no text.
        if not self._services.notify(title=title, body=body or title, notify_type=kind):
            raise NotNotified("Apprise could not deliver a notification to all of the services")


def message(annotations: t.Mapping[str, str]) -> str:
    """What is said below the title: all that is known, a line each."""
    rest = [(name, text) for name, text in annotations.items() if name not in ("summary", "description")]
    lines = [annotations["description"]] if annotations.get("description") else []
    return "\n".join([*lines, *("{0}: {1}".format(name, text) for name, text in rest)])
