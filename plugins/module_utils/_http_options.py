# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task says of how an API is reached.

PRIVATE to the collection. Shared by the areas.
"""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._http_api import Access

Params = t.Mapping[str, t.Any]
"""What a task says of it, with None for what it does not say."""
Options = t.Mapping[str, t.Mapping[str, t.Any]]
"""An argument specification."""

PATIENCE: Options = {"timeout": {"type": "float", "default": 10.0}, "attempts": {"type": "int", "default": 3}}
"""Whatever is asked takes these."""
TRUST: Options = {"validate_certs": {"type": "bool", "default": True}, "ca_path": {"type": "path"}}
HTTP: Options = {
    **TRUST,
    "headers": {"type": "dict"},
    "secret_headers": {"type": "dict", "no_log": True},
    "headers_file": {"type": "path"},
}
"""What is asked over HTTP takes these."""


def access_to(address: str, params: Params) -> Access:
    """How one address is reached; raises InvalidOption."""
    filed = _headers_in(params["headers_file"]) if params["headers_file"] else {}
    return Access(
        address=address,
        headers={**(params["headers"] or {}), **(params["secret_headers"] or {}), **filed},
        timeout=params["timeout"],
        attempts=params["attempts"],
        ca_path=params["ca_path"],
        validate_certs=params["validate_certs"],
    )


def secret_in(path: str, option: str) -> str:
    """What a file holds, without the end of its last line.

    :raises InvalidOption: it cannot be read, or is empty
    """
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read().rstrip("\r\n")
    except (OSError, ValueError) as error:
        raise InvalidOption("{0}: cannot read {1}: {2}".format(option, path, error)) from error
    if not text:
        raise InvalidOption("{0}: {1} is empty".format(option, path))
    return text


def _headers_in(path: str) -> t.Dict[str, str]:
    """Headers in a file, ``Name: value`` a line; what is wrong is told without what it holds."""
    headers = {}
    for number, line in enumerate(secret_in(path, "headers_file").splitlines(), start=1):
        name, colon, value = line.partition(":")
        if not line.strip() or line.startswith("#"):
            continue
        if not colon or not name.strip() or not value.strip():
            raise InvalidOption("headers_file: line {0} of {1} is not of the form Name: value".format(number, path))
        headers[name.strip()] = value.strip()
    return headers
