# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How an app's traffic is divided among its pools: the words and the arithmetic.

PRIVATE to the collection. Pure: no I/O. A *share* is an integer from 0 to
10000 (one unit is 1/100 of a per cent), so that sums are exact; people write
per cent with at most two decimals.
"""

from __future__ import annotations

import dataclasses
import decimal
import re
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption

WHOLE = 10000
"""The share of a pool that takes all traffic."""

_NUMBER = re.compile(r"-?[0-9]+(?:\.([0-9]+))?")


@dataclasses.dataclass(frozen=True)
class HeaderRoute:
    """Requests whose header *name* or cookie *cookie* is the pool's name go to *pool*, whatever the shares.

    :param cookie: empty where the balancer was laid down without one
    """

    name: str
    pool: str
    cookie: str = ""


@dataclasses.dataclass(frozen=True)
class Split:
    """What a balancer carries out for one app.

    :param shares: share of each pool, in 1/100 %; every pool is named, the sum is 10000
    :param header: the header route that is open, or None
    :param sticky: whether a client keeps its bucket (a cookie), so that raising a share never moves it back
    """

    shares: t.Mapping[str, int]
    header: t.Optional[HeaderRoute] = None
    sticky: bool = False

    def __post_init__(self) -> None:
        out_of_range = {pool: share for pool, share in self.shares.items() if not 0 <= share <= WHOLE}
        if out_of_range:
            raise InvalidOption("split: shares are 0 to 10000 (1/100 %), got {0}".format(out_of_range))
        if sum(self.shares.values()) != WHOLE:
            raise InvalidOption(
                "split: the shares {0} add up to {1} %, not 100 %".format(
                    self.per_cent(), _as_per_cent(sum(self.shares.values()))
                )
            )
        if self.header is not None and self.header.pool not in self.shares:
            raise InvalidOption(
                "header: pool '{0}' is none of {1}".format(self.header.pool, ", ".join(sorted(self.shares)))
            )

    def per_cent(self) -> t.Dict[str, t.Union[int, float]]:
        """The shares in per cent, by pool."""
        return {pool: _as_per_cent(share) for pool, share in self.shares.items()}

    def rising(self, wanted: Split) -> t.List[str]:
        """The pools that *wanted* gives more traffic, or a header route they have not now."""
        pools = [pool for pool, share in wanted.shares.items() if share > self.shares.get(pool, 0)]
        opened = wanted.header.pool if wanted.header and wanted.header != self.header else None
        return pools + [opened] if opened and opened not in pools else pools


def parse_shares(per_cent: t.Mapping[str, t.Any], pools: t.Sequence[str]) -> t.Dict[str, int]:
    """Turn per cent by pool, as a person writes them, into shares.

    :param per_cent: numbers or numeric strings, at most two decimals
    :param pools: the pools that exist; each must be named, no other may be
    :raises InvalidOption: an unknown or missing pool, a number out of range, more than two decimals, a wrong sum
    """
    unknown = sorted(set(per_cent) - set(pools))
    if unknown:
        raise InvalidOption("split: unknown pool {0}; the pools are {1}".format(", ".join(unknown), ", ".join(pools)))
    missing = [pool for pool in pools if pool not in per_cent]
    if missing:
        raise InvalidOption("split: no share for pool {0}; name every pool, 0 included".format(", ".join(missing)))
    shares = {pool: _parse_share(pool, per_cent[pool]) for pool in pools}
    return dict(Split(shares).shares)


def _parse_share(pool: str, value: t.Any) -> int:
    written = _NUMBER.fullmatch(str(value).strip())
    if written is None:
        raise InvalidOption("split: '{0}' for pool '{1}' is not a number such as 5 or 0.25".format(value, pool))
    exact = decimal.Decimal(written.group(0)) * 100
    if not 0 <= exact <= WHOLE:
        raise InvalidOption("split: {0} % for pool '{1}' is outside 0 to 100".format(value, pool))
    if len(written.group(1) or "") > 2:
        raise InvalidOption("split: {0} % for pool '{1}' has more than two decimals".format(value, pool))
    return int(exact)


def _as_per_cent(share: int) -> t.Union[int, float]:
    return share // 100 if share % 100 == 0 else share / 100
