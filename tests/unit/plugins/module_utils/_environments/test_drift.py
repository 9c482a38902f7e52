# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs is told by key, and what is secret or was never declared is not shown."""

from __future__ import annotations

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._environments.drift import (
    Difference,
    differences,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.model import Secret
from ansible_collections.progressive.delivery.plugins.module_utils._environments.placement import Found

SETTINGS = {"port": 80, "tls": True, "password": Secret("env:P", "s3cret")}


def found(content, mode=0o640, owner="root", group="root"):
    return Found((owner, "0"), (group, "0"), mode, content)


def wanted(site, form, settings=None, **fields):
    (file,) = site.proposal(settings or SETTINGS, site.render("app", form, **fields)).files
    return file


def told(file, content, before=None):
    return [(one.key, one.kind, one.declared, one.actual) for one in differences(file, found(content), before)]


@pytest.mark.parametrize(
    ("form", "edited", "changes"),
    [
        (
            "dotenv",
            "PORT='90'\nPASSWORD='hunter2'\nEXTRA='mine'\n",
            [
                ("EXTRA", "value", "(not set)", "(not declared, not shown)"),
                ("PASSWORD", "value", "(secret)", "(another secret)"),
                ("PORT", "value", "80", "90"),
                ("TLS", "value", "true", "(not set)"),
            ],
        ),
        (
            "systemd",
            "PORT=90\nTLS=true\n",
            [("PASSWORD", "value", "(secret)", "(not set)"), ("PORT", "value", "80", "90")],
        ),
        (
            "json",
            '{"port": 80.0, "tls": 1, "password": "s3cret", "log": {"level": "x"}}',
            [
                ("log.level", "value", "(not set)", "(not declared, not shown)"),
                ("port", "value", 80, 80.0),
                ("tls", "value", True, 1),
            ],
        ),
        ("yaml", "port: '80'\ntls: true\npassword: s3cret\n", [("port", "value", 80, "80")]),
        ("toml", 'port = 80\ntls = true\npassword = "x"\n', [("password", "value", "(secret)", "(another secret)")]),
    ],
)
def test_what_somebody_has_changed_is_told_by_key(site, form, edited, changes):
    assert told(wanted(site, form), edited.encode()) == changes


@pytest.mark.parametrize("form", ["dotenv", "systemd", "json", "yaml", "toml"])
def test_the_same_settings_otherwise_written_are_told_as_that(site, form):
    file = wanted(site, form)
    otherwise = file.content + b"\n\n"

    assert told(file, otherwise) == [("", "text", "(as rendered)", "(the same settings, otherwise written)")]
    assert told(file, file.content) == []


@pytest.mark.parametrize("form", ["dotenv", "json", "yaml", "toml"])
@pytest.mark.parametrize("content", [b"\x00{[=\n'", b"\xff\xfe", b""])
def test_what_cannot_be_read_is_told_by_its_lines(site, form, content):
    file = wanted(site, form)
    (change,) = differences(file, found(content or b"- '"))

    assert change.kind == "text"
    assert change.declared.endswith("lines")
    assert "s3cret" not in repr(change)


def test_of_a_template_the_lines_are_told(site):
    from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.interface import Wording

    file = wanted(site, "template", wording=Wording(template="a\nb {{ settings.password }}\n"))

    assert told(file, b"a\n") == [("", "text", "2 lines", "1 lines")]


def test_a_setting_that_is_declared_no_more_is_shown_where_it_was_no_secret(site):
    before = wanted(site, "dotenv", {**SETTINGS, "old": "x", "token": Secret("env:T", "t0ken")})
    now = wanted(site, "dotenv", {"port": 80, "password": "plain", "tls": True})

    assert told(now, before.content, before) == [
        ("OLD", "value", "(not set)", "x"),
        ("PASSWORD", "value", "(secret)", "(another secret)"),
        ("TOKEN", "value", "(not set)", "(another secret)"),
    ]


def test_owner_group_and_mode_are_told(site):
    file = wanted(site, "dotenv", owner="shop", group="0", mode=0o600)
    path = file.path

    assert differences(file, found(file.content, 0o644)) == [
        Difference(path, "", "owner", "shop", "root"),
        Difference(path, "", "mode", "0600", "0644"),
    ]


def test_a_missing_file_and_what_is_no_file_are_told(site):
    file = wanted(site, "dotenv")

    assert [one.actual for one in differences(file, None)] == ["(missing)"]
    assert [one.actual for one in differences(file, found(None))] == ["(a link, a folder or something else)"]
