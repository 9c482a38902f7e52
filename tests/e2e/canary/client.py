# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client that keeps what it is told to keep."""

from __future__ import annotations

import requests


class Client:
    """Somebody with a browser: what a cookie says is said again in the next request."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}/"
        self._session = requests.Session()

    def release(self) -> str | None:
        """The release that answers now."""
        return self._session.get(self._url, timeout=30).headers["X-Release"]
