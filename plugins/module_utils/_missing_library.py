# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Python libraries that may not be installed where a module runs.

PRIVATE to the collection.
"""

from __future__ import annotations

import importlib
import importlib.util
import typing as t

from ansible.module_utils.basic import missing_required_lib

from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError


class MissingLibrary(DeliveryError):
    """The module needs a Python library that the machine has not got on which it runs."""

    code = "missing-library"
    remedy = (
        "install the library there, or run the module where it is installed, for example with delegate_to: localhost"
    )

    def __init__(self, library: str) -> None:
        super().__init__(missing_required_lib(library), library=library)


class OptionalLibrary:
    """A library that is imported when it is first used, for those that take longer to import than a task takes otherwise.

    It is false where it is not installed; whoever uses it asks before.

    :param module: what it stands for, with its submodules that are to be imported too
    """

    def __init__(self, module: str, *submodules: str) -> None:
        self._module = module
        self._submodules = submodules

    def __bool__(self) -> bool:
        return importlib.util.find_spec(self._module.partition(".")[0]) is not None

    def __getattr__(self, name: str) -> t.Any:
        for submodule in self._submodules:
            importlib.import_module(self._module + "." + submodule)
        return getattr(importlib.import_module(self._module), name)
