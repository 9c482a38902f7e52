# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From files to a configuration: all steps together, and which comes first."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._environments.documents import layer_of
from ansible_collections.progressive.delivery.plugins.module_utils._environments.errors import (
    ConfigurationError,
    InvalidConfiguration,
    MadeForAnotherEnvironment,
    SecretUnavailable,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.model import (
    Configuration,
    Layer,
    Secret,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.resolve import resolve
from ansible_collections.progressive.delivery.plugins.module_utils._environments.schema import AppSchema
from ansible_collections.progressive.delivery.plugins.module_utils._environments.secrets.registry import Secrets

FILES = {
    "base.json": '{"db": {"host": "db1", "password": {"$secret": "file:db"}}, "url": "${db.host}:${db.password}"}',
    "staging.toml": '"$environment" = "staging"\n[db]\nhost = "db2"\n',
    "eu1.env": "REGION=eu\n",
}
SCHEMA = AppSchema(
    {
        "properties": {
            "db": {"properties": {"host": {"type": "string"}, "password": {"type": "string", "x-secret": True}}},
            "url": {},
            "REGION": {},
            "workers": {"type": "integer"},
        }
    },
    "schema.json",
)


@pytest.fixture
def layers(tmp_path: Path) -> list[Layer]:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "db").write_text("hunter2\n")
    return [layer_of(name.partition(".")[0], str(tmp_path / name)) for name in FILES]


def test_files_and_a_tasks_settings_come_to_one_configuration(layers: list[Layer], tmp_path: Path) -> None:
    rollout = Layer("rollout", "the option settings", {"workers": 4})
    found = resolve("shop", "staging", [*layers, rollout], SCHEMA, Secrets({"folder": str(tmp_path)}).value)

    assert found == Configuration(
        app="shop",
        environment="staging",
        settings={
            "db": {"host": "db2", "password": Secret("file:db", "hunter2")},
            "url": Secret("${db.host}:${db.password}", "db2:hunter2"),
            "REGION": "eu",
            "workers": 4,
        },
        origins={
            "db.host": str(tmp_path / "staging.toml"),
            "db.password": str(tmp_path / "base.json"),
            "url": str(tmp_path / "base.json"),
            "REGION": str(tmp_path / "eu1.env"),
            "workers": "the option settings",
        },
    )
    assert "hunter2" not in repr(found)


def test_no_secret_is_read_for_the_wrong_environment(layers: list[Layer]) -> None:
    with pytest.raises(MadeForAnotherEnvironment):
        resolve("shop", "production", layers, SCHEMA, pytest.fail)


def test_a_secret_that_is_not_there_is_told_with_file_and_key(layers: list[Layer], tmp_path: Path) -> None:
    (tmp_path / "db").unlink()

    with pytest.raises(
        SecretUnavailable, match=r"base\.json: db\.password: file:db: .*/db cannot be read: No such file"
    ):
        resolve("shop", "staging", layers, SCHEMA, Secrets({"folder": str(tmp_path)}).value)


def test_without_a_schema_no_key_is_unknown() -> None:
    said = Layer("base", "base.yml", {"anything": 1})

    assert resolve("shop", "staging", [said], None, str).settings == {"anything": 1}
    with pytest.raises(InvalidConfiguration, match=r"base\.yml: anything: the schema knows no such key"):
        resolve("shop", "staging", [said], SCHEMA, str)


def test_a_plain_secret_is_refused_without_being_shown(layers: list[Layer], tmp_path: Path) -> None:
    plain = Layer("rollout", "the option settings", {"db": {"password": "hunter3"}})

    with pytest.raises(ConfigurationError, match=r"the option settings: db\.password: must be a secret") as refusal:
        resolve("shop", "staging", [*layers, plain], SCHEMA, Secrets({"folder": str(tmp_path)}).value)
    assert "hunter" not in str(refusal.value.as_result())
