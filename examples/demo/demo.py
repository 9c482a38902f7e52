# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``make demo``: deliveries to a site on loopback, under load.

By blue-green a good release and two bad ones; with ``PART=canary`` a good and a
bad one step by step; with ``PART=toggle`` a feature for more and more users,
which is then killed; and with ``PART="blue_green canary toggle"`` all of them. Ends
with 0 only when each delivery went as it should and no request failed but those
that the bad releases answered themselves.
"""

from __future__ import annotations

import dataclasses
import math
import pathlib
import re
import shlex
import signal
import sys
import tempfile
import time
import typing as t

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from load import records, report
from loopback.site import REPOSITORY, Run, Site, Started

from demo import ramp

RATES = {"blue_green": 100, "canary": 700, "toggle": 500}
"""Requests a second, by part: of few, a twentieth would be too few to judge a release by in a short time."""
USERS = ("--users", "1000")
INSTANCES = 3
CANARY = pathlib.Path(__file__).with_name("canary.yml")
OPTIONS: dict[str, t.Any] = {
    "rollout_bake": 5,
    "rollout_fall": 2,
    "rollout_check_interval": 0.5,
    "rollout_check_deadline": 4,
}
SAID = re.compile(r' {4,}"(?:msg": ")?((?:.* → |(?:split|users|so far|verdict|why): ).*)",?$')
"""A line of a playbook's output that says what the rollout does next, or how it stands."""
LAST_LOOK_SECONDS = 1
"""How long the load goes on after a delivery, to see what serves then."""


@dataclasses.dataclass(frozen=True)
class Act:
    """One delivery of the demo and how it should end.

    :param reason: how the journal's reason should begin
    :param serves: what should serve afterwards
    :param shares: the shares of all traffic, in per cent, that the release should have, one after the other
    """

    playbook: str
    release: str
    promise: str
    result: str
    reason: str
    serves: str
    shares: tuple[float, ...]
    file: pathlib.Path | None = None

    def command(self, playbook: str) -> str:
        """What a person would type to run a playbook for it."""
        file = f" -e @{self.file.relative_to(REPOSITORY)}" if self.file else ""
        return f"$ ansible-playbook … playbooks/{playbook}.yml{file}"


ACTS = (
    Act("blue_green", "1.1.0", "a good release", "succeeded", "", "1.1.0", (100,)),
    Act("blue_green", "1.2.0", "healthy at first, then 5 % errors", "rolled_back", "bake failed", "1.1.0", (100, 0)),
    Act("blue_green", "1.3.0", "never becomes healthy", "rolled_back", "validate failed", "1.1.0", ()),
    Act("canary", "1.4.0", "a good release, step by step", "succeeded", "", "1.4.0", (5, 25, 50, 100), CANARY),
    Act("canary", "1.5.0", "1.5 % errors, step by step", "rolled_back", "analyse failed", "1.4.0", (5, 0), CANARY),
)
PREPARATIONS = ("balancer", str(pathlib.Path(__file__).with_name("first_release")))
"""Playbooks that have nothing to do with each other."""
MOST_LOOKS = 6
"""How often a canary in doubt is looked at; the first look is enough where requests are sent as often as they should be."""


@dataclasses.dataclass(frozen=True)
class Played:
    """An act as it went.

    :param rollout: the journal after it
    """

    act: Act
    run: Run
    rollout: dict[str, t.Any]


def main() -> int:
    """Play the acts of the parts that are named; returns the exit code."""
    chosen = sys.argv[1:]
    if not chosen or not set(chosen) <= set(RATES):
        print(f"There is no part '{' '.join(chosen)}'; there are {' and '.join(RATES)}.")
        return 2
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))
    # Not the system's choice, which on macOS is too long for the address of a socket.
    with tempfile.TemporaryDirectory(prefix="demo-", dir="/tmp") as folder:
        flags = "toggle" in chosen
        site = Site(pathlib.Path(folder), "caddy", instances=INSTANCES, variables=OPTIONS, flags=flags)
        try:
            return _play(site, chosen)
        except KeyboardInterrupt:
            print("\nInterrupted; cleaning up. It takes a few seconds.", flush=True)
            return 130
        finally:
            # Who presses Ctrl-C once often presses it twice, and would leave servers behind.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            site.down()


def _play(site: Site, parts: t.Sequence[str]) -> int:
    began = time.monotonic()
    print("Building releases, starting Caddy and two pools of three instances on loopback.", flush=True)
    site.build_releases()
    for prepared in [started.wait() for started in [site.start(playbook) for playbook in PREPARATIONS]]:
        if prepared.code != 0:
            print(prepared.output)
            print(f"The {prepared.playbook} playbook failed; its output is above.")
            return 1
    print("1.0.0 serves. Ask what serves, from another shell in this folder; the options are what … stands for below:")
    print(f"$ .venv/bin/ansible-playbook {shlex.join(site.options)} playbooks/status.yml\n", flush=True)
    played: list[Played] = []
    recorded: list[records.Record] = []
    as_ramped = True
    for part in parts:
        load = site.load("--rate", str(RATES[part]), "--connections", "32", *(USERS if part == "toggle" else ()))
        print(f"{RATES[part]} requests a second go to {site.url} from now on.\n", flush=True)
        played += [_play_act(site, act) for act in ACTS if act.playbook == part]
        as_ramped = as_ramped and (part != "toggle" or ramp.play(site, _tell))
        time.sleep(LAST_LOOK_SECONDS)
        recorded += load.stop()
    good = [as_ramped, *(_show(one, recorded) for one in played)]
    return _close(parts, played, good, recorded, time.monotonic() - began)


