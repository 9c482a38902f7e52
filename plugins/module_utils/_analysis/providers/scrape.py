# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The instances' own metrics, read from each of them: no database of metrics is needed.

PRIVATE to the collection.
"""

from __future__ import annotations

import typing as t
import urllib.parse

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.kind import Kind
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.pages import (
    Pages,
    Sample,
    Source,
    samples,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.provider_api import ProviderApi
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._http_api import Access
from ansible_collections.progressive.delivery.plugins.module_utils._http_options import HTTP, Params, access_to


def scrape(targets: t.Mapping[str, t.Sequence[Access]]) -> Pages:
    """All instances of all pools.

    Each series has the labels ``pool`` and ``instance``, in place of its own of these names.

    :param targets: by pool, where each instance shows its metrics
    :raises InvalidOption: a pool has none, or one is named twice
    """
    if not targets or not all(targets.values()):
        raise InvalidOption("targets: each pool needs at least one address of its instances' metrics")
    addresses = [access.address for accesses in targets.values() for access in accesses]
    for address in addresses:
        if addresses.count(address) > 1:
            # In two pools it would be compared with itself.
            raise InvalidOption("targets: {0} is named twice".format(address))
    return Pages([_instance(pool, access) for pool, accesses in targets.items() for access in accesses])


def _instance(pool: str, access: Access) -> Source:
    """One instance of a pool."""
    place = urllib.parse.urlsplit(access.address).netloc
    api = ProviderApi("{0} of pool {1}".format(place, pool), access)

    def read() -> t.Iterator[Sample]:
        return samples(api.text(""))

    return Source({"pool": pool, "instance": place}, read)


def _build(params: Params) -> Pages:
    targets = params["targets"] or {}
    for pool, addresses in targets.items():
        if not isinstance(addresses, list) or not all(isinstance(address, str) for address in addresses):
            raise InvalidOption(
                "provider: targets of pool {0} are not a list of addresses: {1!r}".format(pool, addresses)
            )
    return scrape({pool: [access_to(address, params) for address in addresses] for pool, addresses in targets.items()})


KIND = Kind(build=_build, options={**HTTP, "targets": {"type": "dict"}})
