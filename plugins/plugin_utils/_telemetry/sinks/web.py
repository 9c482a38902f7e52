# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sinks that are reached over HTTP.

PRIVATE to the collection.
"""

from __future__ import annotations

import base64
import contextlib
import typing as t
import urllib.parse

from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError, InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._http_api import Access, HttpApi
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.interface import (
    SinkDown,
    SinkRefused,
)

_SECONDS = 2.0
"""To connect, and to answer: other sinks wait meanwhile."""
_NEVER = frozenset({400, 413, 415, 422})
"""Answers to what is wrong with the content, which no further try makes right."""


class Unanswered(DeliveryError):
    """A sink did not answer."""


class Refused(DeliveryError):
    """A sink answered that it does not take it."""


class SinkApi(HttpApi):
    """What sinks are asked through."""

    UNREACHABLE = Unanswered
    REFUSED = Refused
    UNREADABLE = Refused


def access(address: str) -> Access:
    """How *address* is reached: once, as what is not taken is kept. User and password in it are sent as basic authentication.

    :raises InvalidOption: it is no address of http or https; it is not told, as there may be a password in it
    """
    try:
        parts = urllib.parse.urlsplit(address)
        headers = {}
        if parts.username is not None:
            pair = ":".join(urllib.parse.unquote(word or "") for word in (parts.username, parts.password))
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        plain = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        return Access(plain, headers, timeout=_SECONDS, attempts=1)
    except (InvalidOption, ValueError):
        raise InvalidOption(
            "after the + of a sink stands an address of http or https, such as https://hub.example.com/events"
        ) from None


@contextlib.contextmanager
def as_sink() -> t.Iterator[None]:
    """Tell what a sink's failure means for what was sent.

    :raises SinkDown: it may be taken later
    :raises SinkRefused: it never will be
    """
    try:
        yield
    except DeliveryError as error:
        kind = SinkRefused if error.details.get("status") in _NEVER else SinkDown
        raise kind(error.message) from error
