# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that say how a server's API is reached."""

from __future__ import annotations


class ModuleDocFragment:
    """What modules take that speak HTTP with one kind of server."""

    DOCUMENTATION = r"""
options:
  headers:
    description:
      - Headers of each request.
      - Nothing else is sent to prove who asks; C(~/.netrc) is not read.
    type: dict
  secret_headers:
    description: Further headers, which are not shown, such as an C(Authorization).
    type: dict
  headers_file:
    description: >-
      A file with further headers, C(Name: value) a line, on the machine that asks. What it holds is not shown.
    type: path
  timeout:
    description: Seconds that a connection, and each part of an answer, may take.
    type: float
    default: 10
  attempts:
    description: How often a request is made before it counts as unanswered. The pauses between them grow, and are partly chance.
    type: int
    default: 3
  validate_certs:
    description: Whether its certificate must be right.
    type: bool
    default: true
  ca_path:
    description: A file of authorities, in place of the system's.
    type: path
requirements:
  - requests
  - tenacity, for more than one attempt
"""
