# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which providers there are, and how each is made from what a task says of it.

PRIVATE to the collection.
"""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.http_api import Access
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.interface import Provider
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.prometheus import Prometheus
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.scrape import scrape
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption

Params = t.Mapping[str, t.Any]


def provider_of(params: Params) -> Provider:
    """The provider that a task names.

    :raises InvalidOption: its settings cannot be meant
    :raises MissingLibrary: what it needs is not installed
    """
    kind = params["type"]
    other = _ELSEWHERE[kind]
    if params[other] is not None:
        raise InvalidOption("provider: with type {0} it takes no {1}".format(kind, other))
    return _PROVIDERS[kind](params)


def _prometheus(params: Params) -> Provider:
    if not params["address"]:
        raise InvalidOption("provider: type prometheus needs an address")
    return Prometheus(_access(params["address"], params))


def _scrape(params: Params) -> Provider:
    targets = params["targets"] or {}
    for pool, addresses in targets.items():
        if not isinstance(addresses, list) or not all(isinstance(address, str) for address in addresses):
            raise InvalidOption(
                "provider: targets of pool {0} are not a list of addresses: {1!r}".format(pool, addresses)
            )
    return scrape({pool: [_access(address, params) for address in addresses] for pool, addresses in targets.items()})


def _access(address: str, params: Params) -> Access:
    return Access(
        address=address,
        headers={**(params["headers"] or {}), **(params["secret_headers"] or {})},
        timeout=params["timeout"],
        attempts=params["attempts"],
        ca_path=params["ca_path"],
        validate_certs=params["validate_certs"],
    )


_PROVIDERS: t.Mapping[str, t.Callable[[Params], Provider]] = {"prometheus": _prometheus, "scrape": _scrape}
_ELSEWHERE = {"prometheus": "targets", "scrape": "address"}
"""By type, the option that only another type takes."""
