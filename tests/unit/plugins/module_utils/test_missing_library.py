# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Libraries that may not be installed, and those that are imported late."""

from __future__ import annotations

import json
import subprocess
import sys

from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import OptionalLibrary

_HEAVY = ("botocore", "matplotlib", "scipy", "sqlalchemy")
"""Each takes longer to import than the rest of a task that needs none of it."""
_SHOW = """
import importlib, json, sys
sys.path[:0] = json.loads(sys.argv[1])
importlib.import_module("ansible_collections.progressive.delivery.plugins.modules." + sys.argv[2])
print(json.dumps([name for name in json.loads(sys.argv[3]) if name in sys.modules]))
"""


def _loaded_with(module: str) -> list[str]:
    """The heavy libraries that importing a module of the collection imports."""
    arguments = [json.dumps(sys.path), module, json.dumps(_HEAVY)]
    shown = subprocess.run([sys.executable, "-c", _SHOW, *arguments], check=True, capture_output=True, text=True)
    return json.loads(shown.stdout)


def test_an_optional_library_is_what_it_stands_for() -> None:
    library = OptionalLibrary("xml", "dom.minidom")
    assert library
    assert library.dom.minidom.parseString("<a/>").documentElement.tagName == "a"


def test_an_optional_library_that_is_not_installed_is_false() -> None:
    assert not OptionalLibrary("no_library_has_this_name")
    assert not OptionalLibrary("no_library_has_this_name.part")


def test_what_a_rollout_calls_at_each_step_imports_no_heavy_library() -> None:
    for module in ("analysis", "health_check", "rollout", "traffic", "traffic_info"):
        assert _loaded_with(module) == [], module


def test_heavy_libraries_are_seen_where_they_are_imported() -> None:
    assert _loaded_with("rollout_picture") == ["matplotlib"]
