# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bringing a configuration into force on a host, going back to an earlier one, and taking it away.

PRIVATE to the collection. The files are written first, each whole or not at all, then what is in force is written down.
Killed anywhere between, the same call finishes; another call starts from what is there.
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
from ansible_collections.progressive.delivery.plugins.module_utils._environments.leaves import same
from ansible_collections.progressive.delivery.plugins.module_utils._environments.model import Configuration
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.files import RenderedFile
from ansible_collections.progressive.delivery.plugins.module_utils._environments.revisions.errors import (
    PathOfAnotherEnvironment,
    RevisionDamaged,
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

    def apply(self, proposal: Proposal, occasion: Occasion, check_mode: bool) -> Outcome:
        """Bring *proposal* into force; what is in force already makes no revision.

        :raises DeliveryError: nothing was changed, but for :class:`ConfigurationUnwritable`
        """
        for file in proposal.files:
            placement.check_placeable(file)
        self._check_paths(proposal.files)
        if check_mode:
            kept = self.store.read()
            number = self._same_as(proposal, kept)
            foreseen = number or _next(kept)
            return self._bring(kept, foreseen, proposal.files, proposal.hash, occasion, number is None, check_mode=True)
        with self.store.locked(self._timeout):
            kept = self.store.read()
            number = self._same_as(proposal, kept)
            made = number is None
            if number is None:
                number = _next(kept)
                self.store.add(_revision(number, proposal, occasion), proposal.files)
                kept = self.store.read()
            return self._bring(kept, number, proposal.files, proposal.hash, occasion, made, check_mode=False)

    def go_back(
        self, revision: t.Optional[int], release: t.Optional[str], occasion: Occasion, check_mode: bool
    ) -> Outcome:
        """Bring a revision into force that is there: *revision*, or the one that *release* had, or the previous one.

        :raises DeliveryError: nothing was changed, but for :class:`ConfigurationUnwritable`
        """
        if check_mode:
            return self._go_back(revision, release, occasion, check_mode=True)
        with self.store.locked(self._timeout):
            return self._go_back(revision, release, occasion, check_mode=False)

    def take_away(self, occasion: Occasion, check_mode: bool) -> Outcome:
        """Remove the files of the configuration; its revisions stay, to go back to."""
        if check_mode:
            return self._bring(self.store.read(), None, (), None, occasion, False, check_mode=True)
        with self.store.locked(self._timeout):
            return self._bring(self.store.read(), None, (), None, occasion, False, check_mode=False)

    def _go_back(
        self, number: t.Optional[int], release: t.Optional[str], occasion: Occasion, check_mode: bool
    ) -> Outcome:
        kept = self.store.read()
        revision = _chosen(kept, number, release)
        occasion = replace(occasion, release=release or occasion.release)
        files = self.store.files(revision)
        for file in files:
            placement.check_placeable(file)
        self._check_paths(files)
        return self._bring(kept, revision.number, files, revision.hash, occasion, False, check_mode)

    def _bring(
        self,
        kept: Kept,
        number: t.Optional[int],
        files: t.Sequence[RenderedFile],
        digest: t.Optional[str],
        occasion: Occasion,
        made: bool,
        check_mode: bool,
    ) -> Outcome:
        before = files_in_force(self.store, kept)
        found = {file.path: placement.found_at(file.path) for file in files}
        write = [file for file in files if not _is_as(found[file.path], file)]
        remove = [path for path in before if path not in found and placement.found_at(path) is not None]
        differing = [
            difference for file in write for difference in _differences(file, found[file.path], before.get(file.path))
        ]
        after = _after(kept, number, made, occasion)
        prune = prunable(after, occasion.keep, occasion.retain)
        if not check_mode:
            for path in {*before, *found}:
                placement.sweep(path)
            for file in write:
                placement.place(file)
            for path in remove:
                placement.take_away(path)
            if after.activations != kept.activations:
                self.store.activate(after.activations[-1])
            self.store.point()
            self.store.remove(prune)
        return Outcome(
            changed=bool(made or write or remove or prune or kept.current != number),
            revision=number,
            previous=after.previous,
            hash=digest,
            made=made,
            written=tuple(file.path for file in write),
            removed=tuple(remove),
            pruned=prune,
            differences=(*differing, *map(drift.stale, remove)),
        )

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
        ours = {file.path for file in files}
        others = sorted(os.listdir(self._app_folder)) if os.path.isdir(self._app_folder) else []
        for environment in others:
            if environment == self._environment:
                continue
            kept = Store(os.path.join(self._app_folder, environment)).read()
            revision = kept.revisions.get(kept.current or 0)
            for file in revision.files if revision else ():
                if file.path in ours:
                    raise PathOfAnotherEnvironment(
                        "{0} is of the environment {1}, which is in force on this host".format(file.path, environment)
                    )


def files_in_force(store: Store, kept: Kept) -> t.Dict[str, RenderedFile]:
    """By path the files that the revision in force has; without their content where that is damaged."""
    revision = kept.revisions.get(kept.current or 0)
    if revision is None:
        return {}
    try:
        files: t.Sequence[RenderedFile] = store.files(revision)
    except RevisionDamaged:
        files = [file.with_content(b"") for file in revision.files]
    return {file.path: file for file in files}


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
    else:
        wanted, what = kept.previous, "revision before the one in force"
    if wanted is None or wanted not in kept.revisions:
        there = ", ".join(str(known) for known in sorted(kept.revisions)) or "none"
        raise UnknownRevision("there is no {0} on this host; there are {1}".format(what, there))
    return kept.revisions[wanted]


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


def _after(kept: Kept, number: t.Optional[int], made: bool, occasion: Occasion) -> Kept:
    """What is kept once *number* is in force; nothing new is written down where that would say what the last entry says."""
    last = kept.activations[-1] if kept.activations else Activation(None, None, None, "")
    # Without a release it is the settings that change, below the release that runs.
    release = occasion.release or (None if number is None else last.release)
    entry = Activation(number, release, occasion.rollout, _now())
    same = (number, release, occasion.rollout or last.rollout) == (last.revision, last.release, last.rollout)
    activations = kept.activations if same else (*kept.activations, entry)
    numbers = kept.numbers | {number} if made and number else kept.numbers
    return Kept(kept.revisions, numbers, activations)


def _now() -> str:
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
