# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of apps and pools that a balancer might have taken for something of its own."""

from __future__ import annotations

import contextlib

import pytest

from ansible_collections.progressive.delivery.tests.e2e.balancers import laid_down

LONG = "a-service-with-a-rather-long-name-for-billing-and-more"
POOL = "the-release-that-serves-customers-at-present"


@pytest.fixture(scope="module")
def endpoints():
    with contextlib.closing(laid_down.Endpoints()) as running:
        yield running


@pytest.mark.parametrize(("app", "pools"), [("1e3", ("0", "on")), (LONG, (POOL, "default"))])
@pytest.mark.parametrize("kind", laid_down.KINDS)
def test_an_app_may_be_called_anything_that_is_a_name(endpoints, tmp_path, kind, app, pools):
    base, other = pools
    balancer = laid_down.lay_down(
        kind,
        tmp_path / "app",
        endpoints,
        rollout_app=app,
        rollout_pools=list(pools),
        balancer_pool_groups={base: "blue", other: "green"},
        balancer_cookie="place",
        balancer_preview_cookie="tester",
    )
    balancer.app = app
    balancer.start()
    try:
        # all on one pool, then on the other, and testers and newcomers apart
        assert balancer.get().pool == "blue"
        assert balancer.traffic(header={"pool": other}, sticky=True)["changed"]
        assert balancer.get().headers["Set-Cookie"].startswith("place=")
        assert balancer.get(X_Preview=other).pool == balancer.get(Cookie=f"tester={other}").pool == "green"
        balancer.traffic(split={base: 0, other: 100}, header={"pool": base})
        assert balancer.get().pool == "green"
        assert balancer.get(X_Preview=base).pool == balancer.get(Cookie=f"tester={base}").pool == "blue"
        assert balancer.info()["consistent"]
    finally:
        balancer.stop()
