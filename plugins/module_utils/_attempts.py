# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking once more what may be answered later.

PRIVATE to the collection.
"""

from __future__ import annotations

import math
import typing as t

try:
    import tenacity
except ImportError:
    tenacity = None

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import MissingLibrary

_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 5.0

Answer = t.TypeVar("Answer")


def need_patience(timeout: float, attempts: int) -> None:
    """Refuse settings with which nothing can be asked; raises InvalidOption."""
    if not 0 < timeout < math.inf:
        raise InvalidOption("timeout: {0:g} is not a number of seconds above 0".format(timeout))
    if attempts < 1:
        raise InvalidOption("attempts: {0} is below 1".format(attempts))


class Attempts:
    """How often something is asked before it counts as unanswered.

    The pauses between grow and are partly chance, so that not all who ask come back at once.

    :param unanswered: what is raised where there was no answer
    :raises MissingLibrary: tenacity is not installed, and there is to be more than one
    """

    def __init__(self, number: int, unanswered: t.Type[Exception]) -> None:
        if tenacity is None and number > 1:
            raise MissingLibrary("tenacity")
        self._number = number
        self._unanswered = unanswered

    def of(self, ask: t.Callable[[], Answer]) -> Answer:
        """What *ask* answers; it is called again while there was no answer, and raises that in the end."""
        if self._number == 1:
            return ask()
        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self._number),
            wait=tenacity.wait_random_exponential(multiplier=_FIRST_PAUSE, max=_LONGEST_PAUSE),
            retry=tenacity.retry_if_exception_type(self._unanswered),
            reraise=True,
        )
        return t.cast(Answer, retrying(ask))
