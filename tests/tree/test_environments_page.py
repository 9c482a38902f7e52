# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The example on the page of environments is true: its files come to what it says."""

from __future__ import annotations

import json
import re
import typing as t

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._environments.documents import layer_of
from ansible_collections.progressive.delivery.plugins.module_utils._environments.errors import (
    InvalidConfiguration,
    MadeForAnotherEnvironment,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.guards import (
    dangerous_changes,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.json_formats import FORMATS
from ansible_collections.progressive.delivery.plugins.module_utils._environments.model import (
    Configuration,
    Layer,
    Secret,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.promotion import rows
from ansible_collections.progressive.delivery.plugins.module_utils._environments.resolve import resolve
from ansible_collections.progressive.delivery.plugins.module_utils._environments.schema import AppSchema
from ansible_collections.progressive.delivery.tests.tree.checkout import ROOT

PAGE = (ROOT / "docs" / "environments.md").read_text(encoding="utf-8")
FILES = dict(
    re.findall(r"^`([a-z]+\.(?:yml|toml|json))` [^\n]*:\n\n```[a-z]+\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
)
COMES_TO = {
    name: json.loads(text)
    for name, text in re.findall(
        r"^(?:and )?[Ii]n (staging|production) .*?\n\n```json\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL
    )
}
HELD = {"file:/run/secrets/shop-db": "s1", "vault:secret/shop/shop_live#password": "s2"}
LAYERS = {name: layer_of(name.partition(".")[0], name, text) for name, text in FILES.items() if name != "schema.json"}
SCHEMA = AppSchema(json.loads(FILES["schema.json"]), "schema.json")
OF = {"staging": "staging.yml", "production": "production.toml"}


def configured(environment: str, *names: str) -> Configuration:
    return resolve("shop", environment, [LAYERS[name] for name in names], SCHEMA, HELD.__getitem__)


def masked(value: t.Any) -> t.Any:
    if isinstance(value, Secret):
        return f"(secret: {value.reference})"
    return {key: masked(below) for key, below in value.items()} if isinstance(value, dict) else value


def test_the_page_has_the_files_and_what_they_come_to() -> None:
    assert set(FILES) == {"base.yml", "staging.yml", "production.toml", "schema.json"}
    assert set(COMES_TO) == {"staging", "production"}


@pytest.mark.parametrize(("environment", "file"), OF.items())
def test_the_example_comes_to_what_the_page_says(environment: str, file: str) -> None:
    found = configured(environment, "base.yml", file)

    assert masked(found.settings) == COMES_TO[environment]
    assert found.origins["http.host"] == file
    assert found.origins["http.port"] == "base.yml"
    assert found.settings["database"]["url"].value.count(found.settings["database"]["password"].value) == 1


def test_the_examples_layer_for_staging_is_refused_in_production() -> None:
    with pytest.raises(MadeForAnotherEnvironment, match=r"staging\.yml is made for staging"):
        configured("production", "base.yml", "staging.yml")


def test_the_slip_is_told_as_the_page_says() -> None:
    told = re.search(r"^```text\n(.*?)\n```$", PAGE, re.MULTILINE | re.DOTALL)
    slip = Layer("staging", "staging.yml", {"database": {"user": 5}, "log": {"levle": "debug"}})

    with pytest.raises(InvalidConfiguration) as refusal:
        resolve("shop", "staging", [LAYERS["base.yml"], slip], SCHEMA, HELD.__getitem__)

    assert told
    assert refusal.value.message == told.group(1)


def test_from_staging_to_production_the_dangerous_changes_are_those_of_the_database() -> None:
    staging, production = (configured(name, "base.yml", file) for name, file in OF.items())
    marked = SCHEMA.dangerous_keys(staging.settings, production.settings)
    differing = [row.key for row in rows(production, None, staging) if row.differs]

    assert dangerous_changes(differing, marked) == ("database.host", "database.name")


def test_the_page_names_every_format_that_is_checked() -> None:
    named = re.search(r"\*\*Formats are checked\*\*: (.*?)\. Others", PAGE, re.DOTALL)

    assert named
    assert set(re.findall(r"`([a-z0-9-]+)`", named.group(1))) == FORMATS
