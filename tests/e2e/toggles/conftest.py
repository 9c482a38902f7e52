# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays, a real Unleash server, and an app that reads flags with its own OpenFeature SDK, in its own process."""

from __future__ import annotations

import collections.abc
import os
import pathlib
import subprocess
import sys
import tempfile
import typing as t

import pytest
from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.contrib.provider.flagd import FlagdProvider
from openfeature.contrib.provider.flagd.config import ResolverType

from ansible_collections.progressive.delivery.tests.e2e.analysis.test_postgresql import PostgreSQL
from ansible_collections.progressive.delivery.tests.e2e.balancers.laid_down import ROOT
from ansible_collections.progressive.delivery.tests.e2e.toggles.unleash_server import Unleash


@pytest.fixture
def read() -> t.Iterator[t.Callable[[str], OpenFeatureClient]]:
    """Opens a file as an app does."""

    def opened(path: str) -> OpenFeatureClient:
        provider = FlagdProvider(resolver_type=ResolverType.FILE, offline_flag_source_path=path, deadline_ms=50)
        api.set_provider_and_wait(provider)
        return api.get_client()

    yield opened
    api.shutdown()


@pytest.fixture
def play(tmp_path: pathlib.Path) -> t.Callable[..., str]:
    """Runs the text of tasks; what was printed."""

    def run(tasks: str, *arguments: str) -> str:
        file = tmp_path / "play.yml"
        indented = "\n".join("    " + line for line in tasks.splitlines())
        file.write_text(f"- hosts: localhost\n  gather_facts: false\n  tasks:\n{indented}\n")
        environment = {
            **os.environ,
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "collections"),
            "ANSIBLE_NOCOLOR": "1",
        }
        command = [str(pathlib.Path(sys.executable).with_name("ansible-playbook")), "-i", "localhost,", "-c", "local"]
        command += ["-e", f"ansible_python_interpreter={sys.executable}", *arguments, str(file)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


@pytest.fixture(scope="module")
def unleash() -> collections.abc.Iterator[Unleash]:
    # pytest's own folders can be entered by their owner only.
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as own:
        database = PostgreSQL(pathlib.Path(folder))
        try:
            server = Unleash(pathlib.Path(own), database)
            try:
                yield server
            finally:
                server.stop()
        finally:
            database.stop()
