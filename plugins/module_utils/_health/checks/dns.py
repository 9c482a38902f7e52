# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""C(dns): a name has addresses, as the checking machine's own resolver sees it.

The standard library's resolver is used, so that no further library is needed
and the answer is the one that applications on the machine get, C(/etc/hosts)
and caches included. It cannot ask a certain server, nor for records other
than addresses.

PRIVATE to the collection.
"""

from __future__ import annotations

import ipaddress
import socket
import typing as t
from dataclasses import dataclass

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._health.connection import finding_of, look_up
from ansible_collections.progressive.delivery.plugins.module_utils._health.interface import (
    Check,
    CheckType,
    Finding,
    Target,
    failed,
    passed,
)
from ansible_collections.progressive.delivery.plugins.module_utils._health.placeholders import fill
from ansible_collections.progressive.delivery.plugins.module_utils._health.validation import of_check, require_host

_FAMILIES = {"A": socket.AF_INET, "AAAA": socket.AF_INET6}
_VERSIONS = {"A": 4, "AAAA": 6}


@dataclass(frozen=True)
class DnsProbe:
    """Looks a name up.

    :param expect: addresses as C(ipaddress) writes them
    """

    query: str
    record_type: str
    expect: t.FrozenSet[str]
    timeout: float

    def run(self, _until: float) -> Finding:
        """Make one attempt. The resolver keeps to its own time limits, not to ``_until``."""
        try:
            found = look_up(self.query, None, _FAMILIES[self.record_type])
        except OSError as error:
            return finding_of(error, self.timeout)
        return judge(frozenset(_written_as_one(str(entry[4][0])) for entry in found), self.expect)


def _written_as_one(address: str) -> str:
    """The one way to write an address of which there are several, as of IPv6."""
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:  # one with a zone, on Python 3.8
        return address


def judge(found: t.FrozenSet[str], expect: t.FrozenSet[str]) -> Finding:
    """Whether all expected addresses are among those found."""
    shown = ", ".join(sorted(found))
    if expect - found:
        return failed("the addresses are {0}; {1} is missing".format(shown, ", ".join(sorted(expect - found))))
    return passed("the addresses are {0}".format(shown))


def prepare(check: Check, target: Target) -> DnsProbe:
    """Bind the check to a target."""
    options = check.options
    query = fill(options["query"], check, target, "query")
    require_host(query, of_check("query", check.name))
    return DnsProbe(
        query=query,
        record_type=options["record_type"],
        expect=frozenset(
            _expected(fill(address, check, target, "expect"), options["record_type"], check)
            for address in options["expect"]
        ),
        timeout=check.timeout,
    )


def _expected(text: str, record_type: str, check: Check) -> str:
    option = of_check("expect", check.name)
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError as error:
        raise InvalidOption("{0} has {1!r}, which is no IP address.".format(option, text)) from error
    if address.version != _VERSIONS[record_type]:
        raise InvalidOption(
            "{0} has {1}, an IPv{2} address, which no record of type {3} holds.".format(
                option, text, address.version, record_type
            )
        )
    return str(address)


TYPE = CheckType(prepare=prepare, defaults={"query": None, "record_type": "A", "expect": ()}, required=("query",))
