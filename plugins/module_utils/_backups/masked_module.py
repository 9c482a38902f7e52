# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module that has passwords within its options, and tells none of them to the system's log.

PRIVATE to the collection.
"""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule


class MaskedModule(AnsibleModule):
    """As Ansible's, also where a password has quotes or a backslash."""

    def _log_invocation(self) -> None:
        # It writes options as Python does, and then looks for secrets as they are; so what Python makes of them is secret as well.
        self.no_log_values.update({repr(str(secret))[1:-1] for secret in self.no_log_values})
        super()._log_invocation()
