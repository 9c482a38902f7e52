# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the Admin API says of the flags in one environment of one project, and takes of them.

PRIVATE to the collection. It decides nothing.
"""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._toggles.errors import (
    ChangeRequestRequired,
    ToggleServerRefused,
)
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.unleash.admin_api import AdminApi, Answer
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.unleash.log import KINDS, Event
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.unleash.mapping import Flag, Strategy

_EVENTS = 100
"""How many events of a flag are looked at; fewer happen to it while one is changed."""
_NOT_AS_TESTED = "TEST_OPERATION_FAILED"
"""What it says of a patch whose test fails."""


class Anew(Exception):
    """Somebody else changed the flag: what becomes of it has to be decided again."""


class Environment:
    """The flags of a project, in an environment. Each method raises what :class:`AdminApi` does."""

    def __init__(self, api: AdminApi, project: str, name: str) -> None:
        self._api = api
        self._project = project
        self._name = name

    def names(self) -> t.List[str]:
        """The project's flags that are not archived."""
        answer = _good(self._api.read("projects", self._project, "features"))
        return [str(flag["name"]) for flag in answer.body["features"]]

    def flag(self, name: str) -> t.Optional[Flag]:
        """A flag; None where the project has none that is not archived."""
        answer = self._api.read("projects", self._project, "features", name)
        if answer.status == 404:
            overview = _good(self._api.read("projects", self._project, "overview")).body
            self._need(sorted(environment["environment"] for environment in overview["environments"]))
            return None
        body = _good(answer).body
        environments = {environment["name"]: environment for environment in body["environments"]}
        self._need(sorted(environments))
        here = environments.pop(self._name)
        return Flag(
            name=name,
            description=body.get("description") or "",
            enabled=here["enabled"],
            strategies=tuple(sorted(here["strategies"], key=lambda strategy: strategy.get("sortOrder") or 0)),
            elsewhere=any(other["enabled"] or other["strategies"] for other in environments.values()),
        )

    def need_no_approval(self) -> None:
        """Refuse where changes have to be approved, also to a token that might do without; raises ChangeRequestRequired."""
        answer = self._api.read("projects", self._project, "change-requests", "config")
        # The open-source edition has no change requests, and so no such path.
        for one in answer.body if answer.is_good else ():
            if one["environment"] == self._name and one["changeRequestEnabled"]:
                said = "project {0} takes changes in {1} by change requests only"
                raise ChangeRequestRequired(said.format(self._project, self._name))

    def events(self, name: str) -> t.Dict[int, t.Optional[Event]]:
        """What happened last to a flag, by number; None for what did not happen to a strategy of it here.

        The server tells those first whose transaction began last. What took effect last has the greatest number.
        """
        answer = _good(self._api.read("search", "events", feature="IS:" + name, limit=str(_EVENTS)))
        return {int(event["id"]): self._event(event) for event in answer.body["events"]}

    def create(self, name: str, description: str) -> bool:
        """Make a flag; False where there is one of the name, archived or not."""
        body = {"name": name, "type": "release", "description": description}
        answer = self._api.once("POST", "projects", self._project, "features", body=body)
        return answer.status != 409 and _good(answer).is_good

    def revive(self, name: str) -> None:
        """Bring a flag back that was archived; it is disabled everywhere then."""
        self._once("POST", "projects", self._project, "revive", body={"features": [name]})

    def archive(self, name: str) -> None:
        """Take a flag away, from all environments."""
        _good(self._api.repeat("DELETE", "projects", self._project, "features", name))

    def describe(self, name: str, was: str, description: str) -> None:
        """Set what a flag is for; raises Anew where that is not what it *was*."""
        patch = [{"op": "replace", "path": "/description", "value": description}]
        if was:
            patch.insert(0, {"op": "test", "path": "/description", "value": was})
        self._once("PATCH", "projects", self._project, "features", name, body=patch)

    def switch(self, name: str, enabled: bool) -> None:
        """Enable or disable a flag."""
        _good(self._api.repeat("POST", *self._here(name), "on" if enabled else "off"))

    def add(self, name: str, strategy: Strategy) -> Strategy:
        """Give a flag a further strategy; it is returned with its id."""
        return t.cast(Strategy, self._once("POST", *self._here(name), "strategies", body=strategy).body)

    def patch(self, name: str, number: str, patch: t.List[t.Dict[str, t.Any]]) -> Strategy:
        """The strategy *number* after a JSON patch; raises Anew where a test in it fails, or it is gone."""
        return t.cast(Strategy, self._once("PATCH", *self._here(name), "strategies", number, body=patch).body)

    def remove(self, name: str, number: str) -> None:
        """Take a strategy away, if it is there."""
        _good(self._api.repeat("DELETE", *self._here(name), "strategies", number))

    def _here(self, name: str) -> t.Tuple[str, ...]:
        return ("projects", self._project, "features", name, "environments", self._name)

    def _once(self, method: str, *path: str, body: t.Any) -> Answer:
        answer = self._api.once(method, *path, body=body)
        if _NOT_AS_TESTED in answer.said or answer.status in {404, 409}:
            raise Anew
        return _good(answer)

    def _event(self, event: t.Mapping[str, t.Any]) -> t.Optional[Event]:
        if event["type"] not in KINDS or event.get("environment") != self._name:
            return None
        after = event.get("data") or None
        return Event(event["id"], event["type"], (after or event["preData"])["id"], after)

    def _need(self, names: t.Sequence[str]) -> None:
        if self._name not in names:
            said = "unleash.environment: '{0}' is none of the project {1}, which has {2}"
            raise ToggleServerRefused(said.format(self._name, self._project, ", ".join(names)))


def _good(answer: Answer) -> Answer:
    if not answer.is_good:
        raise ToggleServerRefused("Unleash answered with status {0}: {1}".format(answer.status, answer.said[:200]))
    return answer
