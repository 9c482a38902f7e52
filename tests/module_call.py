# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls a module of the collection as Ansible does, in this process, and gives what it returned."""

from __future__ import annotations

import importlib
import json
import typing as t
from unittest import mock

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.testing import patch_module_args


class Failed(Exception):
    """The module failed; ``result`` is what it returned."""

    def __init__(self, result: dict[str, t.Any]) -> None:
        super().__init__(result.get("msg"))
        self.result = result


def call(module: str, /, *, check_mode: bool = False, **options: t.Any) -> dict[str, t.Any]:
    """The result of module *module* with *options*; raises :class:`Failed`."""
    imported = importlib.import_module(f"ansible_collections.progressive.delivery.plugins.modules.{module}")
    returned: list[dict[str, t.Any]] = []

    def keep(_module: AnsibleModule, result: dict[str, t.Any]) -> None:
        returned.append(json.loads(json.dumps(result)))

    arguments = {**options, "_ansible_check_mode": check_mode, "_ansible_diff": True}
    with patch_module_args(arguments), mock.patch.object(AnsibleModule, "_return_formatted", keep):
        try:
            imported.main()
        except SystemExit:
            pass
        else:
            raise AssertionError(f"{module} returned without a result")
    (result,) = returned
    if result.get("failed"):
        raise Failed(result)
    return result
