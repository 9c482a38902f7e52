# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a processor says of itself."""

from __future__ import annotations

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines import processor


@pytest.mark.parametrize(
    ("told", "has"),
    [
        ("model name\t: sha_ni\nflags\t\t: fpu aes sha_ni avx2\n", True),
        ("processor\t: 0\nFeatures\t: fp asimd aes sha1 sha2 crc32\n", True),
        ("model name\t: sha_ni\nflags\t\t: fpu aes avx2\n", False),
        ("", False),
    ],
)
def test_instructions_for_sha_256_are_among_its_flags(tmp_path, told, has):
    (tmp_path / "cpuinfo").write_text(told)

    assert processor.has_sha256(str(tmp_path / "cpuinfo")) is has


def test_of_a_system_that_does_not_tell_nothing_is_known(tmp_path):
    assert not processor.has_sha256(str(tmp_path / "absent"))
