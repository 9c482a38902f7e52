# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Counting what restic reads."""

from __future__ import annotations

import io
import tarfile

from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.restic_reading import Counted


def test_files_folders_and_links_are_counted_alike_in_a_list_and_in_a_dump():
    kinds = {"file": tarfile.REGTYPE, "dir": tarfile.DIRTYPE, "symlink": tarfile.SYMTYPE, "fifo": tarfile.FIFOTYPE}
    listing = b'{"struct_type":"snapshot","time":"now"}\n' + b"".join(
        b'{"type":"%s"}\n' % kind.encode() for kind in kinds
    )
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, kind in kinds.items():
            member = tarfile.TarInfo(name * 60)
            member.type = kind
            tar.addfile(member)
    listed, dumped, broken = Counted(), Counted(), Counted()

    listed.of_list(io.BytesIO(listing))
    dumped.of_dump(io.BytesIO(archive.getvalue()))
    broken.of_dump(io.BytesIO(archive.getvalue()[:3000]))

    assert listed.count == dumped.count == 3
    assert broken.count < 3
    nothing = Counted()
    nothing.of_dump(io.BytesIO(b""))
    assert nothing.count == 0
