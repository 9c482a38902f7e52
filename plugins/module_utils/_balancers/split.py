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
class Mirror:
    """A copy of *share* (1/100 %) of the GET and HEAD requests that go to another pool goes to *pool*, too.

    Its answers are thrown away.
    """

    pool: str
    share: int

    def __post_init__(self) -> None:
        if not 1 <= self.share <= WHOLE:
            raise InvalidOption("mirror: the share is 1 to 10000 (1/100 %), got {0}".format(self.share))

    def per_cent(self) -> t.Union[int, float]:
        """The share in per cent."""
        return _as_per_cent(self.share)


@dataclasses.dataclass(frozen=True)
class Split:
    """What a balancer carries out for one app.

    :param shares: share of each pool, in 1/100 %; every pool is named, the sum is 10000
    :param header: the header route that is open, or None
    :param sticky: whether a client keeps its bucket (a cookie), so that raising a share never moves it back
    :param mirror: the copy that is sent to a pool without a share, or None
    """

    shares: t.Mapping[str, int]
    header: t.Optional[HeaderRoute] = None
    sticky: bool = False
    mirror: t.Optional[Mirror] = None

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
        if self.mirror is not None:
            self._check_mirror(self.mirror.pool)

    def _check_mirror(self, pool: str) -> None:
        if pool not in self.shares:
            raise InvalidOption("mirror: pool '{0}' is none of {1}".format(pool, ", ".join(sorted(self.shares))))
        if self.shares[pool]:
            raise InvalidOption(
                "mirror: pool '{0}' has {1} % of the traffic; a copy goes only to a pool that has none".format(
                    pool, self.per_cent()[pool]
                )
            )

    def per_cent(self) -> t.Dict[str, t.Union[int, float]]:
        """The shares in per cent, by pool."""
        return {pool: _as_per_cent(share) for pool, share in self.shares.items()}

    def rising(self, wanted: Split) -> t.List[str]:
        """The pools that *wanted* gives more traffic, or a header route or more of a copy than they have now."""
        pools = [pool for pool, share in wanted.shares.items() if share > self.shares.get(pool, 0)]
        if wanted.header and wanted.header != self.header:
            pools.append(wanted.header.pool)
        if wanted.mirror and wanted.mirror.share > self.mirrored_to(wanted.mirror.pool):
            pools.append(wanted.mirror.pool)
        return list(dict.fromkeys(pools))

    def mirrored_to(self, pool: str) -> int:
        """The share of the requests of which *pool* gets a copy."""
        return self.mirror.share if self.mirror and self.mirror.pool == pool else 0


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


def parse_mirror(pool: str, per_cent: t.Any) -> Mirror:
    """Turn the per cent that a person writes for the copy to *pool* into a mirror.

    :raises InvalidOption: no number, more than two decimals, or not above 0 and up to 100
    """
    share = _parse_share(pool, per_cent, "mirror")
    if share == 0:
        raise InvalidOption("mirror: 0 % for pool '{0}' is no copy; an empty dictionary ends it".format(pool))
    return Mirror(pool, share)


def _parse_share(pool: str, value: t.Any, option: str = "split") -> int:
    written = _NUMBER.fullmatch(str(value).strip())
    if written is None:
        raise InvalidOption("{2}: '{0}' for pool '{1}' is not a number such as 5 or 0.25".format(value, pool, option))
    exact = decimal.Decimal(written.group(0)) * 100
    if not 0 <= exact <= WHOLE:
        raise InvalidOption("{2}: {0} % for pool '{1}' is outside 0 to 100".format(value, pool, option))
    if len(written.group(1) or "") > 2:
        raise InvalidOption("{2}: {0} % for pool '{1}' has more than two decimals".format(value, pool, option))
    return int(exact)


def _as_per_cent(share: int) -> t.Union[int, float]:
    return share // 100 if share % 100 == 0 else share / 100
