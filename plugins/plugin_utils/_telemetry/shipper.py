# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The process that ships what a run is seen to do, beside the run, so that neither its memory nor its time are the run's.

PRIVATE to the collection. Reads options, observations and the end from its input, and writes a line of JSON when it is ready
or cannot be, and one at its end. A run that is killed ends its input, and what it had told is shipped all the same.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import traceback
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry import opening
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.handing_over import read
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.options import Options
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.shipping import Shipping

_LINGER = 30.0
"""Seconds for which what was being sent at the end may still be taken; the run does not wait for it."""


def main(given: t.BinaryIO, told: t.TextIO) -> None:
    """Ship what is *given*, and tell the run what became of it."""
    try:
        options: Options = read(given.readline())
        shipping = opening.shipping(options)
    except DeliveryError as error:
        _tell(told, {"problem": str(error)})
        return
    except Exception:
        _tell(told, {"problem": traceback.format_exc(limit=-3)})
        raise
    _tell(told, {"problem": ""})
    try:
        _take_in(given, shipping)
    finally:
        shipping.end(options.flush)
    _tell(told, {"lines": opening.summary(shipping)})
    shipping.linger(_LINGER)


def _take_in(given: t.BinaryIO, shipping: Shipping) -> None:
    """All observations, until the run has ended or is gone."""
    for line in given:
        try:
            observation = read(line)
        except ValueError:
            # A run that is killed may leave half a line.
            return
        if observation is None:
            return
        shipping.see(observation)


def _tell(told: t.TextIO, what: t.Mapping[str, t.Any]) -> None:
    """A line, where the run is there to read it."""
    with contextlib.suppress(BrokenPipeError):
        print(json.dumps(what), file=told, flush=True)


def run() -> None:
    """What the run starts."""
    # Whatever a library prints is not for the run.
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as told:
        os.dup2(2, 1)
        main(sys.stdin.buffer, told)
