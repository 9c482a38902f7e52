# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a format of configuration files is, and what is asked of it.

PRIVATE to the collection.
"""

from __future__ import annotations

import abc
import typing as t
from dataclasses import dataclass

from ansible_collections.progressive.delivery.plugins.module_utils._environments.model import Configuration, Value


@dataclass(frozen=True)
class Wording:
    """How settings are worded in a file.

    :param prefix: what variables begin with
    :param separator: between the parts of a nested setting's variable
    :param list_separator: between the values of a list in one variable
    :param template: the text of the app's own template
    """

    prefix: str = ""
    separator: str = "_"
    list_separator: str = ","
    template: str = ""


_AS_USUAL = Wording()


class NotOfThisFormat(ValueError):
    """A text that a format does not read; what somebody else has made of a file may be anything."""


class Format(abc.ABC):
    """A format, with the wording of one file.

    :cvar name: what people call it
    :cvar wordings: the fields of :class:`Wording` that mean something to it
    """

    name: t.ClassVar[str]
    wordings: t.ClassVar[t.FrozenSet[str]] = frozenset()

    def __init__(self, wording: Wording = _AS_USUAL) -> None:
        self.wording = wording

    @abc.abstractmethod
    def render(self, configuration: Configuration) -> str:
        """The file's text, the same for the same settings.

        :raises ValueNotRenderable: it cannot hold one of them
        """

    @abc.abstractmethod
    def secret_keys(self, settings: t.Mapping[str, Value]) -> t.FrozenSet[str]:
        """The keys of the file whose values are not to be shown."""


class ReadableFormat(Format):
    """A format that says what is in a file: what :meth:`read` finds in what :meth:`render` wrote is the same, exactly."""

    @abc.abstractmethod
    def read(self, text: str) -> t.Optional[t.Dict[str, Value]]:
        """What the file says, by variable or dotted key; None where this machine has no library for it.

        :raises NotOfThisFormat: it cannot be read
        """