def _play_act(site: Site, act: Act) -> Played:
    print(f"{act.command(act.playbook)} -e rollout_release={act.release}    # {act.promise}", flush=True)
    run = _tell(site.start(act.playbook, file=act.file, rollout_release=act.release))
    rollout = site.journal()
    looks = 1
    while rollout is not None and rollout["pause"] == "inconclusive" and looks < MOST_LOOKS:
        print(f"{act.command('resume')}    # in doubt so far, so look for longer", flush=True)
        run = dataclasses.replace(_tell(site.start("resume", file=act.file)), began=run.began)
        rollout = site.journal()
        looks += 1
    if rollout is None or rollout["to_release"] != act.release:
        print(run.output)
        raise SystemExit(f"The delivery of {act.release} was not begun; its output is above.")
    print(flush=True)
    return Played(act, run, rollout)


def _tell(started: Started) -> Run:
    """Print what a run says as it comes: how things stand, where that has changed, and then what is next."""
    told: dict[str, str] = {}
    lines: list[str] = []
    for line in started.lines():
        if said := SAID.match(line):
            lines.append(said[1])
            continue
        for text in (*lines[1:], *lines[:1]):
            kind = text.partition(": ")[0]
            if told.get(kind) != text:
                print(f"  {time.time() - started.began:5.1f} s  {'' if ' → ' in kind else '  '}{text}", flush=True)
            told[kind] = text
        lines = []
    return started.wait()


def _show(played: Played, recorded: report.Records) -> bool:
    """Print how an act went; whether it went as it should."""
    act, run, rollout = played.act, played.run, played.rollout
    during = report.between(recorded, run.began, run.ended)
    totals = report.totals(during)
    blame = report.blame(during, act.release)
    print(f"{rollout['from_release']} → {act.release}: {rollout['status'].replace('_', ' ')}")
    print(f"    why       {rollout['reason'] or _nothing_against(rollout)}")
    print(f"    duration  {run.ended - run.began:.1f} s")
    print(f"    requests  {totals.requests} sent, {totals.failed} failed ({blame.own} answered so by {act.release})")
    print(f"    exposure  {_exposure(during, act.release)}")
    seconds = math.ceil((run.ended - run.began) / 60)
    print(f"    share     {_sparkline(during, act.release, seconds)} of {act.release}, a mark every {seconds} s")
    serves = set(report.by_release(report.between(recorded, run.ended, run.ended + LAST_LOOK_SECONDS)))
    as_promised = (
        rollout["status"] == act.result,
        rollout["reason"].startswith(act.reason),
        _shares(rollout) == act.shares,
        serves == {act.serves},
        blame.others == 0,
    )
    return all(as_promised)


def _nothing_against(rollout: dict[str, t.Any]) -> str:
    """What a rollout that succeeded was watched by."""
    verdicts = [judged["verdict"] for judged in rollout["judged"]]
    return f"verdicts: {', '.join(verdicts)}" if verdicts else "healthy through the bake"


def _shares(rollout: dict[str, t.Any]) -> tuple[float, ...]:
    """The shares of the new pool, per cent, as they followed each other on the balancer after the first, which is none."""
    return tuple(seen["shares"].get(rollout["new_pool"], 0) / 100 for seen in rollout["splits_seen"])[1:]


def _exposure(during: report.Records, release: str) -> str:
    """For how long, and how widely, a release was given requests."""
    answered = [record for record in during if record.release == release]
    if not answered:
        return "none"
    first, last = answered[0].sent, answered[-1].sent
    part = len(answered) / len(report.between(during, first, last + 1e-6))
    return f"{len(answered)} requests in {last - first:.1f} s, {100 * part:.1f} % of all that were sent meanwhile"


def _sparkline(during: report.Records, release: str, seconds: int) -> str:
    marks = "·▁▂▃▄▅▆▇█"
    shares = [interval.shares.get(release, 0.0) for interval in report.over_time(during, seconds)]
    return "".join(marks[math.ceil(share * (len(marks) - 1))] for share in shares)


def _close(
    parts: t.Sequence[str],
    played: t.Sequence[Played],
    good: t.Sequence[bool],
    recorded: list[records.Record],
    seconds: float,
) -> int:
    bad = {one.act.release for one in played if one.act.result == "rolled_back"}
    failed = [record for record in recorded if record.failed]
    unexplained = [record for record in failed if record.release not in bad]
    print(f"\nIn all {len(recorded)} requests in {seconds:.0f} s, {len(failed)} failed", end="")
    if unexplained:
        print(f"; {len(unexplained)} of them not because a bad release answered so.")
    else:
        print(", each because a bad release answered so before its traffic was taken back.")
    if all(good) and not unexplained:
        print("Nothing else was lost.")
        for part in [part for part in RATES if part not in parts]:
            print(f"There is more to see: make demo PART={part}")
        return 0
    print("NOT as it should be: see above.")
    return 1


if __name__ == "__main__":
    sys.exit(main())
