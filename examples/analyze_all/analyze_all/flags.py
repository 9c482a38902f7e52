# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who gets the AI path: the feature toggle ``analyze-all-ai``, read by the OpenFeature SDK from a file in flagd's form.

Whoever has no name, and everybody while the file is missing, broken or says that it is off, goes the old path.
"""

from __future__ import annotations

import logging
import pathlib

from openfeature import api
from openfeature.contrib.provider.flagd import FlagdProvider
from openfeature.contrib.provider.flagd.config import ResolverType
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import OpenFeatureError
from openfeature.hook import Hook

FLAG = "analyze-all-ai"
WITHOUT = "off"
"""What is said of a request for which the file told no variant."""
POLL_MS = 100
"""How often the file is looked at: a kill switch is heeded as soon."""

log = logging.getLogger("analyze_all")


class Flags:
    """The toggles in one file, for as long as the process lives.

    :param hooks: are told of each evaluation
    """

    def __init__(self, path: pathlib.Path, *hooks: Hook) -> None:
        # It tells of a file that is missing at each look, with a traceback.
        logging.getLogger("openfeature.contrib").setLevel(logging.CRITICAL)
        provider = FlagdProvider(
            resolver_type=ResolverType.FILE, offline_flag_source_path=str(path), deadline_ms=POLL_MS
        )
        try:
            api.set_provider_and_wait(provider)
        except OpenFeatureError:
            log.warning("%s cannot be read yet; until it can, all toggles are off", path)
        self._client = api.get_client()
        self._client.add_hooks(list(hooks))

    def ai(self, user: str | None) -> tuple[bool, str]:
        """Whether a user gets the AI path, and the variant that says so."""
        details = self._client.get_boolean_details(FLAG, False, EvaluationContext(targeting_key=user))
        return details.value, details.variant or WITHOUT
