# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run of the collection in this process: what the tasks of the role ``rollout`` do, from the lock to the end.

The modules are called as the role calls them, on a real site; only what Ansible
adds to that is left out, which is what a run costs. To follow a new kind of
action of the role, add how it is performed to :data:`PERFORM`.
"""

from __future__ import annotations

import collections
import collections.abc
import contextlib
import dataclasses
import pathlib
import typing as t
from unittest import mock

from ansible_collections.progressive.delivery.plugins.module_utils._rollout import parameters
from ansible_collections.progressive.delivery.tests.e2e.canary.site import APP, BALANCER, DoesNotStart, Site
from ansible_collections.progressive.delivery.tests.module_call import Failed, call

Data = dict[str, t.Any]
Meanwhile = collections.abc.Mapping[tuple[str, int], t.Callable[[], object]]
"""What happens beside a run: before its nth action of a kind."""

STATE_HOST = BALANCER
NO_JUDGEMENT: Data = {"verdict": None, "reason": "", "state": None, "metrics": {}}
CHECKS = [{"name": "ready", "type": "http", "path": "/readyz"}]
OWNER = {"name": "alice", "host": "control", "run": "a scenario"}


@dataclasses.dataclass(frozen=True)
class Options:
    """The role's variables, less their prefix, with values for instances that answer at once.

    :param balanced: whether the run knows of the balancer; it is no variable of the role, where there is a group of balancers or none
    :param slice: seconds that one action of a pause or an analysis takes at most; it is no variable of the role, where it
        is half a minute, which is too long for a scenario in which something is asked of a run
    """

    strategy: str = "canary"
    toggle: Data | None = None
    steps: t.Sequence[Data] = ()
    analyses: t.Mapping[str, Data] = dataclasses.field(default_factory=dict)
    background: str = ""
    baseline_pool: str = ""
    promotion: str = "swap"
    floor: str = "50%"
    batch: int | None = None
    balanced: bool = True
    supersede: bool = False
    preview: bool = False
    gate: bool = False
    sticky: bool = False
    bake: float = 0.5
    warm: float = -1.0
    rollback_window: float = 3600.0
    progress_deadline: float = 1800.0
    error_limit: int = 1
    stop_on_abort: bool = False
    irreversible: bool = False
    full: bool = False
    lease: float = 30.0
    lock_wait: float = 0.0
    take_over: bool = False
    rise: int = 1
    fall: int = 2
    check_interval: float = 0.2
    check_deadline: float = 3.0
    drain_timeout: float = 5.0
    slice: float = 1.0

    @property
    def plan(self) -> Data:
        """What is said of the rollout when a run opens."""
        steps = [
            {**step, "seconds": self.analyses[name].get("duration", 300)} if name else step
            for step in self.steps
            for name in [step.get("analysis", step.get("learn"))]
        ]
        named = ("strategy", "preview", "gate", "bake", "warm", "rollback_window", "progress_deadline", "error_limit")
        more = ("stop_on_abort", "irreversible", "full", "lease", "background", "supersede", "baseline_pool")
        batches = ("promotion", "floor", "batch", *(["toggle"] if self.toggle else []))
        return {"steps": steps, **{name: getattr(self, name) for name in (*named, *more, *batches)}}

    @property
    def in_one_pool(self) -> bool:
        """Whether the site is one pool to the run."""
        return self.strategy == "rolling"


class Run:
    """One run of a playbook.

    :param state_dir: where the journal is
    :param split_seen: is told of every split that is read from the balancer
    """

    def __init__(
        self,
        site: Site,
        state_dir: pathlib.Path,
        options: Options,
        meanwhile: Meanwhile | None = None,
        split_seen: t.Callable[[Data], None] = lambda _split: None,
    ) -> None:
        self.site = site
        self.options = options
        self._state_dir = state_dir
        self._meanwhile = meanwhile or {}
        self._split_seen = split_seen
        self._token = ""
        self._begun: collections.Counter[str] = collections.Counter()

    def carry_out(self, command: str, release: str | None = None) -> Data:
        """Do *command* and what follows from it; the last answer of the module ``rollout``.

        :raises Failed: a module refused, which ended the run
        """
        with mock.patch.object(parameters, "MIN_BAKE_SLICE", self.options.slice):
            if command == "begin":
                self._preflight(release)
            if command == "begin" and self.options.supersede and self.is_held():
                self._foresee(command, release)
            waiting = {
                "strategy": self.options.strategy,
                "lock_wait": self.options.lock_wait,
                "take_over": self.options.take_over,
            }
            asking = {"ask": "rollback"} if command == "rollback" else {}
            if command == "begin" and self.options.supersede:
                asking = {"ask": "pause", "release": release}
            held = self.ask("lock", owner=OWNER, lease=self.options.lease, **asking, **waiting)
            self._token = held["token"]
            try:
                return self._carry_on(self._open(command, release))
            except BaseException:
                with contextlib.suppress(Failed):
                    self.ask("unlock", token=self._token)
                raise

    def ask(self, command: str, **options: t.Any) -> Data:
        """The module ``rollout``."""
        return call("rollout", app=APP, state_dir=str(self._state_dir), command=command, **options)

    def check_health(self, names: t.Sequence[str], **options: t.Any) -> Data:
        """The module ``health_check``, for some instances."""
        chosen = self.options
        return call(
            "health_check",
            targets=self.site.listening(names),
            checks=CHECKS,
            fall=chosen.fall,
            interval=chosen.check_interval,
            deadline=chosen.check_deadline,
            fail_on="never",
            **options,
        )

    def analyse(self, name: str, release: str | None, analyses: int = 1, **part: t.Any) -> Data:
        """The module ``analysis``, for one part of the analysis *name*, which is one of so many."""
        given = self.options.analyses[name]
        sides = {"baseline": part["baseline"], "canary": part["canary"]}
        known = {pool: self.site.pools.get(pool, pool.split("|")) for pool in sides.values()}
        own = {"type": "scrape", "targets": self.site.metrics(known)}
        every = {"interval": given["interval"]} if "interval" in given else {}
        return call(
            "analysis",
            provider=given.get("provider", own),
            metrics=given["metrics"],
            arguments={"app": APP, "release": release, **given.get("arguments", {})},
            alpha=given.get("alpha", 0.05) / max(analyses, 1),
            fail_on="never",
            **every,
            **part,
        )

    def renew(self) -> None:
        """Make sure that the app is still this run's."""
        self.ask("renew", token=self._token)

    def _preflight(self, release: str | None) -> None:
        for names in self.site.pools.values():
            self.check_health(names, validate_only=True)
        named = {step["analysis"] for step in self.options.steps if "analysis" in step}
        for name in named.union([self.options.background] if self.options.background else []):
            baseline, canary = list(self.site.pools)[:2]
            self.analyse(name, release, baseline=baseline, canary=canary, validate_only=True)

    def is_held(self) -> bool:
        """Whether another run holds the app."""
        return call("rollout_info", app=APP, state_dir=str(self._state_dir))["lock"] is not None

    def _foresee(self, command: str, release: str | None) -> None:
        """Find out whether the release could be delivered, before the run under way is asked to make way for it."""
        try:
            self._open(command, release, check_mode=True)
        except Failed as refusal:
            if refusal.result["error"] != "rollout-active":
                raise

    def _open(self, command: str, release: str | None, **options: t.Any) -> Data:
        fleet: Data = {
            pool: hosts for pool, hosts in self.site.fleet().items() if pool == "blue" or not self.options.in_one_pool
        }
        if self.options.toggle:
            fleet = {
                "users": {
                    name: self.site.toggle(name, self.options.toggle["name"])
                    for names in fleet.values()
                    for name in names
                }
            }
        wanted = {"release": release, "fleet": fleet} if command == "begin" else {}
        plan = {**self.options.plan, "full": self.options.full and command == "promote"}
        return self.ask(command, token=self._token, splits=self._observe(), **wanted, **plan, **options)

    def _carry_on(self, answer: Data) -> Data:
        while answer["action"]["kind"] != "end":
            action = answer["action"]
            reports = self._perform(answer)
            answer = self.ask(
                "advance",
                token=self._token,
                seq=action["seq"],
                expected=list(reports),
                reports=reports,
                splits=self._observe(),
            )
        return answer

    def _observe(self) -> Data:
        splits = self.site.observe() if self.options.balanced else {BALANCER: {}}
        self._split_seen(splits[BALANCER])
        return splits if self.options.balanced else {}

    def _perform(self, answer: Data) -> dict[str, Data]:
        """Do the action where it belongs; by actor, the report of it."""
        action = answer["action"]
        kind = action["kind"]
        self._begun[kind] += 1
        self._meanwhile.get((kind, self._begun[kind]), lambda: None)()
        actors, perform = PERFORM[kind]
        account = {"rollout": answer["rollout"]["id"], "seq": action["seq"]}
        return {
            actor: {**account, **_reported(kind, lambda actor=actor: perform(self, answer, actor))}
            for actor in actors(self, action)
        }


