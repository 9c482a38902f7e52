# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses as they may be shown and written down: without the secrets that people put into them.

PRIVATE to the collection. Pure. Shared by the areas.
"""

from __future__ import annotations

import re

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://)(?:[^/?#]*@)?([^/?#]*)([^?#]*)", re.DOTALL)
_URL_IN_TEXT = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s'\"<>]+")
_HOST = re.compile(r"(?:\[[^\[\]]*\]|[^:\[\]]*)(?::[0-9]*)?")


def shown_url(url: str) -> str:
    """*url* without user name, password, query and fragment; what is no URL, such as a path, stays as it is.

    Where the host should be and is none, as with a password that holds a ``/``, nothing after the scheme is shown.
    """
    parts = _URL.match(url)
    if parts is None:
        return url
    scheme, host, path = parts.groups()
    return scheme + (host + path if _HOST.fullmatch(host) else "***")


def without_url_secrets(text: str, url: str) -> str:
    """*text*, which somebody else wrote about *url*, with that and any other URL as :func:`shown_url` has it."""
    return _URL_IN_TEXT.sub(lambda found: shown_url(found.group()), text.replace(url, shown_url(url)))
