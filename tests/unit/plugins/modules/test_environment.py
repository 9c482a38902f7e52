# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module brings declared settings into force, refuses what it must, and tells no secret."""

from __future__ import annotations

import contextlib
import json
import os
import stat
from pathlib import Path

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._environments.revisions.store import Store
from ansible_collections.progressive.delivery.tests.module_call import Failed, call, everything_told

SCHEMA = {
    "type": "object",
    "properties": {
        "database": {
            "type": "object",
            "properties": {
                "host": {"type": "string", "x-dangerous": True},
                "password": {"type": "string", "writeOnly": True},
            },
        },
        "workers": {"type": "integer", "minimum": 1},
    },
}


@pytest.fixture
def shop(tmp_path):
    """A call of the module for an app in *tmp_path*; keywords are settings over those of the base layer."""
    (tmp_path / "secret").write_text("s3cret-1\n")

    def options(environment="staging", **further):
        base = {"database": {"host": "db", "password": {"$secret": f"file:{tmp_path}/secret"}}, "workers": 2}
        settings = further.pop("settings", {})
        return {
            "app": "shop",
            "environment": environment,
            "layers": [
                {"name": "base", "path": "base.json", "content": json.dumps(base)},
                {"name": environment, "path": f"{environment}.json", "content": json.dumps(settings)},
            ],
            "schema": SCHEMA,
            "renders": [{"path": str(tmp_path / "app.env"), "format": "dotenv"}],
            "state_directory": str(tmp_path / "state"),
            **further,
        }

    return options


def kept(options, **further):
    """The options for what is kept, without layers."""
    return {name: options[name] for name in ("app", "environment", "state_directory")} | further


def test_the_layers_become_the_file(shop, tmp_path):
    done = call("environment", **shop(settings={"workers": 4}, release="1.0"))

    assert (tmp_path / "app.env").read_text() == "DATABASE_HOST='db'\nDATABASE_PASSWORD='s3cret-1'\nWORKERS='4'\n"
    assert stat.S_IMODE((tmp_path / "app.env").stat().st_mode) == 0o640
    assert (done["changed"], done["revision"], done["made"]) == (True, 1, True)
    assert [(row["key"], row["then"], row["origin"]) for row in done["changes"]] == [
        ("database.host", "db", "base.json"),
        ("database.password", f"(secret: file:{tmp_path}/secret)", "base.json"),
        ("workers", 4, "staging.json"),
    ]
    assert done["diff"][0]["after"] == {
        "(file)": "(there)",
        "DATABASE_HOST": "db",
        "DATABASE_PASSWORD": "(secret)",
        "WORKERS": "4",
    }
    assert call("environment", **shop(settings={"workers": 4}, release="1.0"))["changed"] is False


def test_check_mode_says_what_changes_and_changes_nothing(shop, tmp_path):
    call("environment", **shop())
    before = (tmp_path / "app.env").read_bytes()
    foreseen = call("environment", **shop(settings={"workers": 8}), check_mode=True)

    assert (tmp_path / "app.env").read_bytes() == before
    (diff,) = foreseen["diff"]
    assert (diff["before"], diff["after"], diff["after_header"]) == (
        {"WORKERS": "2"},
        {"WORKERS": "8"},
        str(tmp_path / "app.env"),
    )
    assert (foreseen["changed"], foreseen["revision"]) == (True, 2)


def test_a_setting_that_is_called_as_a_right_is_told_apart_from_it(shop, tmp_path):
    def options(mode, rights):
        layer = {"name": "base", "path": "base.json", "content": json.dumps({"mode": mode})}
        render = {"path": str(tmp_path / "app.json"), "format": "json", "mode": rights}
        return {**shop(), "schema": None, "layers": [layer], "renders": [render]}

    call("environment", **options("fast", "0640"))
    (diff,) = call("environment", **options("slow", "0600"))["diff"]
    assert diff["before"] == {"mode": "fast", "(mode)": "0640"}
    assert diff["after"] == {"mode": "slow", "(mode)": "0600"}


