# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where flags are kept, for the modules of feature toggles."""

from __future__ import annotations


class ModuleDocFragment:
    """Options that C(feature_toggle) and C(feature_toggle_info) share."""

    DOCUMENTATION = r"""
options:
  backend:
    description:
      - What keeps the flags. V(flagd) is a file in the form of flagd on the host where the module runs, which apps read themselves.
      - V(unleash) is a server, which apps ask through its SDKs.
    type: str
    choices: [flagd, unleash]
    default: flagd
  path:
    description:
      - The file, in JSON, for O(backend=flagd). Its folder must be there. A file that does not exist has no flags.
      - The lock is a file beside it, which stays. A link stays a link.
    type: path
  unleash:
    description: The server, for O(backend=unleash).
    type: dict
    suboptions:
      address:
        description: Its URL, as people open it in a browser, for example V(https://unleash.example.com).
        type: str
        required: true
      environment:
        description:
          - Name of the environment. A flag is enabled, and has a share, in each environment apart; its description is the same in all.
        type: str
        required: true
      project:
        description: Name of the project.
        type: str
        default: default
      token:
        description: Of the Admin API, a personal access token or a service account's. One of O(unleash.token) and O(unleash.token_file) is needed.
        type: str
      token_file:
        description: A file with the token, on the host where the module runs.
        type: path
      timeout:
        description: Seconds that a connection, and each part of an answer, may take.
        type: float
        default: 10.0
      attempts:
        description:
          - How often the server is asked before it counts as down. What cannot be sent twice is sent once.
          - The kill switch can be sent twice.
        type: int
        default: 3
      validate_certs:
        description: Whether the server's certificate must be trusted. V(false) lets anybody between read the token.
        type: bool
        default: true
      ca_path:
        description: A file with the authorities to trust, in place of the system's.
        type: path
"""
