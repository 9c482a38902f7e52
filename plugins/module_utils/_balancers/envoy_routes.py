# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A split as Envoy's routes, and back.

PRIVATE to the collection. Pure: no I/O. The routes are written as Envoy
itself shows them in ``config_dump``, so that what runs and what was written
can be compared as they are.

Stickiness needs no state in Envoy: a client without the cookie is placed by a
hash of its request's fresh id and gets that id as the cookie, and with the
cookie by the same hash of the same id. The second pool has the low end of the
hash's range and the third the high end, so raising a share moves clients over
and none back. A third pool without a share is not named: what stands for the
split of two pools stands for it, too.

Copies go to clusters of their own, ``green.copies`` beside ``green``, whose
limits are not those of requests that somebody waits for.
"""

from __future__ import annotations

import hashlib
import json
import re
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._balancers.layout import Layout
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.split import (
    WHOLE,
    HeaderRoute,
    Mirror,
    Split,
)

_TYPE = "type.googleapis.com/envoy.config.route.v3.RouteConfiguration"
COPIES = ".copies"
"""What the name of the cluster that takes copies for a pool has after the pool's name."""

_REQUEST_ID = "[0-9a-f-]+"

_RETRY_POLICY = {
    # Only a request that no endpoint has seen is tried again, at another endpoint.
    "retry_on": "connect-failure,refused-stream",
    "num_retries": 3,
    "retry_host_predicate": [
        {
            "name": "envoy.retry_host_predicates.previous_hosts",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate"
            },
        }
    ],
    "host_selection_retry_max_attempts": "5",
}

Json = t.Dict[str, t.Any]


def route_configuration(split: Split, layout: Layout) -> Json:
    """The ``RouteConfiguration`` that stands for *split*."""
    routes = _preview_routes(split.header) if split.header else []
    deciding = _sticky_routes(split, layout) if split.sticky else [_route("split", _division(split, layout))]
    routes += [_copied(route, split.mirror) for route in deciding] if split.mirror else []
    routes += deciding
    host = {"name": layout.app, "domains": ["*"], "routes": routes, "retry_policy": _RETRY_POLICY}
    return {"@type": _TYPE, "name": layout.app, "virtual_hosts": [host], "validate_clusters": True}


def discovery_response(resource: Json) -> str:
    """The text of a file with *resource*, whose version is a digest of what is in it."""
    digest = hashlib.sha256(json.dumps(resource, sort_keys=True).encode("utf-8")).hexdigest()
    return json.dumps({"version_info": digest[:16], "resources": [resource]}, separators=(",", ":"))


def split_from(configuration: t.Mapping[str, t.Any], layout: Layout) -> t.Optional[Split]:
    """What requests meet under *configuration*, or None where it does not divide them between the layout's pools."""
    try:
        routes = configuration["virtual_hosts"][0]["routes"]
        shares = _shares_of(routes[-1]["route"], layout)
        return Split(
            shares=shares,
            header=_header_of(routes[0], layout),
            sticky=bool(routes[-1]["route"].get("weighted_clusters", {}).get("use_hash_policy", False)),
            mirror=_mirror_of(routes, shares),
        )
    except (KeyError, IndexError, TypeError, ValueError, AttributeError):
        return None


def _preview_routes(header: HeaderRoute) -> t.List[Json]:
    matches = {"header": {"name": header.name, "string_match": {"exact": header.pool}}}
    if header.cookie:
        matches["cookie"] = _cookie(header.cookie, re.escape(header.pool))
    return [_route(name, {"cluster": header.pool}, {"headers": [match]}) for name, match in matches.items()]


def _cookie(name: str, pattern: str) -> Json:
    """Matches requests in which the cookie *name* has a value of this form."""
    form = "(.*; )?{0}={1}(;.*)?".format(name, pattern)
    return {"name": "cookie", "string_match": {"safe_regex": {"regex": form}}}


