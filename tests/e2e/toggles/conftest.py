# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An app that reads flags with its own OpenFeature SDK, and flagd's provider in its process."""

from __future__ import annotations

import typing as t

import pytest
from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.contrib.provider.flagd import FlagdProvider
from openfeature.contrib.provider.flagd.config import ResolverType


@pytest.fixture
def read() -> t.Iterator[t.Callable[[str], OpenFeatureClient]]:
    """Opens a file as an app does."""

    def opened(path: str) -> OpenFeatureClient:
        provider = FlagdProvider(resolver_type=ResolverType.FILE, offline_flag_source_path=path, deadline_ms=50)
        api.set_provider_and_wait(provider)
        return api.get_client()

    yield opened
    api.shutdown()
