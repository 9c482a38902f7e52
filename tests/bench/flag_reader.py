# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An app that reads one flag: ``python flag_reader.py FILE FLAG POLL_MS``; prints a JSON line whenever what it sees changes.

``at`` is when, in seconds since the epoch; ``value`` what it sees.
"""

from __future__ import annotations

import json
import sys
import time

from openfeature import api
from openfeature.contrib.provider.flagd import FlagdProvider
from openfeature.contrib.provider.flagd.config import ResolverType
from openfeature.evaluation_context import EvaluationContext

EVERY = 0.01
"""Seconds between two evaluations."""


def main() -> None:
    path, flag, poll = sys.argv[1:]
    provider = FlagdProvider(resolver_type=ResolverType.FILE, offline_flag_source_path=path, deadline_ms=int(poll))
    api.set_provider_and_wait(provider)
    client, before = api.get_client(), None
    while True:
        value = client.get_boolean_value(flag, False, EvaluationContext(targeting_key="ann"))
        if value is not before:
            print(json.dumps({"at": time.time(), "value": value}), flush=True)
            before = value
        time.sleep(EVERY)


if __name__ == "__main__":
    main()
