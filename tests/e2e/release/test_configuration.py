# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A release and its configuration are delivered as one, and gone back to as one."""

from __future__ import annotations

import sys

import yaml


def test_going_back_to_a_release_brings_back_its_configuration_and_restarts_the_service(host):
    layers = host.folder / "environments"
    layers.mkdir()
    (layers / "base.yml").write_text("color: none\n")
    run = f"set -a; . {host.folder}/app.env; exec {sys.executable} service.py {host.port}"
    host.variables |= {
        "release_command": ["/bin/sh", "-c", run],
        "release_configured": True,
        "environment_app": "app",
        "environment_name": "staging",
        "environment_renders": [{"path": str(host.folder / "app.env"), "format": "dotenv"}],
        "environment_state_directory": str(host.folder / "state"),
    }

    def deploy(version, color, **variables):
        (layers / "staging.yml").write_text(yaml.safe_dump({"color": color}))
        host.deploy(version, **variables)
        return (host.report()["version"], host.report()["color"])

    assert deploy("1.0", "blue") == ("1.0", "blue")
    assert deploy("1.1", "green") == ("1.1", "green")
    # Settings alone are changed below the release that runs; the service takes them up.
    assert deploy("1.1", "olive") == ("1.1", "olive")
    # What is declared by now is not what the earlier release ran with.
    assert deploy("1.0", "olive", release_going_back=True, release_source={}) == ("1.0", "blue")
