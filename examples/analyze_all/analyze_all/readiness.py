# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the service wants requests, and how it says that it soon will not."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Readiness:
    """Ready from the start, unless the release never is; not ready from the moment it is told to stop."""

    def __init__(self, never_ready: bool) -> None:
        self._never_ready = never_ready
        self._draining = False

    @property
    def draining(self) -> bool:
        """Whether a stop has begun."""
        return self._draining

    def drain(self) -> None:
        """Begin the stop. There is no way back."""
        self._draining = True

    def reasons_against(self) -> list[str]:
        """Why no request should be sent here; none when ready."""
        reasons = []
        if self._never_ready:
            reasons.append("this release never becomes ready, on purpose")
        if self._draining:
            reasons.append("shutting down")
        return reasons


class LeavingNotice:
    """Adds ``Connection: close`` to every answer given while draining.

    A client that keeps its connection open then learns with its last answer
    that it must open another, instead of finding out by a reset.
    """

    def __init__(self, app: ASGIApp, readiness: Readiness) -> None:
        self._app = app
        self._readiness = readiness

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_notice(message: Message) -> None:
            # Asked now, not when the request came in: the stop may have begun in between.
            if message["type"] == "http.response.start" and self._readiness.draining:
                message["headers"] = [*message.get("headers", []), (b"connection", b"close")]
            await send(message)

        await self._app(scope, receive, send_with_notice)
