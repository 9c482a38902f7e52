# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a configuration is made of: plain data.

PRIVATE to the collection.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

Value = t.Any
"""A text, a number, a boolean, null, a :class:`Secret`, or a list or dictionary (keys are texts) of those."""


@dataclass(frozen=True)
class Secret:
    """A value that is never shown: what is shown is where it comes from.

    :param reference: as the layers name it, for example ``vault:secret/shop#password``
    """

    reference: str
    value: str = field(repr=False)


@dataclass(frozen=True)
class Layer:
    """One file of settings.

    :param name: what it is for: ``base``, an environment, a region, a host, ``rollout``
    :param source: the file's name, for messages
    :param settings: what it says, secrets still by reference
    """

    name: str
    source: str
    settings: t.Mapping[str, Value]


@dataclass(frozen=True)
class Configuration:
    """What an app is to run with on one host.

    :param settings: merged, interpolated, secrets resolved, valid
    :param origins: for each setting, by its dotted key, the file that it was last set in
    """

    app: str
    environment: str
    settings: t.Mapping[str, Value]
    origins: t.Mapping[str, str]
