# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong with a rollout as a whole, its journal or its lock.

PRIVATE to the collection.
"""

from __future__ import annotations

from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError


class RolloutActive(DeliveryError):
    """A rollout of another release was begun and has not ended."""

    code = "rollout-active"
    remedy = "end it first: run the resume, promote or rollback playbook for this app"


class NoRollout(DeliveryError):
    """There is no rollout that the command could act on."""

    code = "no-rollout"
    remedy = "see the status playbook for what serves; begin a rollout with the blue_green playbook"


class NoRun(DeliveryError):
    """The journal has a rollout under way, but no run carries it on: it died, so nobody would hear what is asked."""

    code = "no-run"
    remedy = "carry it on with the resume playbook, or take it back with the rollback playbook"


class RolloutOver(DeliveryError):
    """The rollout that was to be rolled back has ended, and another was begun while this run waited for the lock."""

    code = "rollout-over"
    remedy = "see the status playbook; run the rollback playbook again to take back what is under way now"


class NothingToRollBackTo(DeliveryError):
    """The journal names no earlier release, or no delivery at all."""

    code = "nothing-to-roll-back-to"
    remedy = "deliver the release you want with the blue_green playbook"


class Irreversible(DeliveryError):
    """The release was declared irreversible, so going back is refused."""

    code = "irreversible"
    remedy = "mend the release and go forward with the promote playbook, or abandon the rollout"


class TrafficUnclear(DeliveryError):
    """The balancers do not agree on one pool that takes all traffic, or one cannot be read."""

    code = "traffic-unclear"
    remedy = "see the status playbook; put all traffic on one pool with the traffic module, then run again"


class IrreversibleDelivered(DeliveryError):
    """The release that serves was declared irreversible, and its rollout has ended."""

    code = "irreversible-delivered"
    remedy = "mend it in a further release and deliver that with the blue_green playbook"


class MixedFleet(DeliveryError):
    """The hosts of one pool have different releases."""

    code = "mixed-fleet"
    remedy = "bring the pool to one release with the release role, then run again"


class ToggleOff(DeliveryError):
    """The toggle that is to be given to more and more users is killed or disabled, so nobody would get anything by it."""

    code = "toggle-off"
    remedy = "find out why; then take the kill switch back (feature_toggle with killed: false), or give the ramp's toggle state: enabled"


class NotPaused(DeliveryError):
    """Only a paused or frozen rollout can be promoted."""

    code = "not-paused"
    remedy = "run the resume playbook to carry an interrupted rollout on"


class JournalCorrupt(DeliveryError):
    """A journal file is not what was written: a disk fault or another program."""

    code = "journal-corrupt"
    remedy = "look at the file; the abandon playbook sets it aside and frees the app, the balancer says what serves"


class LockCorrupt(DeliveryError):
    """The lock file is not what was written, so nobody can prove to hold the app: a disk fault or another program."""

    code = "lock-corrupt"
    remedy = "when you know that no run is under way, take over with rollout_take_over=true; the file is set aside"


class JournalTooNew(DeliveryError):
    """The journal was written by a newer version of the collection."""

    code = "journal-too-new"
    remedy = "upgrade the collection on this controller; nothing was touched"


class JournalUnwritable(DeliveryError):
    """The journal cannot be written, so nothing outside may be changed either."""

    code = "journal-unwritable"
    remedy = "free space on, or give the user write access to, the state folder; then run again"


class PictureUnwritable(DeliveryError):
    """The picture of a rollout cannot be written where it is wanted; the rollout itself is as it was."""

    code = "picture-unwritable"
    remedy = "name a place on this machine that this user may write"


class LockHeld(DeliveryError):
    """Another run holds the app's lock and its lease has not ended."""

    code = "lock-held"
    remedy = "wait for it, or, when you know that run is dead, take over with rollout_take_over=true"


class LockLost(DeliveryError):
    """This run's lock was taken over by another run, so it stops before touching anything more."""

    code = "lock-lost"
    remedy = "leave the app to the run that holds the lock; the status playbook shows it"
