# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong between a task and a feature toggle, one class a kind.

PRIVATE to the collection.
"""

from __future__ import annotations

from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError


class UnknownToggle(DeliveryError):
    """A change to a flag that does not exist, without the variants that a new one needs."""

    code = "unknown-toggle"
    remedy = "Correct the name or the path, or give the variants of a new flag"


class InvalidDefinition(DeliveryError):
    """A flag that flagd's readers would not understand: it breaks the schema, or names a variant that it does not have."""

    code = "invalid-toggle-definition"
    remedy = "Correct what the message names; nothing was changed"


class ForeignTargeting(DeliveryError):
    """A share was asked for of a flag whose targeting rules were written by somebody else, and would be lost."""

    code = "foreign-targeting"
    remedy = "Give the whole flag, with rules and share, as definition"


class ToggleFileUnreadable(DeliveryError):
    """The file with the flags cannot be read, or is not one JSON object with an object of flags."""

    code = "toggle-file-unreadable"
    remedy = "Correct the path or the file; nothing was changed"


class ToggleFileUnwritable(DeliveryError):
    """The file with the flags, or the lock beside it, cannot be written; the old file is untouched."""

    code = "toggle-file-unwritable"
    remedy = "Make the folder, make room, or run the task as a user that may write there (become)"


class ToggleChangeInProgress(DeliveryError):
    """Another process is changing the same file of flags, or from the same machine the same flag of a server."""

    code = "toggle-change-in-progress"
    remedy = "Wait for it to end and run the task again; the lock ends with the process that holds it"


class ToggleReadBackMismatch(DeliveryError):
    """After a write, the file or the server holds something else than was written: something else wrote at the same time."""

    code = "toggle-read-back-mismatch"
    remedy = "See what else writes the flags, then run the task again"


class UnexpectedToggleVersion(DeliveryError):
    """The flag is no longer as the caller has seen it: somebody else has changed it."""

    code = "unexpected-toggle-version"
    remedy = "Read the flag again, see whether the change is still right, and give its new version; nothing was changed"


class UnknownRevision(DeliveryError):
    """A revision that is not kept: it never was, or newer ones have taken its place."""

    code = "unknown-toggle-revision"
    remedy = "Choose one of those that the message names, or keep more (keep_revisions)"


class UndeclaredEvaluator(DeliveryError):
    """A flag would refer to a shared evaluator that its file does not have; readers would take none of its rules."""

    code = "undeclared-evaluator"
    remedy = "Declare it under evaluators, or change the flags that refer to it first; nothing was changed"


class WrongToggleEnvironment(DeliveryError):
    """The file with the flags is another environment's."""

    code = "wrong-toggle-environment"
    remedy = "Correct the path or the environment; nothing was changed"


class ToggleFileChangedHere(DeliveryError):
    """A file of flags is to be pushed over one that somebody has changed on the host since the last push, or that never was pushed."""

    code = "toggle-file-changed-here"
    remedy = (
        "Bring that change into the file that is pushed, or let it be overwritten (overwrite); nothing was activated"
    )


class NotPrepared(DeliveryError):
    """A file of flags is to be activated that is not prepared on the host, or whose place was taken by a change since."""

    code = "toggle-file-not-prepared"
    remedy = "Push the file again; it is prepared anew everywhere, and hosts that have it already stay as they are"


class NoCounterpart(DeliveryError):
    """The flag would be something that Unleash has no counterpart of, such as a share with decimals or a schedule."""

    code = "no-counterpart-in-unleash"
    remedy = "Leave out or change what the message names; nothing was changed"


class ToggleServerUnreachable(DeliveryError):
    """The server with the flags does not answer, or only that it cannot answer now."""

    code = "toggle-server-unreachable"
    remedy = "See whether the server runs and can be reached, then run the task again; it goes on from what is there"


class ToggleServerRefused(DeliveryError):
    """The server with the flags refuses a request, for example for its token, or is not to be trusted."""

    code = "toggle-server-refused"
    remedy = "Correct what the server names, then run the task again; it goes on from what is there"


class ChangeRequestRequired(DeliveryError):
    """Changes of flags in this environment have to be approved by somebody before they take effect."""

    code = "change-request-required"
    remedy = "Open a change request in Unleash, and have it approved"


class ToggleChangedMeanwhile(DeliveryError):
    """Others changed the same flag on the server again and again while this task did."""

    code = "toggle-changed-meanwhile"
    remedy = "See the events of the flag in the server, which have each change, then run the task again"


class ExposuresUnreadable(DeliveryError):
    """The file in which an app tells of exposures cannot be read."""

    code = "exposures-unreadable"
    remedy = "Check that the app, or its collector, writes there, and that this user may read it"