def _reported(kind: str, perform: t.Callable[[], Data]) -> Data:
    """What an actor reports: a look that could not be taken is an error, and no verdict."""
    try:
        return {"result": "succeeded", "reason": "", **perform()}
    except (Failed, DoesNotStart) as error:
        return {"result": "error" if kind in ("validate", "bake", "analyse") else "failed", "reason": str(error)}


def _deploy(run: Run, answer: Data, actor: str) -> Data:
    run.site.put(actor, answer["action"]["release"])
    return {}


def _retire(run: Run, _answer: Data, actor: str) -> Data:
    run.site.stop(actor)
    return {}


def _shift(run: Run, answer: Data, _actor: str) -> Data:
    action = answer["action"]
    run.renew()
    header = {"pool": action["header"]} if action["header"] else {}
    mirror = {"pool": action["pool"], "percent": action["mirror"] / 100} if action["mirror"] else {}
    options = {"header": header, "mirror": mirror, "sticky": run.options.sticky}
    split = {**dict.fromkeys(run.site.pools, 0), **action["split"]}
    run.site.traffic(split=split, health={"path": "/readyz", "quorum": str(action["floor"] or "all")}, **options)
    return {}


def _drain(run: Run, answer: Data, _actor: str) -> Data:
    run.site.traffic(drain={"pool": answer["action"]["pool"], "timeout": run.options.drain_timeout})
    return {}


