# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a configuration changes of what is in force, and whether somebody has confirmed what of it is dangerous.

PRIVATE to the collection. Pure.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.progressive.delivery.plugins.module_utils._environments import promotion
from ansible_collections.progressive.delivery.plugins.module_utils._environments.guards import (
    need_confirmation,
    unconfirmed,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.leaves import leaves, nested
from ansible_collections.progressive.delivery.plugins.module_utils._environments.model import Configuration
from ansible_collections.progressive.delivery.plugins.module_utils._environments.promotion import Row
from ansible_collections.progressive.delivery.plugins.module_utils._environments.revisions.records import Kept
from ansible_collections.progressive.delivery.plugins.module_utils._environments.schema import AppSchema


@dataclass(frozen=True)
class Judgement:
    """:param unconfirmed: the dangerous changes among *rows* that nobody has confirmed"""

    rows: t.Tuple[Row, ...] = ()
    unconfirmed: t.Tuple[str, ...] = ()


@dataclass(frozen=True)
class Guard:
    """What is asked of changes.

    :param protected: environments
    :param confirmed: dotted keys
    """

    schema: t.Optional[AppSchema] = None
    protected: t.Tuple[str, ...] = ()
    confirmed: t.Tuple[str, ...] = ()

    def judged(self, kept: Kept, configuration: Configuration, check_mode: bool) -> Judgement:
        """What changes, held against what was last in force. In check mode what nobody has confirmed is told, not refused.

        :raises ConfirmationNeeded: a dangerous change is not confirmed
        """
        last = kept.last_in_force
        in_force = kept.revisions.get(last or 0)
        rows = promotion.rows(configuration, in_force)
        if self.schema is None or last is None:
            return Judgement(tuple(rows))
        if in_force is None:
            # Nobody knows any more what was in force: any dangerous key may be another.
            changed = list(leaves(configuration.settings))
            dangerous = self.schema.dangerous_keys(configuration.settings)
        else:
            changed = [row.key for row in rows if row.changes]
            dangerous = self.schema.dangerous_keys(nested(in_force.settings), configuration.settings)
        missing = unconfirmed(configuration.environment, self.protected, changed, dangerous, self.confirmed)
        if not check_mode:
            need_confirmation(configuration.environment, missing)
        return Judgement(tuple(rows), missing)
