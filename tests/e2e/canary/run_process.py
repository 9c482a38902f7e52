# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run in a process of its own, which can be killed: ``python run_process.py COMMAND < PARAMETERS``.

The parameters are JSON: ``site`` and ``state_dir`` are folders, ``release`` and
``options`` what the run is given. With ``fault``, as ``PLACE:COUNT``, the process
is killed with SIGKILL there, and with ``marks`` it counts how often each place
is reached.
"""

from __future__ import annotations

import json
import os
import pathlib
import sys

from ansible_collections.progressive.delivery.plugins.module_utils._rollout import fault
from ansible_collections.progressive.delivery.tests.e2e.canary.run import Options, Run
from ansible_collections.progressive.delivery.tests.e2e.canary.site import Site


def main() -> None:
    """Carry the command out; what the run came to goes to stdout."""
    given = json.load(sys.stdin)
    os.environ[fault.VARIABLE] = f"{given['fault']}:{os.getpid()}:{given['marks']}"
    site = Site.at(pathlib.Path(given["site"]))
    run = Run(site, pathlib.Path(given["state_dir"]), Options(**given["options"]))
    print(json.dumps(run.carry_out(sys.argv[1], given["release"])["action"]))


if __name__ == "__main__":
    main()