def _take_out(run: Run, answer: Data, _actor: str) -> Data:
    run.renew()
    run.site.traffic(servers={**_servers(answer), "state": "drain", "wait": run.options.drain_timeout})
    return {}


def _put_back(run: Run, answer: Data, _actor: str) -> Data:
    run.renew()
    run.site.traffic(servers={**_servers(answer), "state": "ready"})
    return {}


def _servers(answer: Data) -> Data:
    return {"pool": answer["action"]["pool"], "names": answer["action"]["hosts"]}


def _validate(run: Run, answer: Data, _actor: str) -> Data:
    action = answer["action"]
    quorum = str(action["floor"] or "all")
    return _by_health(run.check_health(_hosts(run, action), rise=run.options.rise, quorum=quorum))


def _tasks(_run: Run, _answer: Data, _actor: str) -> Data:
    """What a task file does is of no matter to the rollout; scenarios say what happens meanwhile."""
    return {}


def _watch(run: Run, answer: Data, _actor: str) -> Data:
    """A pause or an analysis: the pool's health and, where they are asked for, the step's analysis and that in the background.

    What is to be reported at once ends it.
    """
    action, rollout, options = answer["action"], answer["rollout"], run.options
    own, along = action["analysis"], action["background"]
    background = judged = NO_JUDGEMENT
    for number, seconds in enumerate(action["looks"], start=1):
        last = number == len(action["looks"])
        hold = max(0 if own or along else seconds, options.fall * options.check_interval)
        health = _by_health(run.check_health(_hosts(run, action), hold=hold, wait=False))
        if along and health["result"] == "succeeded":
            state = background["state"] or rollout["background"]
            final = action["ends_background"] and last
            background = _judge(run, answer, along, 0 if own else seconds, state, final, until="failed")
        if own and _worst(health, judged, background) == "succeeded":
            state = judged["state"] or rollout["analysis"]
            judged = _judge(run, answer, own, seconds, state, action["closes"] and last)
        if judged["verdict"] is not None or _worst(health, judged, background) != "succeeded":
            break
    return {
        "result": _worst(health, judged, background),
        "reason": "; ".join(filter(None, (one["reason"] for one in (health, judged, background)))),
        "decided": judged["verdict"] is not None,
        "analysis": judged["state"],
        "verdict": judged["verdict"],
        "metrics": judged["metrics"],
        "offsets": judged.get("offsets"),
        "background": background["state"],
        "background_verdict": background["verdict"],
        "background_metrics": background["metrics"],
    }


