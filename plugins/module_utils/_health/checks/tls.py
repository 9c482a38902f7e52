# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""C(tls): the certificate is trusted, for this name, and will be for some days yet.

PRIVATE to the collection.
"""

from __future__ import annotations

import math
import ssl
import time
from dataclasses import dataclass

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._health.connection import (
    connect,
    finding_of,
    remaining,
)
from ansible_collections.progressive.delivery.plugins.module_utils._health.interface import (
    Check,
    CheckType,
    Finding,
    Target,
    failed,
    passed,
)
from ansible_collections.progressive.delivery.plugins.module_utils._health.placeholders import fill
from ansible_collections.progressive.delivery.plugins.module_utils._health.trust import trusting
from ansible_collections.progressive.delivery.plugins.module_utils._health.validation import of_check, require_host

_DAY = 86400.0


@dataclass(frozen=True)
class TlsProbe:
    """Shakes hands and reads the server's certificate."""

    address: str
    port: int
    server_name: str
    min_days: float
    context: ssl.SSLContext
    timeout: float

    def run(self, until: float) -> Finding:
        """Make one attempt."""
        try:
            with connect(self.address, self.port, until) as plain:
                plain.settimeout(remaining(until))
                with self.context.wrap_socket(plain, server_hostname=self.server_name) as secured:
                    certificate = secured.getpeercert() or {}
        except OSError as error:
            return finding_of(error, self.timeout)
        return judge((ssl.cert_time_to_seconds(str(certificate["notAfter"])) - time.time()) / _DAY, self.min_days)


def judge(days: float, min_days: float) -> Finding:
    """Whether so many days of validity are enough."""
    if days < min_days:
        return failed("the certificate expires in {0:.1f} days, at least {1:g} are wanted".format(days, min_days))
    return passed("the certificate expires in {0:.1f} days".format(days))


def prepare(check: Check, target: Target) -> TlsProbe:
    """Bind the check to a target."""
    options = check.options
    server_name = fill(options["server_name"], check, target, "server_name")
    require_host(server_name, of_check("server_name", check.name))
    if not 0 <= options["min_days"] < math.inf:
        raise InvalidOption(
            "{0} is {1}; it must be a number of days, 0 or more.".format(
                of_check("min_days", check.name), options["min_days"]
            )
        )
    return TlsProbe(
        address=target.address,
        port=options["port"] or target.port or 443,
        server_name=server_name,
        min_days=options["min_days"],
        context=trusting(options["ca_path"], check),
        timeout=check.timeout,
    )


TYPE = CheckType(
    prepare=prepare, defaults={"port": None, "server_name": "{address}", "min_days": 14.0, "ca_path": None}
)