def _sticky_routes(split: Split, layout: Layout) -> t.List[Json]:
    division = _division(split, layout)
    division["weighted_clusters"]["use_hash_policy"] = True
    kept = {"headers": [_cookie(layout.cookie, _REQUEST_ID)]}
    placed_by_cookie = dict(division, hash_policy=[{"cookie": {"name": layout.cookie}}])
    placed_by_id = dict(division, hash_policy=[{"header": {"header_name": "x-request-id"}}])
    given = "{0}=%REQ(X-REQUEST-ID)%; Path=/; HttpOnly; SameSite=Lax".format(layout.cookie)
    return [
        _route("kept", placed_by_cookie, kept),
        dict(
            _route("placed", placed_by_id),
            response_headers_to_add=[{"header": {"key": "Set-Cookie", "value": given}}],
        ),
    ]


def _copied(route: Json, mirror: Mirror) -> Json:
    """*route* for the requests that may be sent twice, some of which are: not those that write or become a websocket."""
    once_more = [
        {"name": ":method", "string_match": {"safe_regex": {"regex": "GET|HEAD"}}},
        {"name": "upgrade", "present_match": False},
    ]
    policy = {
        "cluster": mirror.pool + COPIES,
        "runtime_fraction": {"default_value": {"numerator": mirror.share, "denominator": "TEN_THOUSAND"}},
        # The copy is the same request, host and all.
        "disable_shadow_host_suffix_append": True,
    }
    match = dict(route["match"], headers=once_more + route["match"].get("headers", []))
    action = dict(route["route"], request_mirror_policies=[policy])
    return dict(route, match=match, route=action, name=route["name"] + " and copied")


def _division(split: Split, layout: Layout) -> Json:
    named = [layout.other, layout.base] + ([layout.third] if split.shares.get(layout.third) else [])
    return {"weighted_clusters": {"clusters": [{"name": pool, "weight": split.shares[pool]} for pool in named]}}


def _route(name: str, action: Json, match: t.Optional[Json] = None) -> Json:
    # Envoy's own limit of 15 seconds for an answer would cut long ones short; the listener and the clusters set limits.
    return {"match": dict({"prefix": "/"}, **(match or {})), "route": dict(action, timeout="0s"), "name": name}


def _shares_of(action: t.Mapping[str, t.Any], layout: Layout) -> t.Dict[str, int]:
    weights = dict.fromkeys(layout.pools, 0)
    if "cluster" in action:
        weights[action["cluster"]] += 1
    for cluster in action.get("weighted_clusters", {}).get("clusters", []):
        weights[cluster["name"]] += int(cluster.get("weight", 0))
    total = sum(weights.values())
    if not total:
        raise ValueError("no weights")
    rounded = {pool: (weight * WHOLE + total // 2) // total for pool, weight in weights.items()}
    return layout.division(rounded[layout.other], rounded.get(layout.third, 0))


def _mirror_of(routes: t.Sequence[t.Mapping[str, t.Any]], shares: t.Mapping[str, int]) -> t.Optional[Mirror]:
    """The copy to a pool without a share; what else another hand may have mirrored is none of ours, and a fault."""
    policies = [policy for route in routes for policy in route.get("route", {}).get("request_mirror_policies", [])]
    for policy in policies:
        share = int(policy.get("runtime_fraction", {}).get("default_value", {}).get("numerator", 0))
        for pool in shares:
            if policy.get("cluster") == pool + COPIES and not shares[pool] and 1 <= share <= WHOLE:
                return Mirror(pool, share)
    return None


def _header_of(route: t.Mapping[str, t.Any], layout: Layout) -> t.Optional[HeaderRoute]:
    headers = route["match"].get("headers", [])
    pool = route["route"].get("cluster")
    if len(headers) != 1 or "exact" not in headers[0].get("string_match", {}) or pool not in layout.pools:
        return None
    return HeaderRoute(headers[0]["name"], pool, layout.preview_cookie)
