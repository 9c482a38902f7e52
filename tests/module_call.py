# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls a module of the collection as Ansible does, in this process, and gives what it returned."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import typing as t
from unittest import mock

from ansible.module_utils import basic
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.parameters import PASS_VARS
from ansible.module_utils.testing import patch_module_args


class Failed(Exception):
    """The module failed; ``result`` is what it returned."""

    def __init__(self, result: dict[str, t.Any]) -> None:
        super().__init__(result.get("msg"))
        self.result = result


def everything_told(module: str, /, **options: t.Any) -> tuple[dict[str, t.Any], str]:
    """The result of a module as Ansible gets it, with its invocation and masked, and all it printed and logged.

    Does not tell a success from a failure.
    """
    imported = importlib.import_module(f"ansible_collections.progressive.delivery.plugins.modules.{module}")
    # A newer ansible-core tells the invocation only where it is asked to; an older one does not know the question.
    asking = {"_ansible_inject_invocation": True} if "inject_invocation" in PASS_VARS else {}
    printed = io.StringIO()
    logged: list[str] = []

    def log(_module: AnsibleModule, message: t.Any) -> None:
        logged.append(str(message))

    with (
        patch_module_args({**options, "_ansible_diff": True, **asking}),
        mock.patch.object(basic, "has_journal", False),
        mock.patch.object(AnsibleModule, "_log_to_syslog", log),
        contextlib.redirect_stdout(printed),
        contextlib.suppress(SystemExit),
    ):
        imported.main()
    return json.loads(printed.getvalue()), "\n".join([*logged, printed.getvalue()])


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
