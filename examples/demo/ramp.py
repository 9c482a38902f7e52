# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo's ramp: a feature for more and more users, and its kill switch."""

from __future__ import annotations

import pathlib
import time
import typing as t

import requests
from load.__main__ import LETTER
from loopback.site import Run, Site, Started

VARIABLES = pathlib.Path(__file__).with_name("ramp.yml")
KILL = str(pathlib.Path(__file__).with_name("kill"))
USERS = 1000
"""How many users ask who has the feature."""
PROMISED = 25.0
TOLERANCE = 5.5
"""Of so many users, 25 % are 25 % within so many points: four times what chance explains."""


def play(site: Site, tell: t.Callable[[Started], Run]) -> bool:
    """Ramp the AI path to a quarter of the users, then kill it; whether all went as it should."""
    print(
        "$ ansible-playbook … playbooks/toggle.yml -e @examples/demo/ramp.yml    # 1, 5, then 25 % of the users",
        flush=True,
    )
    ramp = tell(site.start("toggle", file=VARIABLES))
    if ramp.code != 0:
        print(ramp.output)
        print("The ramp failed; its output is above.")
        return False
    before = share(site)
    print(f"\n  Asked by {USERS} users: {before:.1f} % have the AI path.\n", flush=True)
    print("$ ansible-playbook … examples/demo/kill.yml    # the kill switch", flush=True)
    killing = site.start(KILL)
    last_on = time.time()
    while killing.process.poll() is None or time.time() < last_on + 1:
        if any(uses_ai(session, site, number) for session in [requests.Session()] for number in range(40)):
            last_on = time.time()
    killed = killing.wait()
    after = share(site)
    written = (site.directory / "flags.json").stat().st_mtime
    print(
        f"\n  The last answer of the AI path came {max(0.0, last_on - written):.2f} s after the file said so;", end=" "
    )
    print(f"asked by {USERS} users: {after:.1f} % have it.\n", flush=True)
    return killed.code == 0 and abs(before - PROMISED) < TOLERANCE and after == 0


def share(site: Site) -> float:
    """How many per cent of the users get the AI path."""
    with requests.Session() as session:
        return 100 * sum(uses_ai(session, site, number) for number in range(USERS)) / USERS


def uses_ai(session: requests.Session, site: Site, number: int) -> bool:
    """Whether that user gets it."""
    headers = {"Content-Type": "application/json", "X-User": f"user-{number}"}
    answer = session.post(site.url, data=LETTER.read_bytes(), headers=headers, timeout=30)
    return bool(answer.headers.get("X-Variant") == "on")
