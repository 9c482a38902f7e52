# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Linking shared paths, which outlive releases, into a release.

PRIVATE to the collection.
"""

from __future__ import annotations

import os
import pwd
import shutil
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._releases.archive import make_folders

NOBODY_ELSE = (-1, -1)


def owner_of(user: t.Optional[str]) -> t.Tuple[int, int]:
    """User and group id of *user*, -1 for who runs this; raises :class:`InvalidOption`."""
    if not user:
        return NOBODY_ELSE
    try:
        known = pwd.getpwnam(user)
    except KeyError:
        raise InvalidOption("shared_owner {0!r} does not exist on this host".format(user)) from None
    if known.pw_uid == os.geteuid():
        return NOBODY_ELSE
    if os.geteuid() != 0:
        raise InvalidOption("shared_owner {0!r} can only be used by root".format(user))
    return known.pw_uid, known.pw_gid


def link_shared(
    staging: str, release: str, store: str, shared: t.Sequence[str], owner: t.Tuple[int, int] = NOBODY_ELSE
) -> None:
    """Make each path of *shared* a relative link from the release in *staging* into *store*.

    What the release brings at such a path becomes the shared content if there
    is none yet, and is dropped otherwise. Without either, an empty folder is
    made. Raises :class:`OSError`.

    :param release: the path that *staging* will have
    :param owner: user and group id of what is made in *store*; -1 for who runs this
    """
    for path in shared:
        ours = os.path.join(staging, path)
        theirs = os.path.join(store, path)
        make_folders(staging, os.path.dirname(path))
        if not os.path.lexists(theirs):
            make_folders(store, os.path.dirname(path))
            _begin(ours, theirs, owner)
        if os.path.lexists(ours):
            _drop(ours)
        target = os.path.relpath(theirs, os.path.dirname(os.path.join(release, path)))
        os.symlink(target, ours)


def _begin(ours: str, theirs: str, owner: t.Tuple[int, int]) -> None:
    if os.path.lexists(ours) and not os.path.islink(ours):
        os.rename(ours, theirs)
    else:
        os.mkdir(theirs, 0o755)
    if owner == NOBODY_ELSE:
        return
    os.chown(theirs, *owner)
    for parent, folders, files in os.walk(theirs):
        for name in folders + files:
            os.chown(os.path.join(parent, name), *owner, follow_symlinks=False)


def _drop(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        os.unlink(path)
