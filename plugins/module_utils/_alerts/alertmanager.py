# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Alertmanager's API, version 2.

PRIVATE to the collection. See https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml.
"""

from __future__ import annotations

import datetime
import time
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._alerts.errors import (
    AlertmanagerRefused,
    AlertmanagerUnreachable,
    AlertmanagerUnreadable,
    NotTaken,
)
from ansible_collections.progressive.delivery.plugins.module_utils._alerts.model import Alert, Matcher, Silence
from ansible_collections.progressive.delivery.plugins.module_utils._http_api import Access, HttpApi
from ansible_collections.progressive.delivery.plugins.module_utils._moment import moment

Answer = t.TypeVar("Answer")

_PATIENCE = 5.0
"""Seconds within which what was written is to be read."""


class AlertmanagerApi(HttpApi):
    """What an Alertmanager is asked through."""

    UNREACHABLE = AlertmanagerUnreachable
    REFUSED = AlertmanagerRefused
    UNREADABLE = AlertmanagerUnreadable


class Alertmanager:
    """A cluster of Alertmanagers, by its members.

    An alert is told to every member, as Prometheus does, since they do not pass alerts on; all else is asked of the
    first that answers.

    :raises MissingLibrary: requests is not installed
    """

    def __init__(self, members: t.Sequence[Access]) -> None:
        self._members = [AlertmanagerApi("Alertmanager", member) for member in members]

    def alert(self, labels: t.Mapping[str, str]) -> t.Optional[Alert]:
        """The alert with just these labels, where it lasts; raises DeliveryError."""
        found = self.alerts([Matcher(name, value) for name, value in labels.items()])
        return next((each for each, _told in found if dict(each.labels) == dict(labels)), None)

    def alerts(self, matchers: t.Iterable[Matcher]) -> t.List[t.Tuple[Alert, t.Dict[str, t.Any]]]:
        """The alerts that last, with what Alertmanager tells of each; raises DeliveryError."""
        told = self._first(lambda member: _listed(member, "/api/v2/alerts", matchers))
        return [
            (Alert(each["labels"], each["annotations"], _moment(each["startsAt"]), _moment(each["endsAt"])), each)
            for each in told
        ]

    def tell(self, alerts: t.Sequence[Alert]) -> None:
        """Have every member take them that answers.

        :raises AlertmanagerUnreachable: none does
        :raises AlertmanagerRefused: one does not take them
        """
        body = [
            {
                "labels": dict(alert.labels),
                "annotations": dict(alert.annotations),
                # Without it Alertmanager takes the end for the beginning.
                "startsAt": written(alert.starts),
                "endsAt": written(alert.ends),
            }
            for alert in alerts
        ]
        silent = []
        for member in self._members:
            try:
                member.post("/api/v2/alerts", body)
            except AlertmanagerUnreachable as error:
                silent.append(error)
        if len(silent) == len(self._members):
            raise silent[0]

    def told(self, alert: Alert, lasts: bool) -> None:
        """Tell it, and see that it is there, or gone; raises DeliveryError."""
        self.tell([alert])
        self._seen(lambda: (self.alert(alert.labels) is not None) == lasts, "the alert")

    def silences(self, matchers: t.Iterable[Matcher] = ()) -> t.List[Silence]:
        """Those that are in force or will be; raises DeliveryError."""
        told = self._first(lambda member: _listed(member, "/api/v2/silences", matchers))
        return [_silence(each) for each in told if each["status"]["state"] != "expired"]

    def silence(self, wanted: Silence) -> Silence:
        """Have it in force, and read it back; raises DeliveryError."""
        body = {
            "matchers": [
                {"name": each.name, "value": each.value, "isRegex": each.is_regex, "isEqual": each.is_equal}
                for each in sorted(wanted.matchers)
            ],
            "startsAt": written(wanted.starts),
            "endsAt": written(wanted.ends),
            "createdBy": wanted.author,
            "comment": wanted.comment,
            **({"id": wanted.identifier} if wanted.identifier else {}),
        }
        identifier = self._first(lambda member: member.post("/api/v2/silences", body))["silenceID"]
        found: t.List[Silence] = []

        def is_there() -> bool:
            found[:] = [each for each in self.silences() if each.identifier == identifier]
            return bool(found)

        self._seen(is_there, "the silence")
        return found[0]

    def end(self, silence: Silence) -> None:
        """Take it away, and see that it is gone; raises DeliveryError."""
        self._first(lambda member: member.send("DELETE", "/api/v2/silence/" + silence.identifier))
        self._seen(
            lambda: all(each.identifier != silence.identifier for each in self.silences()), "the end of the silence"
        )

    def _first(self, ask: t.Callable[[AlertmanagerApi], Answer]) -> Answer:
        for member in self._members[:-1]:
            try:
                return ask(member)
            except AlertmanagerUnreachable:
                continue
        return ask(self._members[-1])

    def _seen(self, is_so: t.Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not is_so():
            if time.monotonic() > deadline:
                raise NotTaken("Alertmanager took {0} and does not show it".format(what))
            time.sleep(0.05)


def written(at: float) -> str:
    """A moment as the API has it."""
    return datetime.datetime.fromtimestamp(at, datetime.timezone.utc).isoformat()


def _moment(text: str) -> float:
    found = moment(text)
    if found is None:
        raise AlertmanagerUnreadable("Alertmanager tells a moment as {0!r}".format(text))
    return found


def _listed(member: AlertmanagerApi, path: str, matchers: t.Iterable[Matcher]) -> t.List[t.Dict[str, t.Any]]:
    found = member.json(path, {"filter": [str(each) for each in matchers]})
    if not isinstance(found, list):
        raise AlertmanagerUnreadable("Alertmanager answered {0} with no list".format(path))
    return found


def _silence(told: t.Mapping[str, t.Any]) -> Silence:
    return Silence(
        matchers=frozenset(
            Matcher(each["name"], each["value"], each["isRegex"], each.get("isEqual", True))
            for each in told["matchers"]
        ),
        starts=_moment(told["startsAt"]),
        ends=_moment(told["endsAt"]),
        author=told["createdBy"],
        comment=told["comment"],
        identifier=told["id"],
    )
