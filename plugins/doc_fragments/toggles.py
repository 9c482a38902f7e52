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
          - That a flag is disabled can be sent twice.
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

    UNLEASH = r"""
options: {}
notes:
  - >-
    What Unleash cannot keep is refused before anything is changed, and of the options that only a file can keep before anything is sent. These are
    O(rules), O(from), O(until), O(killed), O(evaluators), O(owner), O(expires), O(environment), O(rollback) and O(keep_revisions). The kill
    switch there is V(disabled) in O(state).
  - >-
    A share on Unleash is whole per cent. It turns a flag on, never off. Variants that are booleans are V(on) and V(off), and no variant is the empty
    text. There is no flag without O(default_variant), and O(definition) has no targeting but a share. Keys in O(allow) and O(deny) have up to
    100 characters, and a list up to 250 of them.
  - >-
    On Unleash, an app asks whether a flag with the variants V(on) and V(off) is enabled. Of any other flag it asks for the variant; its value is
    the payload, and everyone else gets the payload of O(default_variant). A flag that is disabled is off there, and has no variant.
  - >-
    C(targetingKey) is Unleash's C(userId). Any other attribute has the same name there, and is to be a field of its context. Its clients hash in
    a way of their own, so other users are in the share than with the same flag in a file.
  - >-
    Strategies that Unleash has and flagd has not come back as a targeting rule with a reference to them, such as C(unleash/5f2a...). They stay
    as they are; the flag's O(state) and O(description) may be changed, and O(definition) replaces them.
  - >-
    Where a project takes changes in an environment by change requests only, the module changes nothing and fails, also with a token that might
    do without, and also for V(disabled). Change requests are of Unleash's enterprise edition.
  - >-
    Unleash has no transactions over several changes. A module that is killed, or loses the server, may leave a flag between before and after;
    the same task then goes on from there. Tested with Unleash 8.2.
  - >-
    Tasks on one machine change a flag of a server one after the other. An edit that others make at the same time, from another machine or in
    Unleash's own pages, is found, and what the task asks for is added to it. Where three and more are made within the same moment that may not
    do; the task then fails, and RV(error) is C(toggle-changed-meanwhile).
"""