def _worst(health: Data, *judged: Data) -> str:
    found = {health["result"], *(one["verdict"] for one in judged)}
    return next((one for one in ("failed", "error", "inconclusive") if one in found), "succeeded")


def _judge(
    run: Run, answer: Data, name: str, seconds: float, state: Data | None, final: bool, until: str = "decided"
) -> Data:
    action, rollout = answer["action"], answer["rollout"]
    kinds = [step["kind"] for step in rollout["steps"]]
    backgrounds = sum(bool(step["background"]) for step in rollout["steps"])
    baseline, canary = action["baseline"], rollout["new_pool"]
    if baseline == canary:
        others = [name for name in run.site.pools[canary] if name not in action["hosts"]]
        baseline, canary = "|".join(others), "|".join(action["hosts"])
    learning: Data = {"learn": True} if action["learns"] else {}
    offsets = rollout["offsets"].get(name)
    return run.analyse(
        name,
        rollout["to_release"],
        analyses=kinds.count("analyse") + min(backgrounds, 1000 if run.options.in_one_pool else 1),
        baseline=baseline,
        canary=canary,
        duration=seconds,
        state=state or {},
        final=final,
        until=until,
        **learning or ({"offsets": offsets} if offsets else {}),
    )


def _by_health(health: Data) -> Data:
    ailing = "error" if health["fault"] == "checker" else "failed"
    reason = "" if health["status"] == "healthy" else health["summary"]
    return {"result": ailing if health["status"] == "unhealthy" else "succeeded", "reason": reason}


def _hosts(run: Run, action: Data) -> list[str]:
    return action["hosts"] or run.site.pools["blue" if action["pool"] == "users" else action["pool"]]


def _balancers(_run: Run, _action: Data) -> list[str]:
    return [BALANCER]


def _state_host(_run: Run, _action: Data) -> list[str]:
    return [STATE_HOST]


def _toggle(run: Run, answer: Data, actor: str) -> Data:
    action = answer["action"]
    file = {"path": str(run.site.toggles(actor)), "name": action["toggle"]["name"]}
    if action["opens"]:
        found = run.site.toggle(actor, file["name"]) or {}
        return {"was": found.get("definition"), "killed": found.get("killed", False)}
    if action["was"] is None:
        call("feature_toggle", **{**action["toggle"], **file})
    else:
        was = action["was"][actor]
        call("feature_toggle", **file, **({"definition": was} if was else {"state": "absent"}))
    return {}


def _app_hosts(run: Run, _action: Data) -> list[str]:
    return [name for names in run.site.pools.values() for name in names]


PERFORM: dict[str, tuple[t.Callable[[Run, Data], list[str]], t.Callable[[Run, Data, str], Data]]] = {
    "deploy": (_hosts, _deploy),
    "retire": (_hosts, _retire),
    "shift": (_balancers, _shift),
    "drain": (_balancers, _drain),
    "take_out": (_balancers, _take_out),
    "put_back": (_balancers, _put_back),
    "validate": (_state_host, _validate),
    "bake": (_state_host, _watch),
    "analyse": (_state_host, _watch),
    "tasks": (_state_host, _tasks),
    "toggle": (_app_hosts, _toggle),
}
"""By kind of action: who takes part in it, and what each of them does."""
