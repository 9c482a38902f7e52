# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that say how Kayenta's judge judges."""

from __future__ import annotations


class ModuleDocFragment:
    """What C(analysis) takes for it."""

    DOCUMENTATION = r"""
options:
  kayenta:
    description:
      - How V(kayenta) judges. Needed with it.
      - A score of C(pass) or more is V(successful), one of C(marginal) or more V(inconclusive), one below V(failed). A metric that cannot be
        judged makes an V(error), and where data are missing it is V(inconclusive).
    type: dict
    suboptions:
      pass:
        description: The score, from 0 to 100, from which a canary passes.
        type: float
        required: true
      marginal:
        description: The score, not above O(kayenta.pass), from which it is marginal.
        type: float
        required: true
      group_weights:
        description:
          - By group, per cent of the whole score. Groups without one share what is left of 100 evenly.
        type: dict
      judge_every:
        description:
          - Seconds after which a score is taken, again and again; one below O(kayenta.marginal) ends the analysis. By default only the last counts.
          - Each is a further chance to fail a canary that is no worse, as Kayenta's are.
        type: float
      lookback:
        description: Seconds that a score looks back on. By default the whole analysis, of which all samples are then kept.
        type: float
      tolerance:
        description: The part of an estimated shift that its interval must keep away from 0. By default 0.25.
        type: float
      confidence:
        description: Level of that interval. By default 0.98.
        type: float
      minimum_sample:
        description:
          - How many measurements each side needs, or there is no data. By default the fewest with which the test can tell anything apart,
            which are 5 at a confidence of 0.98.
        type: int
      compatible:
        description:
          - Take over Kayenta's faults, all of which have an option of their own below.
          - It then judges with a tolerance of 0.25 and a confidence of 0.98, from any number of measurements.
        type: bool
        default: false
      root_tolerance:
        description: Search the interval's ends only this closely, in the metric's unit, as Kayenta does to 0.0001. By default they are exact.
        type: float
      configured:
        description: V(false) takes 0.25 and 0.98 whatever O(kayenta.tolerance) and O(kayenta.confidence) say.
        type: bool
      guards_zeros:
        description:
          - V(false) leaves out the guard where at least half of a side is 0, and the metric's C(allowedAbsolute), so that errors pass beside a
            baseline that has none.
        type: bool
      ratio_of_positive_baseline:
        description: V(false) judges by the ratio of means even where the baseline's is negative.
        type: bool
      counts_errors:
        description: V(false) leaves out metrics that could not be judged, so that nothing but errors scores 100.
        type: bool
      nodata_pauses:
        description: V(false) fails a canary whose data are missing.
        type: bool
      checks_words:
        description: V(false) takes the default for words in O(metrics[].analysis_configurations) that mean nothing.
        type: bool
      checks_thresholds:
        description: V(false) takes thresholds and weights that cannot be meant, such as marginal above pass.
        type: bool
      marginal_goes_on:
        description: V(false) fails a score that is just marginal.
        type: bool
"""
