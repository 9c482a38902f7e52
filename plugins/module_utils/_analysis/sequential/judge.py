# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict on one metric from its evidence, after any look.

PRIVATE to the collection. Pure.
"""

from __future__ import annotations

import math

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.evidence import (
    SAME,
    Claim,
    Evidence,
    anytime_p,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.verdict import Judgement, Verdict


def judge(evidence: Evidence, claim: Claim, minimum: int, over: bool) -> Judgement:
    """Judge a metric.

    A canary that was shown to be worse fails at once, and one that was shown
    to be within the margin succeeds at once, unless it was looked at longer and
    has left the margin since. When time is up without either, it
    succeeds when the estimate is within the margin, and is in doubt otherwise.

    :param minimum: samples that each side must have before anything is said, 1 or more
    :param over: whether this was the last look
    """
    if min(evidence.baseline, evidence.canary) < minimum:
        said = "too little to judge: {0} and {1} samples, {2} needed on each side"
        reason = said.format(evidence.baseline, evidence.canary, minimum)
        return Judgement(Verdict.INCONCLUSIVE if over else None, reason)
    seen = _seen(evidence, claim)
    shown = "{0} {1:g} × the baseline (p ≤ {2:.2g}): {3}"
    if evidence.worse >= claim.threshold:
        return Judgement(Verdict.FAILED, shown.format("worse than", claim.margin, anytime_p(evidence.worse), seen))
    seems_within = evidence.estimate is None or evidence.estimate <= claim.within_to
    if evidence.within >= claim.threshold and seems_within:
        return Judgement(Verdict.SUCCESSFUL, shown.format("within", claim.margin, anytime_p(evidence.within), seen))
    if not over:
        return Judgement(None, "not decided yet: {0}".format(seen))
    if seems_within:
        return Judgement(Verdict.SUCCESSFUL, "nothing speaks against it: {0}".format(seen))
    said = "in doubt, perhaps worse than {0:g} × the baseline: {1}"
    return Judgement(Verdict.INCONCLUSIVE, said.format(claim.margin, seen))


def _seen(evidence: Evidence, claim: Claim) -> str:
    if evidence.estimate is None:
        return "none on either side in {0} and {1} samples".format(evidence.baseline, evidence.canary)
    said = "{0} ({1} to {2} at {3:g} %), {4} and {5} samples{6}"
    hosts = "" if claim.offset == SAME else ", the hosts' own part is {0} to {1}"
    return said.format(
        _times(evidence.estimate),
        _times(evidence.interval.lower),
        _times(evidence.interval.upper),
        100 * (1 - claim.alpha),
        evidence.baseline,
        evidence.canary,
        hosts.format(_times(claim.offset.lower), _times(claim.offset.upper)),
    )


def _times(ratio: float) -> str:
    return "any times" if math.isinf(ratio) else "{0:.2f} ×".format(ratio)
