# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which provider a task means, and what it may say of it."""

from __future__ import annotations

import collections
import json
import pathlib
import typing as t

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.registry import (
    KINDS,
    OPTIONS,
    provider_of,
)
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._http_options import PATIENCE
from ansible_collections.progressive.delivery.tests.loopback_servers import Reply, web_server


def said(kind: str, **options: t.Any) -> dict[str, t.Any]:
    """What a task says of its provider, with the defaults."""
    return {**{name: spec.get("default") for name, spec in OPTIONS.items()}, "type": kind, **options}


def test_types_that_share_an_option_mean_the_same_by_it() -> None:
    meant = collections.defaultdict(set)
    for kind in KINDS.values():
        for name, spec in {**PATIENCE, **kind.options}.items():
            meant[name].add(json.dumps(spec, sort_keys=True))
    assert {name: specs for name, specs in meant.items() if len(specs) > 1} == {}


@pytest.mark.parametrize("kind", KINDS)
def test_an_option_that_only_another_type_takes_is_refused(kind: str) -> None:
    foreign = sorted(OPTIONS.keys() - KINDS[kind].options.keys() - PATIENCE.keys() - {"type"})
    assert foreign
    for name in foreign:
        with pytest.raises(InvalidOption) as refusal:
            provider_of(said(kind, **{name: False if OPTIONS[name]["type"] == "bool" else "x"}))
        assert refusal.value.message == f"provider: with type {kind} it takes no {name}"


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind in KINDS for name in KINDS[kind].needs])
def test_an_option_that_a_type_needs_is_asked_for(kind: str, name: str) -> None:
    others = {other: "http://localhost" for other in KINDS[kind].needs if other != name}
    with pytest.raises(InvalidOption) as refusal:
        provider_of(said(kind, **others))
    assert refusal.value.message == f"provider: type {kind} needs the option {name}"


def test_headers_in_a_file_are_sent_with_the_others(tmp_path: pathlib.Path) -> None:
    (tmp_path / "headers").write_text("# of the dashboard\n\nAuthorization: Bearer a:b\r\n X-Org : shop\n")
    with web_server(lambda _exchange: Reply(body=b"1")) as server:
        options = {
            "address": f"http://127.0.0.1:{server.port}",
            "headers_file": str(tmp_path / "headers"),
            "headers": {"X-Org": "overruled", "X-Team": "edge"},
        }
        assert provider_of(said("web", **options)).measure(["@"])[0][0].value == 1

    sent = server.seen[0].headers
    assert (sent["Authorization"], sent["X-Org"], sent["X-Team"]) == ("Bearer a:b", "shop", "edge")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "headers_file: cannot read "),
        ("", " is empty"),
        ("A: 1\ns3cret", "headers_file: line 2 of "),
        (": s3cret", "is not of the form Name: value"),
        ("Authorization:", "is not of the form Name: value"),
    ],
)
def test_a_file_that_holds_no_headers_is_refused_without_what_it_holds(
    tmp_path: pathlib.Path, text: t.Optional[str], says: str
) -> None:
    if text is not None:
        (tmp_path / "headers").write_text(text)
    with pytest.raises(InvalidOption) as refusal:
        provider_of(said("web", address="http://localhost", headers_file=str(tmp_path / "headers")))
    assert says in refusal.value.message
    assert "s3cret" not in refusal.value.message


@pytest.mark.parametrize("targets", [{"a": "http://b"}, {"a": [1]}, {"a": None}])
def test_targets_are_lists_of_addresses(targets: dict[str, t.Any]) -> None:
    with pytest.raises(InvalidOption, match="provider: targets of pool a are not a list of addresses"):
        provider_of(said("scrape", targets=targets))
