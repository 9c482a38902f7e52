# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What flagd's own repository of schemas holds: the schemas, and files that pass or fail them."""

from __future__ import annotations

import typing as t

import jsonschema
import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._toggles.schema.flags import FLAGS
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.schema.targeting import TARGETING
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.validation import joined
from ansible_collections.progressive.delivery.tests import oracles

SAID = {"title", "description", "$comment"}
NAMED = {"properties", "patternProperties", "definitions"}
PUBLISHED = {name: oracles.load(f"flagd/json/{name}.json") for name in ("flags", "targeting")}
FLAG_FILES = {
    "positive": ["null-default-variant", "example.flagd", "example.flagdimport.map", "with-metadata"],
    "negative": ["state-set-incorrectly", "missing-variants", "empty-variants"]
    + ["with-invalid-flag-metadata", "with-invalid-targeting"],
}
TARGETING_FILES = {
    "positive": ["fractional-single-entry", "fractional-mixed-weights", "custom-ops"],
    "negative": ["sem-ver-invalid-ver-expression", "invalid-starts-with-param", "fractional-invalid-weighting"]
    + ["invalid-ends-with-param", "fractional-decimal-weighting"],
}


def files_of(kind: str, names: dict[str, list[str]]) -> list[t.Any]:
    return [
        pytest.param(oracles.load(f"flagd/json/test/{kind}/{side}/{name}.json"), side == "positive", id=name)
        for side, group in names.items()
        for name in group
    ]


def meaning(schema: t.Any, names: bool = False) -> t.Any:
    """A schema without what it only says to people; with *names* its keys are names, whatever they are."""
    if isinstance(schema, dict):
        return {
            key: meaning(value, key in NAMED and not names) for key, value in schema.items() if names or key not in SAID
        }
    return [meaning(part) for part in schema] if isinstance(schema, list) else schema


@pytest.mark.parametrize(("ours", "name"), [(FLAGS, "flags"), (TARGETING, "targeting")])
def test_the_schema_is_the_published_one(ours, name):
    assert ours == meaning(PUBLISHED[name])


@pytest.mark.parametrize(("document", "passes"), files_of("flags", FLAG_FILES))
def test_files_of_flags_pass_or_fail_as_published(document, passes):
    assert jsonschema.Draft7Validator(joined("providerConfig")).is_valid(document) == passes


@pytest.mark.parametrize(("document", "passes"), files_of("targeting", TARGETING_FILES))
def test_rules_pass_or_fail_as_published(document, passes):
    assert jsonschema.Draft7Validator(joined("targeting")).is_valid(document) == passes