def test_a_setting_may_say_what_is_said_of_one_that_is_not_set(shop):
    call("environment", **shop())
    told, _everything = everything_told("environment", **shop(settings={"database": {"host": "(not set)"}}))

    assert [(row["key"], row["then"]) for row in told["changes"]] == [("database.host", "(not set)")]
    base = {"name": "base", "path": "base.json", "content": "{}"}
    told, _everything = everything_told("environment", **shop(layers=[base], schema=None))
    assert {row["key"]: row["then"] for row in told["changes"]}["database.host"] == "(not set)"


def test_another_value_of_a_secret_is_a_change_that_shows_none_of_them(shop, tmp_path):
    call("environment", **shop())
    (tmp_path / "secret").write_text("s3cret-2\n")
    told, everything = everything_told("environment", **shop())

    assert told["diff"][0]["before"] == {"DATABASE_PASSWORD": "(another secret)"}
    assert told["diff"][0]["after"] == {"DATABASE_PASSWORD": "(secret)"}
    assert [row["key"] for row in told["changes"]] == ["database.password"]
    assert "s3cret" not in everything


def test_secrets_of_ansible_are_in_the_file_and_in_nothing_that_is_told(shop, tmp_path):
    layer = {"database": {"password": {"$secret": "ansible:database"}}}
    told, everything = everything_told(
        "environment", **shop(settings=layer, secrets={"ansible": {"database": "vau1ted"}})
    )

    assert told["changed"] is True
    assert "vau1ted" in (tmp_path / "app.env").read_text()
    assert "vau1ted" not in everything


def test_a_release_is_gone_back_to_with_the_configuration_that_it_had(shop, tmp_path):
    options = shop(settings={"workers": 4}, release="1.0")
    call("environment", **options)
    call("environment", **shop(settings={"workers": 8}, release="1.1"))
    done = call("environment", **kept(options, state="revision", release="1.0"))

    assert (done["revision"], done["previous"], done["written"]) == (1, 2, [str(tmp_path / "app.env")])
    assert "WORKERS='4'" in (tmp_path / "app.env").read_text()
    assert call("environment", **kept(options, state="absent"))["removed"] == [str(tmp_path / "app.env")]


def test_a_dangerous_key_changes_in_production_only_where_it_is_confirmed(shop, tmp_path):
    call("environment", **shop("production"))
    moved = {"environment": "production", "settings": {"database": {"host": "db-2"}}}

    with pytest.raises(Failed, match=r"production is protected.*database\.host") as refused:
        call("environment", **shop(**moved))
    assert refused.value.result["error"] == "configuration-confirmation-needed"
    assert "DATABASE_HOST='db'" in (tmp_path / "app.env").read_text()
    assert call("environment", **shop(**moved, protected=[]), check_mode=True)["changed"]
    assert call("environment", **shop(**moved, confirm=["database.host"]))["changed"]


def test_check_mode_shows_a_dangerous_change_that_nobody_has_confirmed(shop, tmp_path):
    call("environment", **shop("production"))
    moved = shop("production", settings={"database": {"host": "db-2"}, "workers": 3})
    foreseen, everything = everything_told("environment", **moved, _ansible_check_mode=True)

    assert foreseen["unconfirmed"] == ["database.host"]
    assert [(row["key"], row["now"], row["then"]) for row in foreseen["changes"]] == [
        ("database.host", "db", "db-2"),
        ("workers", 2, 3),
    ]
    assert foreseen["diff"][0]["after"] == {"DATABASE_HOST": "db-2", "WORKERS": "3"}
    assert "without check mode this is refused until confirm names database.host" in str(foreseen["warnings"])
    assert "s3cret" not in everything
    assert "DATABASE_HOST='db'" in (tmp_path / "app.env").read_text()
    assert call("environment", **moved, confirm=["database.host"])["unconfirmed"] == []


