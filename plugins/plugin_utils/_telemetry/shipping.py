# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A thread that makes events of what a run is seen to do and hands them to each sink's own, so that the run waits for none.

PRIVATE to the collection.
"""

from __future__ import annotations

import collections
import collections.abc
import threading
import time
import typing as t

from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.alerting.alerting import Alerting
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.cloudevents import cloudevent
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.model import Observation
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.outlet import Outlet
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.recording import Recording
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sending import Sending

ROOM = 100_000
"""Observations that wait for the thread."""
_TOGETHER = 2_000
"""Observations of which events are made and shipped together."""


class Shipping:
    """The thread, which begins with the first observation.

    :param alerting: what is told as alerts
    :param together: seconds for which observations are gathered before they are shipped together
    """

    def __init__(self, outlets: collections.abc.Iterable[Outlet], alerting: Alerting, together: float = 0.2) -> None:
        self._sending = [Sending(outlet) for outlet in outlets]
        self.unseen = 0
        """Observations for which there was no room."""
        self._together = together
        self._recording = Recording()
        self._alerting = alerting
        # Nothing here wakes the thread: it looks by itself, as handing each observation over costs the run more than all else.
        self._seen: collections.deque[Observation] = collections.deque()
        self._thread = threading.Thread(target=self._run, name="telemetry", daemon=True)
        self._ending = threading.Event()

    @property
    def outlets(self) -> list[Outlet]:
        """Where events go."""
        return [each.outlet for each in self._sending]

    def see(self, observation: Observation) -> None:
        """Ship this, soon. Never waits."""
        if self._thread.ident is None:
            self._thread.start()
        if len(self._seen) < ROOM:
            self._seen.append(observation)
        else:
            self.unseen += 1

    def end(self, seconds: float) -> bool:
        """Ship what is left, for *seconds* at most; whether that was enough.

        A sink that did not take what it was sent last is not waited for. What was not shipped is kept for the next run.
        """
        self._ending.set()
        if self._thread.ident is None:
            return True
        self._thread.join()  # It waits for nothing.
        until = time.monotonic() + seconds
        late = [each for each in self._sending if not each.wait(max(0.0, until - time.monotonic()))]
        return not late

    def linger(self, seconds: float) -> None:
        """After the end, wait for what is still being sent, for *seconds* at most: then it need not be sent again."""
        until = time.monotonic() + seconds
        for each in self._sending:
            each.linger(max(0.0, until - time.monotonic()))

    def _run(self) -> None:
        try:
            over = False
            while not over:
                over = self._ending.wait(self._together)
                while self._seen:
                    seen = [self._seen.popleft() for _number in range(min(len(self._seen), _TOGETHER))]
                    events = self._events(seen)
                    for each in self._sending if events else ():
                        each.give(events)
        finally:
            for each in self._sending:
                each.finish()

    def _events(self, seen: t.Iterable[Observation]) -> list[dict[str, t.Any]]:
        made = (event for each in seen for event in self._recording.events(each))
        return [cloudevent(each) for event in made for each in (event, *self._alerting.events(event))]
