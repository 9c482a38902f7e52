# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A split as a folder of empty files, for a balancer that asks the file system for each request.

PRIVATE to the collection. A bucket is one of 65536, so that a share of
0.01 % has about seven of them; ``split/ab/cd`` exists when bucket 0xabcd goes
to the other pool::

    <folder>/whole/{00..ff}      all low halves
    <folder>/split/<high>        -> ../whole, or at the edge a folder of some low halves
    <folder>/header/<pool>       the header route to that pool is open
    <folder>/sticky              clients keep their buckets

One look at ``split/<high>/<low>`` decides, so a change of the folder by way of
a link can never be seen half done.
"""

from __future__ import annotations

import os
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._balancers.layout import Layout
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.split import WHOLE, HeaderRoute, Split
from ansible_collections.progressive.delivery.plugins.module_utils._files.atomic import sync_folder

BUCKETS = 65536
HALVES = ["{0:02x}".format(half) for half in range(256)]
"""What the high and the low half of a bucket are called."""

_WHOLE_LINK = "../whole"


def threshold_of(share: int) -> int:
    """The number of buckets that stand for *share*."""
    return (share * BUCKETS + WHOLE // 2) // WHOLE


def share_of(threshold: int) -> int:
    """The share that *threshold* buckets stand for; the inverse of :func:`threshold_of`."""
    return (threshold * WHOLE + BUCKETS // 2) // BUCKETS


def halves(bucket: int) -> t.Tuple[str, str]:
    """The high and the low half of *bucket*."""
    return HALVES[bucket // 256], HALVES[bucket % 256]


def build_folder(folder: str, split: Split, layout: Layout) -> None:
    """Fill the empty *folder* with the flags of *split*, readable by every user, and make them durable."""
    whole, buckets, header = (os.path.join(folder, name) for name in ("whole", "split", "header"))
    os.chmod(folder, 0o755)  # noqa: S103 (the workers of nginx are another user)
    _make_flags(whole, HALVES)
    _make_flags(header, [split.header.pool] if split.header else [])
    _make_flags(buckets, [])
    high, low = divmod(threshold_of(split.shares[layout.other]), 256)
    for name in HALVES[:high]:
        os.symlink(_WHOLE_LINK, os.path.join(buckets, name))
    if low:
        _make_flags(os.path.join(buckets, HALVES[high]), HALVES[:low])
    sync_folder(buckets)
    if split.sticky:
        _make_flag(os.path.join(folder, "sticky"))
    sync_folder(folder)


def read_folder(folder: str, layout: Layout) -> t.Optional[Split]:
    """The split that the flags in *folder* stand for, or None where :func:`build_folder` would build others.

    :raises OSError: *folder* is not there, or is no such folder at all
    """
    threshold = _read_threshold(os.path.join(folder, "split"))
    opened = os.listdir(os.path.join(folder, "header"))
    if threshold is None or sorted(os.listdir(os.path.join(folder, "whole"))) != HALVES:
        return None
    if len(opened) > 1 or not set(opened) <= set(layout.pools):
        return None
    share = share_of(threshold)
    return Split(
        shares={layout.base: WHOLE - share, layout.other: share},
        header=HeaderRoute(layout.header, opened[0]) if opened else None,
        sticky=os.path.exists(os.path.join(folder, "sticky")),
    )


def _read_threshold(buckets: str) -> t.Optional[int]:
    """The number of flags in *buckets*, or None when they are not those of a share."""
    names = sorted(os.listdir(buckets))
    linked = [name for name in names if os.path.islink(os.path.join(buckets, name))]
    edges = [name for name in names if name not in set(linked)]
    low = sorted(os.listdir(os.path.join(buckets, edges[0]))) if edges else []
    threshold = len(linked) * 256 + len(low)
    well_formed = (
        linked == HALVES[: len(linked)]
        and all(os.readlink(os.path.join(buckets, name)) == _WHOLE_LINK for name in linked)
        and edges == HALVES[len(linked) : len(linked) + len(edges)]
        and len(edges) <= 1
        and low == HALVES[: len(low)]
        and threshold == threshold_of(share_of(threshold))
    )
    return threshold if well_formed else None


def _make_flags(folder: str, names: t.Sequence[str]) -> None:
    os.mkdir(folder)
    os.chmod(folder, 0o755)  # noqa: S103 (the workers of nginx are another user)
    for name in names:
        _make_flag(os.path.join(folder, name))
    sync_folder(folder)


def _make_flag(path: str) -> None:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644))
