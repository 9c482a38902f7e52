# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from load.target import InvalidTarget, Target, request_bytes, resolve


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("http://127.0.0.1:8080/analyze", Target(("127.0.0.1", 8080), "127.0.0.1:8080", "/analyze")),
        ("http://127.0.0.1", Target(("127.0.0.1", 80), "127.0.0.1", "/")),
        ("http://[::1]:81/a?b=c", Target(("::1", 81), "[::1]:81", "/a?b=c")),
    ],
)
def test_a_url_names_a_target(url: str, target: Target) -> None:
    assert resolve(url) == target


@pytest.mark.parametrize(
    "url", ["", "127.0.0.1:80", "https://127.0.0.1/", "http:///path", "http://127.0.0.1:x/", "http://127.0.0.1:99999/"]
)
def test_another_url_is_refused_by_name(url: str) -> None:
    with pytest.raises(InvalidTarget, match=f"^{url}: " if url else "^: "):
        resolve(url)


def test_the_bytes_of_a_request() -> None:
    target = Target(("127.0.0.1", 80), "example", "/analyze")

    assert request_bytes(target, "POST", b"{}", {"X-Preview": "green"}, keep_alive=True) == (
        b"POST /analyze HTTP/1.1\r\nHost: example\r\nConnection: keep-alive\r\nContent-Type: application/json\r\n"
        b"Content-Length: 2\r\nX-Preview: green\r\n\r\n{}"
    )
    assert request_bytes(target, "GET", None, {"Host": "other"}, keep_alive=False) == (
        b"GET /analyze HTTP/1.1\r\nHost: other\r\nConnection: close\r\n\r\n"
    )