def test_a_dangerous_change_is_one_too_after_the_configuration_was_taken_away(shop):
    options = shop("production")
    call("environment", **options)
    call("environment", **kept(options, state="absent"))

    with pytest.raises(Failed, match=r"dangerous: database\.host"):
        call("environment", **shop("production", settings={"database": {"host": "db-2"}}))
    assert call("environment", **options)["changed"]


def test_changes_are_judged_by_what_is_in_force_once_other_runs_have_ended(shop, monkeypatch):
    call("environment", **shop("production"))
    locked = Store.locked

    @contextlib.contextmanager
    def after_another_run(store, timeout):
        monkeypatch.setattr(Store, "locked", locked)
        call("environment", **shop("production", settings={"database": {"host": "db-2"}}, confirm=["database.host"]))
        with locked(store, timeout):
            yield

    monkeypatch.setattr(Store, "locked", after_another_run)
    with pytest.raises(Failed, match=r"dangerous: database\.host"):
        call("environment", **shop("production"))


def damaged_record(options, number=1):
    folder = Path(options["state_directory"], "shop", options["environment"])
    (folder / "revisions" / str(number) / "record.json").write_text("{")


def test_with_a_damaged_record_in_force_every_dangerous_key_counts_as_changed(shop):
    options = shop("production")
    call("environment", **options)
    damaged_record(options)

    with pytest.raises(Failed, match=r"dangerous: database\.host"):
        call("environment", **options)
    done, _everything = everything_told("environment", **options, confirm=["database.host"])
    assert (done["revision"], done["made"]) == (2, True)
    assert "revisions/1, which was in force, cannot be read" in str(done["warnings"])


def test_with_a_damaged_record_in_force_its_files_are_still_known(shop, tmp_path):
    options = shop("production")
    call("environment", **options)
    damaged_record(options)

    with pytest.raises(Failed, match="is of the environment production"):
        call("environment", **shop("staging"))
    assert call("environment", **kept(options, state="absent"))["removed"] == [str(tmp_path / "app.env")]
    assert not (tmp_path / "app.env").exists()


def test_with_a_damaged_record_whose_files_nobody_knows_nothing_is_taken_away(shop, tmp_path):
    options = shop("production")
    call("environment", **options)
    damaged_record(options)
    history = tmp_path / "state/shop/production/history.json"
    written = json.loads(history.read_text())
    del written["activations"][-1]["paths"]
    history.write_text(json.dumps(written))

    with pytest.raises(Failed, match="nobody knows its files") as refused:
        call("environment", **kept(options, state="absent"))
    assert refused.value.result["error"] == "revision-damaged"


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"schema": 1, "activations": [1]}', None])
def test_a_damaged_history_is_put_aside_by_what_is_declared_and_told_by_all_else(shop, tmp_path, content):
    options = shop("production", release="1.0")
    call("environment", **options)
    call("environment", **shop("production", settings={"workers": 3}, release="1.1"))
    history = tmp_path / "state/shop/production/history.json"
    history.unlink() if content is None else history.write_text(content)

    for further in ({"state": "absent"}, {"state": "revision", "release": "1.0"}):
        with pytest.raises(Failed, match=r"production/history\.json .*\(state: present\)") as refused:
            call("environment", **kept(options, **further))
        assert refused.value.result["error"] == "revision-history-damaged"
    with pytest.raises(Failed, match="is of the environment production"):
        call("environment", **shop("staging"))
    call("environment", **shop("staging", renders=[{**options["renders"][0], "path": str(tmp_path / "other.env")}]))
    with pytest.raises(Failed, match=r"dangerous: database\.host"):
        call("environment", **shop("production", settings={"database": {"host": "db-2"}}))
    done, _everything = everything_told("environment", **shop("production", settings={"workers": 3}, release="1.1"))
    assert (done["changed"], done["revision"], done["made"], done["previous"]) == (True, 2, False, 1)
    assert "history.json is damaged" in str(done["warnings"])
    if content is not None:
        assert history.with_name("history.json.damaged").read_text() == content
    assert call("environment", **kept(options, state="revision", release="1.0"))["revision"] == 1


