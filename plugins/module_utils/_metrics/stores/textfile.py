# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that node_exporter's textfile collector shows.

PRIVATE to the collection. See https://github.com/prometheus/node_exporter#textfile-collector.
"""

from __future__ import annotations

import hashlib
import os
import re
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._files.atomic import write_file
from ansible_collections.progressive.delivery.plugins.module_utils._metrics import exposition
from ansible_collections.progressive.delivery.plugins.module_utils._metrics.errors import StoreUnreachable
from ansible_collections.progressive.delivery.plugins.module_utils._metrics.groups import JOB, grouped
from ansible_collections.progressive.delivery.plugins.module_utils._metrics.model import Labels, Point, Sums

_PLAIN = re.compile(r"[^A-Za-z0-9_-]+")


class Textfile:
    """The folder that node_exporter was given; satisfies ``Store``. A file a group, which is replaced as a whole.

    :param by: the labels by which groups are told apart
    """

    def __init__(self, folder: str, by: t.Collection[str]) -> None:
        self._folder = folder
        self._by = by

    def put(self, sums: Sums, points: t.Sequence[Point]) -> None:
        """Write the files anew."""
        changed = {tuple(pair for pair in point.labels if pair[0] in self._by) for point in points}
        try:
            for group, members in grouped(sums, self._by).items():
                if group in changed:
                    write_file(os.path.join(self._folder, file_of(group)), exposition.text(members), mode=0o644)
        except OSError as error:
            raise StoreUnreachable("{0}: {1}".format(self._folder, error.strerror)) from error


def file_of(group: Labels) -> str:
    """The name of a group's file; groups with other values have another one."""
    words = "-".join(_PLAIN.sub("_", value) for _name, value in group)[:100]
    digest = hashlib.sha256(repr(group).encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return "{0}{1}-{2}.prom".format(JOB, "-" + words if words else "", digest)
