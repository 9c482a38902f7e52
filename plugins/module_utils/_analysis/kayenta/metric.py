# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a metric of a canary is, and how a configuration of Kayenta's describes it.

Pure. PRIVATE to the collection.
"""

from __future__ import annotations

import enum
import math
import typing as t
from dataclasses import dataclass

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.rules import Rules
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption


class Direction(str, enum.Enum):
    """Which way the canary may not be off."""

    INCREASE = "increase"
    DECREASE = "decrease"
    EITHER = "either"


class NanStrategy(str, enum.Enum):
    """What becomes of a point in time without a measurement: it is left out, or is 0."""

    REMOVE = "remove"
    REPLACE = "replace"


class OutlierStrategy(str, enum.Enum):
    """What becomes of outliers."""

    KEEP = "keep"
    REMOVE = "remove"


class Measure(str, enum.Enum):
    """By what the size of a difference is measured: see :mod:`.effect`."""

    MEAN_RATIO = "meanRatio"
    CLES = "cles"


class Limits(t.NamedTuple):
    """The effect sizes that a canary must reach to count as lower (``decrease``) or higher (``increase``)."""

    decrease: float
    increase: float


@dataclass(frozen=True)
class Metric:
    """One metric, and what its values may do.

    :param groups: the groups whose scores it counts in, one or more
    :param nan: see :class:`NanStrategy`
    :param outlier_factor: how many interquartile ranges beyond the quartiles an outlier is; above 0
    :param critical: when it fails, or has no data, the canary scores 0
    :param must_have_data: no data counts as a failure in its groups
    :param muted: judged, but not counted
    :param allowed: the effect sizes that fail; None is 1 for a ratio, 0.5 for the common language effect size, that is any
    :param critical_at: the effect sizes that fail a critical metric critically; None as for ``allowed``
    :param allowed_absolute: where the baseline's mean is at most this far from 0, a canary whose mean is above it is high,
        whatever the interval and the effect size say; in the metric's unit. None leaves it to the rank-sum test
    :raises InvalidOption: a number that is out of its range, or no groups
    """

    name: str
    groups: t.Tuple[str, ...] = ("all",)
    direction: Direction = Direction.EITHER
    nan: NanStrategy = NanStrategy.REMOVE
    outliers: OutlierStrategy = OutlierStrategy.KEEP
    outlier_factor: float = 3.0
    critical: bool = False
    must_have_data: bool = False
    muted: bool = False
    measure: Measure = Measure.MEAN_RATIO
    allowed: t.Optional[Limits] = None
    critical_at: t.Optional[Limits] = None
    allowed_absolute: t.Optional[float] = None

    def __post_init__(self) -> None:
        if not self.groups:
            raise InvalidOption("{0}: it is in no group, so it would not count".format(self.name))
        if not 0 < self.outlier_factor < math.inf:
            raise InvalidOption("{0}: outlierFactor is {1}, not above 0".format(self.name, self.outlier_factor))
        for limit in (*self.allowed_limits, *self.critical_limits):
            if not math.isfinite(limit):
                raise InvalidOption("{0}: an effect size of {1} says nothing".format(self.name, limit))
        if self.allowed_absolute is not None and not 0 <= self.allowed_absolute < math.inf:
            raise InvalidOption("{0}: allowedAbsolute is {1}, not 0 or more".format(self.name, self.allowed_absolute))

    @property
    def any_effect(self) -> float:
        """The effect size that says neither higher nor lower."""
        return 0.5 if self.measure is Measure.CLES else 1.0

    @property
    def allowed_limits(self) -> Limits:
        """The effect sizes that fail."""
        return self.allowed or Limits(self.any_effect, self.any_effect)

    @property
    def critical_limits(self) -> Limits:
        """The effect sizes that fail a critical metric critically."""
        return self.critical_at or Limits(self.any_effect, self.any_effect)


_CANARY_KEYS = {"direction", "nanStrategy", "outliers", "critical", "mustHaveData", "muted", "effectSize"}
_OUTLIER_KEYS = {"strategy", "outlierFactor"}
_EFFECT_KEYS = {
    "measure",
    "allowedIncrease",
    "allowedDecrease",
    "criticalIncrease",
    "criticalDecrease",
    "allowedAbsolute",
}
_Word = t.TypeVar("_Word", bound=enum.Enum)


def read_metric(name: str, groups: t.Sequence[str], configuration: t.Mapping[str, t.Any], rules: Rules) -> Metric:
    """A metric as a canary configuration of Kayenta's has it.

    Names and defaults are those of NetflixACAJudge.scala; ``effectSize.allowedAbsolute`` is new.

    :param configuration: the metric's ``analysisConfigurations``; what is read is under ``canary``
    :raises InvalidOption: a value of the wrong type or out of its range; a word or key that means nothing,
        unless ``rules.checks_words`` is False
    """
    reader = _Reader(name, rules.checks_words)
    canary = reader.section(configuration, "canary", _CANARY_KEYS)
    outliers = reader.section(canary, "outliers", _OUTLIER_KEYS)
    effect = reader.section(canary, "effectSize", _EFFECT_KEYS)
    measure = reader.word(effect, "measure", Measure.MEAN_RATIO)
    neutral = 0.5 if measure is Measure.CLES else 1.0
    return Metric(
        name=name,
        groups=tuple(groups),
        direction=reader.word(canary, "direction", Direction.EITHER),
        nan=reader.word(canary, "nanStrategy", NanStrategy.REMOVE),
        outliers=reader.word(outliers, "strategy", OutlierStrategy.KEEP),
        outlier_factor=reader.number(outliers, "outlierFactor", 3.0),
        critical=reader.flag(canary, "critical"),
        must_have_data=reader.flag(canary, "mustHaveData"),
        muted=reader.flag(canary, "muted"),
        measure=measure,
        allowed=Limits(
            reader.number(effect, "allowedDecrease", neutral), reader.number(effect, "allowedIncrease", neutral)
        ),
        critical_at=Limits(
            reader.number(effect, "criticalDecrease", neutral), reader.number(effect, "criticalIncrease", neutral)
        ),
        allowed_absolute=reader.number(effect, "allowedAbsolute", 0.0) if "allowedAbsolute" in effect else None,
    )


class _Reader:
    """Reads the sections of one metric's configuration."""

    def __init__(self, metric: str, strict: bool) -> None:
        self._metric = metric
        self._strict = strict

    def section(self, parent: t.Mapping[str, t.Any], key: str, known: t.Set[str]) -> t.Mapping[str, t.Any]:
        found = parent.get(key)
        if found is None:
            return {}
        if not isinstance(found, dict):
            raise InvalidOption("{0}: {1} is not a dictionary".format(self._metric, key))
        unknown = sorted(set(found) - known)
        if unknown and self._strict:
            raise InvalidOption(
                "{0}: {1} has {2}, it may have {3}".format(self._metric, key, unknown, ", ".join(sorted(known)))
            )
        return found

    def word(self, section: t.Mapping[str, t.Any], key: str, default: _Word) -> _Word:
        words = {word.value: word for word in type(default)}
        text = section.get(key, default.value)
        if text not in words and self._strict:
            raise InvalidOption("{0}: {1} is {2!r}, not {3}".format(self._metric, key, text, " or ".join(words)))
        return words.get(text, default)

    def number(self, section: t.Mapping[str, t.Any], key: str, default: float) -> float:
        value = section.get(key, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise InvalidOption("{0}: {1} is {2!r}, not a number".format(self._metric, key, value))
        return float(value)

    def flag(self, section: t.Mapping[str, t.Any], key: str) -> bool:
        value = section.get(key, False)
        if not isinstance(value, bool):
            raise InvalidOption("{0}: {1} is {2!r}, not true or false".format(self._metric, key, value))
        return value
