# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings that all tests share.

Hypothesis has no deadline: a slow machine is no failure. In CI its choices are
derandomized, so that a run can be repeated; at a desk they differ from run to
run. ``HYPOTHESIS_PROFILE`` picks another profile: ``thorough``, or ``brief``,
which is for all Pythons but one, as what is random does not depend on them.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

settings.register_profile("dev", deadline=None)
settings.register_profile(
    "ci", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("brief", settings.get_profile("ci"), max_examples=20)
settings.register_profile("thorough", deadline=None, max_examples=5000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev"))
