# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a module of the collection in a process of its own: ``python module_process.py MODULE [KILL_AT] < PARAMETERS``.

The parameters are JSON. With ``KILL_AT``, such as ``haproxy.HAProxy._commit``,
the process sends itself SIGKILL where that function of ``_balancers`` would
have begun.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys

from ansible.module_utils.testing import patch_module_args

COLLECTION = "ansible_collections.progressive.delivery.plugins"


def kill_at(dotted: str) -> None:
    """Put the end of this process in the place of a function."""
    file, *names, last = dotted.split(".")
    owner = importlib.import_module(f"{COLLECTION}.module_utils._balancers.{file}")
    for name in names:
        owner = getattr(owner, name)
    if not callable(getattr(owner, last)):
        raise TypeError(f"{dotted} is no function")
    setattr(owner, last, lambda *_args, **_options: os.kill(os.getpid(), signal.SIGKILL))


def main() -> None:
    """Run the module, which prints its result and exits."""
    module, *fault = sys.argv[1:]
    for dotted in fault:
        kill_at(dotted)
    with patch_module_args(json.load(sys.stdin)):
        importlib.import_module(f"{COLLECTION}.modules.{module}").main()


if __name__ == "__main__":
    main()
