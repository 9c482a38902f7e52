# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checkout as the tests of the tree see it."""

from __future__ import annotations

import functools
import subprocess
import typing as t
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]


@functools.cache
def checkout_files() -> tuple[Path, ...]:
    """Every file that git keeps or would keep, relative to the checkout."""
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    names = [Path(name) for name in listed.split("\0") if name]
    return tuple(sorted(name for name in names if (ROOT / name).is_file()))


def load_yaml(path: Path) -> t.Any:
    """The content of a YAML file of the checkout, ``{}`` when it is empty."""
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8")) or {}
