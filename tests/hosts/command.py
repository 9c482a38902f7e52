# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a command of the system, and says what it said when it failed."""

from __future__ import annotations

import subprocess


class HostsError(Exception):
    """What a person has to know: what was being done, and what went wrong."""


def run(*command: object, timeout: float = 60) -> str:
    """Run a command to its end and return its output.

    :param timeout: seconds; far above what the command takes, so that nothing waits for ever
    :raises HostsError: the command is not there, failed, or did not end in time
    """
    argv = [str(part) for part in command]
    name = " ".join(argv).splitlines()[0]
    try:
        done = subprocess.run(
            argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, check=False
        )
    except FileNotFoundError as error:
        raise HostsError(f"{argv[0]} is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise HostsError(f"{name} did not end within {timeout:g} s") from error
    if done.returncode != 0:
        raise HostsError(f"{name} ended with {done.returncode}: {_last_lines(done.stderr or done.stdout)}")
    return done.stdout


def _last_lines(text: str, count: int = 8) -> str:
    return "\n".join(text.strip().splitlines()[-count:])
