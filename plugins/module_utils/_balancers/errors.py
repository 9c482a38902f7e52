# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong between a task and a balancer, one class a kind.

PRIVATE to the collection.
"""

from __future__ import annotations

from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError


class NotLaidDown(DeliveryError):
    """The directory holds no (readable) layout: nothing was laid down there, or for something else."""

    code = "balancer-not-laid-down"
    remedy = "Check connection.directory, or run the role 'balancer' for this app"


class LayoutMismatch(DeliveryError):
    """The task and the balancer's layout speak of different pools, endpoints or headers."""

    code = "balancer-layout-mismatch"
    remedy = "Correct the task, or run the role 'balancer' again so that the balancer knows what the inventory knows"


class UnknownPool(DeliveryError):
    """A pool that the balancer was not laid down with."""

    code = "unknown-pool"
    remedy = "Name one of the pools that the balancer has"


class EmptyPool(DeliveryError):
    """A pool without endpoints, which could serve nothing."""

    code = "empty-pool"
    remedy = "Put hosts into the pool's inventory group and run the role 'balancer'"


class UnknownServer(DeliveryError):
    """A server that its pool does not have."""

    code = "unknown-server"
    remedy = "Name servers of the pool; traffic_info lists them"


class BalancerUnreachable(DeliveryError):
    """Nothing answers where the balancer should be."""

    code = "balancer-unreachable"
    remedy = "Start the balancer, or correct the connection"


class PermissionMissing(DeliveryError):
    """The user that runs the module may not use the balancer's socket or files."""

    code = "balancer-permission"
    remedy = "Run the task as a user that may (become), or change the owner of the socket or directory"


class NotWritten(DeliveryError):
    """A file of the balancer cannot be written, for another reason than permission; the old one is untouched."""

    code = "balancer-not-written"
    remedy = "Make room on the file system, or see what is wrong with it, then run the task again"


class CommandRefused(DeliveryError):
    """The balancer answered, and did not do what it was told."""

    code = "balancer-refused"
    remedy = "Read the balancer's answer and its log"


class ReadBackMismatch(DeliveryError):
    """After a change that was accepted, the balancer says something other than what was wanted."""

    code = "read-back-mismatch"
    remedy = (
        "See that the balancer's own user may read the directory and that nothing else changes this balancer, "
        "then run the task again: it repairs what differs"
    )


class Unsupported(DeliveryError):
    """This balancer, or this version of it, cannot do what was asked."""

    code = "balancer-unsupported"
    remedy = "See in the notes of progressive.delivery.traffic what each balancer can do"


class UnhealthyPool(DeliveryError):
    """A pool that was to get traffic is not able to take it."""

    code = "unhealthy-pool"
    remedy = "Make the pool's endpoints healthy first; nothing was changed"


class PoolStillServing(DeliveryError):
    """Something that takes capacity away was asked of a pool that still gets traffic."""

    code = "pool-still-serving"
    remedy = "Move the pool's share and header route away first"


class DrainTimeout(DeliveryError):
    """Requests to a pool were still in flight when the time for draining was over."""

    code = "drain-timeout"
    remedy = "Wait longer (drain.timeout), or look at what the endpoints are still doing"


class ChangeInProgress(DeliveryError):
    """Another process is changing the same app on the same balancer."""

    code = "change-in-progress"
    remedy = "Wait for it to end and run the task again; the lock ends with the process that holds it"
