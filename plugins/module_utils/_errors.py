# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one family of errors that the collection raises.

PRIVATE to the collection. Libraries raise these; only a module's ``main()``
turns one into ``fail_json(**error.as_result())``.
"""

from __future__ import annotations

import typing as t


class DeliveryError(Exception):
    """A failure that a person can act on.

    Each kind of failure is a subclass of its own: its docstring is the cause,
    ``code`` its stable name and ``remedy`` what to do next.

    :param message: what was wrong, naming the option or file and its value
    :param details: further facts for the result, plain data
    """

    code: str = "error"
    remedy: str = ""

    def __init__(self, message: str, **details: t.Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details

    def __str__(self) -> str:
        if not self.remedy:
            return self.message
        return "{0} Next: {1}".format(_sentence(self.message), _sentence(self.remedy))

    def as_result(self) -> t.Dict[str, t.Any]:
        """The keyword arguments for ``AnsibleModule.fail_json``."""
        result: t.Dict[str, t.Any] = {"msg": str(self), "error": self.code}
        if self.details:
            result["details"] = self.details
        return result


class InvalidOption(DeliveryError):
    """An option, or a combination of options, that cannot mean anything."""

    code = "invalid-option"
    remedy = "correct it and run again; nothing was touched"


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else text + "."
