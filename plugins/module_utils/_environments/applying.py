# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bringing a configuration into force on a host, going back to an earlier one, and taking it away.

PRIVATE to the collection. What is begun is written down, then the files are written, each whole or not at all, then what is
in force is written down. Killed anywhere between, the same call finishes; another call starts from what is there, and
removes what the other has written. Files of what is in force already are put right after that was written down: a process that
may have read them as they were is older than the history says.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import secrets
import typing as t
from dataclasses import dataclass, field, replace

from ansible_collections.progressive.delivery.plugins.module_utils._environments import drift, placement
from ansible_collections.progressive.delivery.plugins.module_utils._environments.drift import Difference
from ansible_collections.progressive.delivery.plugins.module_utils._environments.in_force import (
    begun_files,
    files_in_force,
    left_behind,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.judging import Guard
from ansible_collections.progressive.delivery.plugins.module_utils._environments.leaves import same
from ansible_collections.progressive.delivery.plugins.module_utils._environments.model import Configuration
from ansible_collections.progressive.delivery.plugins.module_utils._environments.promotion import Row
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.files import RenderedFile
from ansible_collections.progressive.delivery.plugins.module_utils._environments.revisions.errors import (
    PathOfAnotherEnvironment,
    RevisionDamaged,
    RevisionPruned,
    UnknownRevision,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.revisions.records import (
    Activation,
    Kept,
    KeptFile,
    Revision,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.revisions.retention import prunable
from ansible_collections.progressive.delivery.plugins.module_utils._environments.revisions.store import Store
from ansible_collections.progressive.delivery.plugins.module_utils._environments.secrecy import sealed
from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError


@dataclass(frozen=True)
class Proposal:
    """A configuration that is to be in force.

    :param hash: as :func:`configuration_hash` tells
    """

    configuration: Configuration
    files: t.Tuple[RenderedFile, ...]
    hash: str


@dataclass(frozen=True)
class Occasion:
    """Why the configuration comes into force, and what is kept.

    :param release: of the app
    :param rollout: id of the rollout
    :param keep: how many revisions to keep
    :param retain: releases and rollouts whose revisions are kept in any case
    """

    release: t.Optional[str] = None
    rollout: t.Optional[str] = None
    keep: int = 10
    retain: t.Tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What was done, or would be.

    :param revision: the one in force; in check mode of a new one the number that it would get
    :param made: whether that is a new one
    :param written: paths of the files that were written
    :param removed: paths of files that are of the configuration no more
    :param pruned: revisions that were removed
    :param changes: the settings that are other than those last in force
    :param unconfirmed: in check mode, dangerous changes without which the call would be refused
    :param warnings: what a person should know although it is done
    :param since: when what is in force came into force, or its files were last put right, in UTC (ISO 8601)
    """

    changed: bool
    revision: t.Optional[int]
    previous: t.Optional[int]
    hash: t.Optional[str]
    made: bool = False
    written: t.Tuple[str, ...] = ()
    removed: t.Tuple[str, ...] = ()
    pruned: t.Tuple[int, ...] = ()
    differences: t.Tuple[Difference, ...] = field(default_factory=tuple)
    changes: t.Tuple[Row, ...] = ()
    unconfirmed: t.Tuple[str, ...] = ()
    warnings: t.Tuple[str, ...] = ()
    since: t.Optional[str] = field(default=None, compare=False)


class Host:
    """One environment of an app on the host that this runs on.

    :param state: folder of all that is kept
    :param timeout: seconds to wait for another run
    """

    def __init__(self, state: str, app: str, environment: str, timeout: float = 60.0) -> None:
        self._app_folder = os.path.join(state, app)
        self._environment = environment
        self._timeout = timeout
        self.store = Store(os.path.join(self._app_folder, environment))

    def apply(
        self, proposal: Proposal, occasion: Occasion, check_mode: bool, guard: t.Optional[Guard] = None
    ) -> Outcome:
        """Bring *proposal* into force; what is in force already makes no revision.

        :param guard: what is asked of its changes
        :raises DeliveryError: nothing was changed, but for :class:`ConfigurationUnwritable`
        """
        for file in proposal.files:
            placement.check_placeable(file)
        self._check_paths(proposal.files)
        with self._held(check_mode):
            kept = self.store.read_or_rebuilt()
            judged = (guard or Guard()).judged(kept, proposal.configuration, check_mode)
            self._leaving(kept, proposal.files)
            warnings = self._warnings(kept)
            number = self._same_as(proposal, kept)
            made = number is None
            if number is None:
                number = _next(kept)
                revision = _revision(number, proposal, occasion)
                if not check_mode:
                    self.store.add(revision, proposal.files)
                kept = kept.with_revision(revision)
            outcome = self._bring(kept, number, proposal.files, occasion, made, check_mode)
        return replace(outcome, changes=judged.rows, unconfirmed=judged.unconfirmed, warnings=warnings)

    def go_back(
        self, revision: t.Optional[int], release: t.Optional[str], occasion: Occasion, check_mode: bool
    ) -> Outcome:
        """Bring a revision into force that is there: *revision*, or the one that *release* had, or the previous one.

        :raises DeliveryError: nothing was changed, but for :class:`ConfigurationUnwritable`
        """
        with self._held(check_mode):
            kept = self.store.read()
            chosen = _chosen(kept, revision, release)
            occasion = replace(occasion, release=release or occasion.release)
            files = self.store.files(chosen)
            for file in files:
                placement.check_placeable(file)
            self._check_paths(files)
            outcome = self._bring(kept, chosen.number, files, occasion, False, check_mode)
            return replace(outcome, warnings=self._warnings(kept))

    def take_away(self, occasion: Occasion, check_mode: bool) -> Outcome:
        """Remove the files of the configuration; its revisions stay, to go back to.

        :raises DeliveryError: nothing was changed, but for :class:`ConfigurationUnwritable`
        """
        with self._held(check_mode):
            kept = self.store.read()
            if kept.current is not None and not kept.paths_in_force:
                raise RevisionDamaged(
                    "{0}, which is in force, cannot be read, and so nobody knows its files".format(
                        self.store.path(kept.current)
                    )
                )
            return self._bring(kept, None, (), occasion, False, check_mode)

    def _held(self, check_mode: bool) -> t.ContextManager[None]:
        return contextlib.nullcontext() if check_mode else self.store.locked(self._timeout)

    def _bring(
        self,
        kept: Kept,
        number: t.Optional[int],
        files: t.Sequence[RenderedFile],
        occasion: Occasion,
        made: bool,
        check_mode: bool,
    ) -> Outcome:
        before = files_in_force(self.store, kept)
        found = {file.path: placement.found_at(file.path) for file in files}
        write = [file for file in files if not _is_as(found[file.path], file)]
        remove = self._leaving(kept, files)
        differing = [
            difference for file in write for difference in _differences(file, found[file.path], before.get(file.path))
        ]
        after = _after(kept, number, occasion, tuple(found), touched=bool(write or remove))
        prune = prunable(after, occasion.keep, occasion.retain)
        if not check_mode:
            if write and number is not None and number != kept.current and number not in kept.begun:
                kept = replace(kept, begun=(*kept.begun, number))
                self.store.remember(kept)
            for path in {*before, *found, *remove, *(file.path for file in begun_files(kept))}:
                placement.sweep(path)
            if number == kept.current and after.activations != kept.activations:
                # What a killed run has begun is done with only once its files are gone.
                self.store.remember(replace(after, begun=kept.begun))
            for file in write:
                placement.place(file)
            for path in remove:
                placement.take_away(path)
            if after.activations != kept.activations or kept.begun or kept.rebuilt:
                self.store.remember(after)
            self.store.point(number)
            self.store.remove(prune)
        return Outcome(
            changed=bool(made or write or remove or prune or kept.rebuilt or kept.current != number),
            revision=number,
            previous=after.previous,
            hash=None if number is None else kept.revisions[number].hash,
            made=made,
            written=tuple(file.path for file in write),
            removed=tuple(remove),
            pruned=prune,
            differences=(*differing, *map(drift.stale, remove)),
            since=after.activations[-1].at if after.activations else None,
        )

    def _leaving(self, kept: Kept, files: t.Sequence[RenderedFile]) -> t.List[str]:
        """The paths on the host that go once *files* come, those among them that a run which was killed has left.

        :raises ConfigurationUnwritable: one of them cannot be removed
        """
        staying = {file.path for file in files}
        leaving = [path for path in kept.paths_in_force if path not in staying and placement.found_at(path) is not None]
        left = [path for path in left_behind(kept) if path not in staying]
        if left:
            others = self._paths_of_others()
            leaving += [path for path in left if path not in others]
        for path in leaving:
            placement.check_removable(path)
        return leaving

    def _warnings(self, kept: Kept) -> t.Tuple[str, ...]:
        found = []
        if kept.rebuilt:
            found.append(
                "{0} is damaged: it is put aside as history.json.damaged, and a new history begins with what the records of the "
                "revisions tell, which is not every release that they were in force with".format(self.store.history)
            )
        if kept.current is not None and kept.current not in kept.revisions:
            unknown = "" if kept.paths_in_force else ", and files that only it had may be left on the host"
            found.append("{0}, which was in force, cannot be read{1}".format(self.store.path(kept.current), unknown))
        return tuple(found)

    def _same_as(self, proposal: Proposal, kept: Kept) -> t.Optional[int]:
        """The newest revision that is the same and whole."""
        for number in sorted(kept.revisions, key=lambda number: (number == kept.current, number), reverse=True):
            revision = kept.revisions[number]
            if _is_of(revision, proposal):
                with contextlib.suppress(RevisionDamaged):
                    self.store.files(revision)
                    return number
        return None

    def _check_paths(self, files: t.Sequence[RenderedFile]) -> None:
        """Refuse to write a file that another environment of the app has on this host."""
        others = self._paths_of_others()
        for file in files:
            if file.path in others:
                raise PathOfAnotherEnvironment(
                    "{0} is of the environment {1}, which is in force on this host".format(file.path, others[file.path])
                )

    def _paths_of_others(self) -> t.Dict[str, str]:
        """The files that other environments of the app have on this host, and whose each is."""
        found = {}
        for environment in sorted(os.listdir(self._app_folder)) if os.path.isdir(self._app_folder) else []:
            if environment != self._environment:
                kept = Store(os.path.join(self._app_folder, environment)).read_or_rebuilt()
                found.update(dict.fromkeys(kept.paths_in_force, environment))
        return found


def _is_as(found: t.Optional[placement.Found], file: RenderedFile) -> bool:
    return found is not None and found.is_as(file)


def _is_of(revision: Revision, proposal: Proposal) -> bool:
    """Whether a revision has the files and the settings, those included that are in no file."""
    wanted = [file.same_as for file in proposal.files]
    if [file.same_as for file in revision.files] != wanted:
        return False
    return same(sealed(proposal.configuration.settings, revision.salt), dict(revision.settings))


def _differences(
    file: RenderedFile, found: t.Optional[placement.Found], before: t.Optional[RenderedFile]
) -> t.List[Difference]:
    return drift.whole(file) if found is None else drift.differences(file, found, before)


def _chosen(kept: Kept, number: t.Optional[int], release: t.Optional[str]) -> Revision:
    wanted: t.Optional[int]
    if number is not None:
        wanted, what = number, "revision {0}".format(number)
    elif release is not None:
        wanted, what = kept.of_release(release), "revision of the release {0}".format(release)
        if wanted is None and release in kept.releases:
            raise _no_more(kept, release)
    else:
        wanted, what = kept.previous, "revision before the one in force"
    if wanted is None or wanted not in kept.revisions:
        raise UnknownRevision("there is no {0} on this host; there are {1}".format(what, _there(kept)))
    return kept.revisions[wanted]


def _no_more(kept: Kept, release: str) -> DeliveryError:
    """Why there is no revision of a release that had one."""
    had = {entry.revision for entry in kept.activations if entry.release == release}
    damaged = [number for number in sorted(kept.numbers) if number in had]
    if damaged:
        return RevisionDamaged("revision {0} of the release {1} cannot be read".format(damaged[-1], release))
    said = "the release {0} had a configuration on this host, which was pruned since; there are {1}"
    return RevisionPruned(said.format(release, _there(kept)), release=release)


def _there(kept: Kept) -> str:
    return ", ".join(str(known) for known in sorted(kept.revisions)) or "none"


def _next(kept: Kept) -> int:
    used = {entry.revision for entry in kept.activations if entry.revision is not None}
    return max({0, *kept.numbers, *used}) + 1


def _revision(number: int, proposal: Proposal, occasion: Occasion) -> Revision:
    salt = secrets.token_hex(16)
    configuration = proposal.configuration
    return Revision(
        number=number,
        app=configuration.app,
        environment=configuration.environment,
        hash=proposal.hash,
        made_at=_now(),
        release=occasion.release,
        rollout=occasion.rollout,
        salt=salt,
        settings=sealed(configuration.settings, salt),
        origins=dict(configuration.origins),
        files=tuple(KeptFile.of(file) for file in proposal.files),
    )


def _after(kept: Kept, number: t.Optional[int], occasion: Occasion, paths: t.Tuple[str, ...], touched: bool) -> Kept:
    """What is kept once *number* is in force; nothing new is written down where that would say what the last entry says.

    Where files are *touched* the same is written down anew, for its time; else another release or rollout has what was there.
    """
    last = kept.activations[-1] if kept.activations else Activation(None, None, None, "")
    # Without a release it is the settings that change, below the release that runs.
    release = occasion.release or (None if number is None else last.release)
    stays = number == last.revision and bool(kept.activations) and not touched
    entry = Activation(number, release, occasion.rollout, last.at if stays else _now(), paths)
    same = (number, release, occasion.rollout or last.rollout) == (last.revision, last.release, last.rollout)
    activations = kept.activations if same and not touched else (*kept.activations, entry)
    return replace(kept, activations=activations, begun=())


def _now() -> str:
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
