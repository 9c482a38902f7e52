# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets that programs read from a pipe."""

from __future__ import annotations

import os

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.secret_pipe import handed


def test_a_secret_lies_at_the_other_end_of_a_pipe():
    with handed("pass: word\udcff") as descriptor:
        assert os.read(descriptor, 100) == b"pass: word\xff"
        assert os.read(descriptor, 100) == b""
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.read(descriptor, 1)
