# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``make demo``: four deliveries to a site on loopback, under load, with two bad releases among them.

Ends with 0 only when each delivery went as it should and no request failed
but those that the bad release answered itself.
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
from loopback.site import Run, Site

RATE = 100
OPTIONS: dict[str, t.Any] = {
    "rollout_bake": 5,
    "rollout_fall": 2,
    "rollout_check_interval": 0.5,
    "rollout_check_deadline": 4,
}
SAID = re.compile(r' {4,}"(?:msg": ")?(.* → .*)",?$')
"""A line of a playbook's output that says what the rollout does next."""
LAST_LOOK_SECONDS = 1
"""How long the load goes on after a delivery, to see what serves then."""


@dataclasses.dataclass(frozen=True)
class Act:
    """One delivery of the demo and how it should end.

    :param reason: how the journal's reason should begin
    :param serves: what should serve afterwards
    :param has_traffic: whether the release should ever answer a request
    """

    release: str
    promise: str
    result: str
    reason: str
    serves: str
    has_traffic: bool = True


ACTS = (
    Act("1.1.0", "a good release", "succeeded", "", "1.1.0"),
    Act("1.2.0", "starts healthy, then answers 5 % of requests with errors", "rolled_back", "bake failed", "1.1.0"),
    Act("1.3.0", "never becomes healthy", "rolled_back", "validate failed", "1.1.0", has_traffic=False),
)
PREPARATIONS: tuple[tuple[str, dict[str, t.Any]], ...] = (
    ("balancer", {}),
    ("blue_green", {"rollout_release": "1.0.0", "rollout_bake": 0}),
)


@dataclasses.dataclass(frozen=True)
class Played:
    """An act as it went.

    :param rollout: the journal after it
    """

    act: Act
    run: Run
    rollout: dict[str, t.Any]


def main() -> int:
    """Play all acts; returns the exit code."""
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))
    # Not the system's choice, which on macOS is too long for the address of a socket.
    with tempfile.TemporaryDirectory(prefix="demo-", dir="/tmp") as folder:
        site = Site(pathlib.Path(folder), "caddy", instances=3, variables=OPTIONS)
        try:
            return _play(site)
        except KeyboardInterrupt:
            print("\nInterrupted; cleaning up. It takes a few seconds.", flush=True)
            return 130
        finally:
            # Who presses Ctrl-C once often presses it twice, and would leave servers behind.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            site.down()


def _play(site: Site) -> int:
    began = time.monotonic()
    print("Building releases, starting Caddy and two pools of three instances on loopback.", flush=True)
    site.build_releases()
    for playbook, variables in PREPARATIONS:
        prepared = site.run(playbook, **variables)
        if prepared.code != 0:
            print(prepared.output)
            print(f"The {playbook} playbook failed; its output is above.")
            return 1
    load = site.load("--rate", str(RATE), "--connections", "16")
    print(f"1.0.0 serves. {RATE} requests a second go to {site.url} from now on.")
    print("Ask what serves, from another shell in this folder; the options are what … stands for below:")
    print(f"$ .venv/bin/ansible-playbook {shlex.join(site.options)} playbooks/status.yml\n", flush=True)
    played = [_play_act(site, act) for act in ACTS]
    time.sleep(LAST_LOOK_SECONDS)
    recorded = load.stop()
    good = [_show(one, recorded) for one in played]
    return _close(played, good, recorded, time.monotonic() - began)


def _play_act(site: Site, act: Act) -> Played:
    print(
        f"$ ansible-playbook … playbooks/blue_green.yml -e rollout_release={act.release}    # {act.promise}", flush=True
    )
    started = site.start("blue_green", rollout_release=act.release)
    for line in started.lines():
        if said := SAID.match(line):
            print("    " + said[1], flush=True)
    run = started.wait()
    rollout = site.journal()
    if rollout is None or rollout["to_release"] != act.release:
        print(run.output)
        raise SystemExit(f"The delivery of {act.release} was not begun; its output is above.")
    print(flush=True)
    return Played(act, run, rollout)


def _show(played: Played, recorded: report.Records) -> bool:
    """Print how an act went; whether it went as it should."""
    act, run, rollout = played.act, played.run, played.rollout
    during = report.between(recorded, run.began, run.ended)
    totals = report.totals(during)
    blame = report.blame(during, act.release)
    print(f"{rollout['from_release']} → {act.release}: {rollout['status'].replace('_', ' ')}")
    print(f"    why       {rollout['reason'] or 'healthy through the bake'}")
    print(f"    duration  {run.ended - run.began:.1f} s")
    print(f"    requests  {totals.requests} sent, {totals.failed} failed ({blame.own} answered so by {act.release})")
    seconds = math.ceil((run.ended - run.began) / 60)
    print(f"    share     {_sparkline(during, act.release, seconds)} of {act.release}, a mark every {seconds} s")
    serves = set(report.by_release(report.between(recorded, run.ended, run.ended + LAST_LOOK_SECONDS)))
    as_promised = (
        rollout["status"] == act.result,
        rollout["reason"].startswith(act.reason),
        (act.release in report.by_release(recorded)) == act.has_traffic,
        serves == {act.serves},
        blame.others == 0,
    )
    return all(as_promised)


def _sparkline(during: report.Records, release: str, seconds: int) -> str:
    marks = "▁▂▃▄▅▆▇█"
    shares = [interval.shares.get(release, 0.0) for interval in report.over_time(during, seconds)]
    return "".join(marks[round(share * (len(marks) - 1))] for share in shares)


def _close(played: t.Sequence[Played], good: t.Sequence[bool], recorded: list[records.Record], seconds: float) -> int:
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
        return 0
    print("NOT as it should be: see above.")
    return 1


if __name__ == "__main__":
    sys.exit(main())
