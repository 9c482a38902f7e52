# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong between this collection and a process supervisor.

PRIVATE to the collection.
"""

from __future__ import annotations

from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError


class SupervisorMissing(DeliveryError):
    """The ``supervisord`` program is not where it was looked for."""

    code = "supervisor-missing"
    remedy = (
        "install it on the host with 'pip install supervisor', or point binary_directory at the folder that holds it"
    )


class SupervisorFailed(DeliveryError):
    """``supervisord`` did not start."""

    code = "supervisor-failed"
    remedy = "read the log named in the message, correct what it reports and run again"


class SupervisorUnresponsive(DeliveryError):
    """A ``supervisord`` runs but cannot be spoken to through its socket."""

    code = "supervisor-unresponsive"
    remedy = "run as the user who started it, or end it with SIGTERM (its processes end with it) and run again"


class SupervisorRefused(DeliveryError):
    """``supervisord`` answered a command with a fault."""

    code = "supervisor-refused"
    remedy = "correct what supervisord reports and run again"


class UnknownProcess(DeliveryError):
    """A process was to be run that has never been described."""

    code = "unknown-process"
    remedy = "give the command, or correct the name"


class StartFailed(DeliveryError):
    """A process ended, or could not be run at all, while it was being started."""

    code = "start-failed"
    remedy = "read the end of the log in the details, correct the command or its environment and run again"


class StopTimedOut(DeliveryError):
    """A supervisord did not end in the time it was given."""

    code = "stop-timed-out"
    remedy = "look at the processes it still waits for, or give it more time"


class FolderRefused(DeliveryError):
    """The supervisor's folder cannot be made, written or trusted."""

    code = "folder-refused"
    remedy = "choose a folder that the user who runs this may write, or correct its owner and mode"


class ReloadFailed(DeliveryError):
    """The command that makes a process read its configuration again failed."""

    code = "reload-failed"
    remedy = "correct what the command reports; the process still runs as it did"
