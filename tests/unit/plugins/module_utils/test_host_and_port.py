# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host and a port, taken from one text, or nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._host_and_port import host_and_port


@given(st.sampled_from(["logs.example.com", "10.0.0.1", "::1"]), st.integers(-1, 70000))
def test_what_is_written_is_read(host: str, port: int) -> None:
    shown = f"[{host}]" if ":" in host else host
    assert host_and_port(f"{shown}:{port}") == ((host, port) if 0 < port < 65536 else None)


@given(st.text(alphabet="ab:/[] 1", max_size=12))
def test_what_is_read_was_written_so(text: str) -> None:
    found = host_and_port(text)
    if found is not None:
        host, port = found
        assert text in {f"{host}:{port}", f"[{host}]:{port}"} or int(text.rpartition(":")[2]) == port
        assert not set(host) & set("/[] ")
