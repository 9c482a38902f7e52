# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong with the configurations that a host keeps, one class a kind.

PRIVATE to the collection.
"""

from __future__ import annotations

from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError


class UnknownRevision(DeliveryError):
    """There is no such revision of the configuration on this host, or none of that release."""

    code = "unknown-revision"
    remedy = "environment_info lists those that there are; nothing was changed"


class RevisionPruned(UnknownRevision):
    """The release had a configuration on this host, and that is kept no more."""

    code = "revision-pruned"
    remedy = "apply the configuration of that release from its layers, and name releases that may be gone back to in retain; nothing was changed"


class RevisionDamaged(DeliveryError):
    """What is kept of a revision is not what was put there."""

    code = "revision-damaged"
    remedy = "go back to another revision, or apply the configuration from its layers; nothing was changed"


class HistoryDamaged(RevisionDamaged):
    """What is written down of which revision was in force when cannot be read."""

    code = "revision-history-damaged"
    remedy = (
        "bring the configuration of that environment into force from its layers (state: present), which puts the damaged history aside "
        "and begins a new one; nothing was changed"
    )


class EnvironmentBusy(DeliveryError):
    """Another run works on the configuration of the same app and environment on this host."""

    code = "environment-busy"
    remedy = "wait for it to end and run again; the lock ends with the process that holds it"


class ConfigurationUnwritable(DeliveryError):
    """A file of the configuration, or what is kept of it, cannot be written or read."""

    code = "configuration-unwritable"
    remedy = "make the folder, make room, or run the task as a user that may write there (become), and run it again: it finishes what was begun"


class PathOfAnotherEnvironment(DeliveryError):
    """A file is the configuration of another environment of the app, which is in force on this host."""

    code = "path-of-another-environment"
    remedy = "see whether the host is in the right group; to give it to this environment, take the other away with state: absent; nothing was changed"
