# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write docs/errors.md: every error that the collection raises, its cause and what to do.

``make errors`` runs it.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / ".cache" / "collections"))

from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError  # noqa: E402

PAGE = ROOT / "docs" / "errors.md"
LIBRARIES = "ansible_collections.progressive.delivery.plugins.module_utils."

TITLES = {
    "_errors": "Anywhere",
    "_missing_library": "Anywhere",
    "_rollout": "The rollout, its journal and its lock",
    "_balancers": "The balancer and its traffic",
    "_health": "Health checks",
    "_analysis": "Analyses and their verdicts",
    "_releases": "Releases on a host",
    "_toggles": "Feature toggles",
    "_backups": "Backups",
    "_environments": "Environments and their configurations",
    "_metrics": "Measurements that are sent",
    "_alerts": "Alerts and silences",
    "_supervisor": "Processes under a supervisor",
}
"""What the section of an area is called, in the page's order."""

HEAD = """\
<!-- Written by scripts/errors.py from the classes of the errors; changes here are lost. -->
# Errors, and what to do about them

A task that fails has the code in `error` of its result, and the message ends with what to do next. A code never changes its meaning.
What an operator meets first is in [troubleshooting](troubleshooting.md).
"""

ROW = "| `{0}` | {1} | {2} |"


def import_libraries() -> None:
    """Import every library, so that every kind of error is known."""
    folder = ROOT / "plugins" / "module_utils"
    for path in sorted(folder.rglob("*.py")):
        importlib.import_module(LIBRARIES + ".".join(path.relative_to(folder).with_suffix("").parts))


def kinds() -> list[type[DeliveryError]]:
    """Every kind of error that a library has, by code."""
    import_libraries()
    found: set[type[DeliveryError]] = set()
    waiting = [DeliveryError]
    while waiting:
        below = waiting.pop().__subclasses__()
        found.update(below)
        waiting.extend(below)
    return sorted((kind for kind in found if kind.__module__.startswith(LIBRARIES)), key=lambda kind: kind.code)


def area(kind: type[DeliveryError]) -> str:
    """The area that *kind* belongs to, as its folder is called."""
    return kind.__module__.removeprefix(LIBRARIES).split(".")[0]


def page() -> str:
    """The text of docs/errors.md.

    :raises KeyError: an area without a title
    """
    sections: dict[str, list[str]] = {title: [] for title in TITLES.values()}
    for kind in kinds():
        cause = " ".join(inspect.cleandoc(kind.__doc__ or "").split("\n\n", maxsplit=1)[0].split())
        remedy = _sentence(kind.remedy) or "The message names the option and what it may be."
        sections[TITLES[area(kind)]].append(ROW.format(kind.code, _sentence(cause), remedy))
    parts = [
        "\n".join([f"## {title}", "", "| code | cause | what to do |", "|---|---|---|", *rows, ""])
        for title, rows in sections.items()
    ]
    return "\n".join([HEAD, *parts])


def _sentence(text: str) -> str:
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text.endswith(".") else ".")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