def test_the_history_of_a_newer_version_is_not_put_aside(shop, tmp_path):
    options = shop("production")
    call("environment", **options)
    history = tmp_path / "state/shop/production/history.json"
    history.write_text('{"schema": 2}')

    with pytest.raises(Failed, match="has schema 2; this version reads 1"):
        call("environment", **options)
    assert history.read_text() == '{"schema": 2}'


def test_a_template_and_part_of_the_settings_are_rendered(shop, tmp_path):
    renders = [
        {
            "path": str(tmp_path / "app.conf"),
            "format": "template",
            "template": "workers {{ settings.workers }};\n",
            "keys": ["workers"],
        },
        {"path": str(tmp_path / "db.yml"), "format": "yaml", "keys": ["database.host"], "mode": "0644"},
        {
            "path": str(tmp_path / "db.env"),
            "format": "systemd",
            "keys": ["database"],
            "prefix": "SHOP_",
            "separator": "__",
            "mode": "0600",
        },
    ]
    call("environment", **shop(renders=renders))

    assert (tmp_path / "app.conf").read_text() == "workers 2;\n"
    assert (tmp_path / "db.yml").read_text() == 'database:\n  host: "db"\n'
    assert (tmp_path / "db.env").read_text() == 'SHOP_DATABASE__HOST="db"\nSHOP_DATABASE__PASSWORD="s3cret-1"\n'


RENDER = {"path": "/nowhere/app.env", "format": "dotenv"}


@pytest.mark.parametrize(
    ("further", "reason"),
    [
        ({"app": "../shop"}, "app: '../shop' is not"),
        ({"environment": "Prod"}, "environment: 'Prod' is not"),
        ({"release": "../1"}, "release: '../1' is not"),
        ({"renders": []}, "state: present needs layers, and renders"),
        ({"state": "revision"}, "leave out layers"),
        ({"revision": 1}, "revision: it means nothing with state: present"),
        ({"keep": 0}, "keep: 0"),
        ({"lock_timeout": -1}, "lock_timeout: -1"),
        ({"renders": [RENDER, RENDER]}, r"renders\[0\]\.path: /nowhere/app\.env is rendered twice"),
        ({"renders": [{**RENDER, "path": "app.env"}]}, r"renders\[0\]\.path: app\.env is no absolute path"),
        ({"renders": [{**RENDER, "mode": "u=rw"}]}, r"renders\[0\]\.mode: 'u=rw' is none"),
        (
            {"renders": [{**RENDER, "mode": 400}]},
            r"renders\[0\]\.mode: 400 is none; write it such as \"0640\", in quotes",
        ),
        ({"renders": [{**RENDER, "mode": 0o640}]}, r"renders\[0\]\.mode: 416 is none"),
        ({"renders": [{**RENDER, "mode": "0044"}]}, r"renders\[0\]\.mode: 0044 would not even let the owner"),
        (
            {"renders": [{**RENDER, "mode": "0644"}]},
            "would let everybody on the host read the secret database.password",
        ),
        ({"renders": [{**RENDER, "template": "x"}]}, r"renders\[0\]\.template: it means nothing in the format dotenv"),
        ({"renders": [{**RENDER, "prefix": "1_"}]}, r"renders\[0\]\.prefix: '1_' is not letters"),
        ({"renders": [{**RENDER, "format": "template"}]}, r"renders\[0\]\.template: the format template needs it"),
        ({"renders": [{**RENDER, "format": "json", "prefix": "A"}]}, "means nothing in the format json"),
        ({"renders": [RENDER]}, "there is no folder /nowhere"),
        ({"settings": {"workers": 0}}, r"staging\.json: workers:"),
        ({"settings": {"wrokers": 1}}, r"staging\.json: wrokers:"),
        ({"settings": {"$environment": "production"}}, r"staging\.json is made for production, and this is staging"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_touched(shop, tmp_path, further, reason):
    before = sorted(os.listdir(tmp_path))
    with pytest.raises(Failed, match=reason):
        call("environment", **{**shop(settings=further.pop("settings", {})), **further})

    assert sorted(os.listdir(tmp_path)) == before
