# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Python library that is not installed where a module runs.

PRIVATE to the collection.
"""

from __future__ import annotations

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
