# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What somebody does who is not root, whoever runs the tests."""

from __future__ import annotations

import os
import pathlib
import tempfile
import typing as t

NOBODY = 65534


def without_rights(work: t.Callable[[pathlib.Path], object]) -> None:
    """*work* in an empty folder, as somebody who is not root."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o777)
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                if os.geteuid() == 0:
                    os.setgroups([])
                    os.setgid(NOBODY)
                    os.setuid(NOBODY)
                work(pathlib.Path(name))
                code = 0
            finally:
                os._exit(code)
        assert os.WEXITSTATUS(os.waitpid(pid, 0)[1]) == 0
