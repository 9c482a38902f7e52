# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A release and its configuration are delivered as one, and gone back to as one."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import typing as t

import pytest
import yaml

from .conftest import Host


class Configured:
    """A host whose service is configured by a file that is made of layers."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.file = host.folder / "app.env"
        self.layers = host.folder / "environments"
        self.layers.mkdir()
        (self.layers / "base.yml").write_text("color: none\n")
        run = f"set -a; . {self.file}; exec {sys.executable} service.py {host.port}"
        host.variables |= {
            "release_command": ["/bin/sh", "-c", run],
            "release_configured": True,
            "environment_app": "app",
            "environment_name": "staging",
            "environment_renders": [{"path": str(self.file), "format": "dotenv"}],
            "environment_state_directory": str(host.folder / "state"),
        }

    def declare(self, color: str) -> None:
        (self.layers / "staging.yml").write_text(yaml.safe_dump({"color": color}))

    def deploy(self, version: str, color: str, *options: str, **variables: t.Any) -> tuple[str, str]:
        """What serves after that."""
        self.declare(color)
        self.host.deploy(version, *options, **variables)
        return self.serving()

    def back_to(self, version: str, *options: str) -> tuple[str, str]:
        """What serves after that."""
        self.host.deploy(version, *options, release_going_back=True, release_source={})
        return self.serving()

    def refused(self, version: str, *options: str, **variables: t.Any) -> str:
        """What is said; nothing is changed."""
        before = (os.readlink(self.host.root / "current"), self.file.read_bytes(), self.host.report()["pid"])
        run = self.host.play(*options, **{"release_version": version, "release_source": {}, **variables})
        assert run.code != 0, run.output
        assert (os.readlink(self.host.root / "current"), self.file.read_bytes(), self.host.report()["pid"]) == before
        return run.output

    def serving(self) -> tuple[str, str]:
        told = self.host.report()
        return told["version"], told["color"]


@pytest.fixture
def configured(host: Host) -> Configured:
    return Configured(host)


def test_a_release_is_gone_back_to_with_its_configuration_or_not_at_all(configured: Configured) -> None:
    kept = {"environment_keep": 1, "environment_retain": ["1.0"], "release_protect": ["1.1"]}
    configured.host.variables |= kept
    assert configured.deploy("1.0", "blue") == ("1.0", "blue")
    assert configured.deploy("1.1", "green") == ("1.1", "green")
    # Somebody edits the file, and the service is started with it; the delivery puts both right.
    configured.file.write_text("COLOR='pink'\n")
    os.kill(configured.host.report()["pid"], signal.SIGKILL)
    assert configured.deploy("1.1", "green") == ("1.1", "green")
    # What is declared by now is not what the earlier release ran with; the way back needs no layers.
    configured.layers.rename(configured.host.folder / "elsewhere")
    assert configured.back_to("1.0") == ("1.0", "blue")
    (configured.host.folder / "elsewhere").rename(configured.layers)
    # Settings alone are changed below the release that runs; the service takes them up.
    configured.deploy("1.2", "olive")
    assert configured.deploy("1.2", "red") == ("1.2", "red")
    revisions = configured.host.folder / "state/app/staging/revisions"
    assert sorted(path.name for path in revisions.iterdir()) == ["1", "2", "3", "4"]

    shutil.rmtree(revisions / "1")
    told = " ".join(configured.refused("1.0", release_going_back=True).split())
    assert "configuration that release 1.0 had on this host is not kept any more" in told
    assert "(2, 3, 4)" in told
    assert configured.back_to("1.0", "-e", "environment_state=present") == ("1.0", "red")


def test_what_cannot_be_configured_is_not_made_current(configured: Configured) -> None:
    schema = '{"properties": {"color": {"enum": ["none", "blue", "green"], "x-dangerous": true}}}'
    below = {"path": f"{configured.host.root}/current/more/app.json", "format": "json"}
    configured.host.variables |= {
        "environment_schema_path": f"{configured.host.root}/current/schema.json",
        "environment_protected": ["staging"],
        "environment_renders": [*configured.host.variables["environment_renders"], below],
    }
    brought = {"schema.json": schema, "more/README": "Settings come here."}
    first = configured.host.archive("1.0", **brought)
    assert configured.deploy("1.0", "blue", release_source=first) == ("1.0", "blue")
    newer = configured.host.archive("1.1", **{**brought, "schema.json": schema.replace("green", "olive")})

    # The schema of the release that comes counts, not that of the one that is current.
    configured.declare("green")
    assert "staging.yml: color" in configured.refused("1.1", release_source=newer)
    configured.declare("olive")
    assert "confirm" in configured.refused("1.1", release_source=newer)
    assert configured.deploy("1.1", "olive", environment_confirm=["color"], release_source=newer) == ("1.1", "olive")


def test_a_check_beforehand_finds_a_fault_of_the_configuration(configured: Configured) -> None:
    below = {"path": f"{configured.host.root}/current/app.json", "format": "json"}
    here = {"release_version": "1.0", "release_source": configured.host.archive("1.0")}
    here["environment_renders"] = [*configured.host.variables["environment_renders"], below]
    configured.declare("blue")

    # The folder of the other file comes with the release.
    done = configured.host.play(entry="check", **here)
    assert (done.code, done.changed) == (0, 0), done.output
    (configured.layers / "staging.yml").write_text('color: {$secret: "env:NOT_THERE"}\n')
    assert "NOT_THERE" in configured.host.play(entry="check", **here).output
    assert not configured.host.root.exists()
