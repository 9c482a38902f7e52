# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the surroundings say of a run.

PRIVATE to the collection. Pure.
"""

from __future__ import annotations

import collections.abc
import re

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption

_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
_OF_AWX = {"JOB_ID": "job", "AWX_HOST": "controller", "PROJECT_REVISION": "project_revision"}
"""The variables that AWX sets in a job, and the labels that they become."""


def labels(given: collections.abc.Iterable[str], environment: collections.abc.Mapping[str, str]) -> dict[str, str]:
    """The labels of a run, those of AWX among them.

    :raises InvalidOption: one is not C(name=value)
    """
    found = {label: environment[name] for name, label in _OF_AWX.items() if environment.get(name)}
    for text in given:
        name, sign, value = text.partition("=")
        if not sign or not _NAME.match(name):
            raise InvalidOption(
                "labels: {0!r} is not such as team=search, with a name of small letters, digits and _".format(text)
            )
        found[name] = value
    return found
