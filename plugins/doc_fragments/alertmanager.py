# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that say which Alertmanager is meant, and which alerts."""

from __future__ import annotations


class ModuleDocFragment:
    """What modules take that speak with Alertmanager."""

    DOCUMENTATION = r"""
options:
  addresses:
    description:
      - The URLs of Alertmanager, of each member of its cluster one. Version 2 of its API is used.
      - An alert is told to every member. All else is asked of the first that answers.
    type: list
    elements: str
"""

    MATCHERS = r"""
options:
  matchers:
    description: Which alerts are meant. All of them must fit.
    type: list
    elements: dict
    suboptions:
      name:
        description: A label.
        type: str
        required: true
      value:
        description: Its value.
        type: str
        required: true
      regex:
        description: Whether the value is a regular expression, which the whole of the label's value must fit.
        type: bool
        default: false
      equal:
        description: False for the alerts that do not fit.
        type: bool
        default: true
"""
