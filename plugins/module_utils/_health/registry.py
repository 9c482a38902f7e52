# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every type of check there is. To add one: a file in C(checks/), a line here, its options in the module.

C(composite) is no line of the table, because it asks nothing: the assessment
works it out from other checks.

PRIVATE to the collection.
"""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._health.checks import (
    command,
    disk,
    dns,
    http,
    memory,
    systemd,
    tcp,
    tls,
)
from ansible_collections.progressive.delivery.plugins.module_utils._health.interface import CheckType

CHECK_TYPES: t.Mapping[str, CheckType] = {
    "http": http.TYPE,
    "tcp": tcp.TYPE,
    "tls": tls.TYPE,
    "dns": dns.TYPE,
    "command": command.TYPE,
    "systemd": systemd.TYPE,
    "disk": disk.TYPE,
    "memory": memory.TYPE,
}
