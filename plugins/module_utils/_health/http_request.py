# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the request of an HTTP check, and the one that a redirect asks for.

PRIVATE to the collection.
"""

from __future__ import annotations

import json
import re
import typing as t
from urllib.parse import urljoin, urlsplit

try:
    import requests
except ImportError:
    requests = None

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._health.errors import MissingLibrary
from ansible_collections.progressive.delivery.plugins.module_utils._health.interface import Check, Target
from ansible_collections.progressive.delivery.plugins.module_utils._health.placeholders import fill, fill_url
from ansible_collections.progressive.delivery.plugins.module_utils._health.validation import of_check

_OWN_HEADERS = {
    "User-Agent": "progressive.delivery.health_check",
    "Accept": "*/*",
    "Accept-Encoding": "identity",
    "Connection": "close",
}
_SECRET_NAMES = ("authorization", "cookie", "token", "secret", "password", "api-key", "apikey")
_METHOD = re.compile(r"[A-Z]+")


def prepare_request(check: Check, target: Target) -> t.Any:
    """The check's request to a target, ready to be sent any number of times.

    :raises InvalidOption: when the options make no proper request
    :raises MissingLibrary: when requests is not installed
    """
    if requests is None:
        raise MissingLibrary("requests")
    method = check.options["method"].upper()
    if not _METHOD.fullmatch(method):
        raise InvalidOption("{0} is {1!r}, which is no method.".format(of_check("method", check.name), method))
    body, headers = check.options["body"], _headers(check, target)
    if body is not None and not isinstance(body, str):
        body = json.dumps(body)
        headers.setdefault("Content-Type", "application/json")
    data = None if body is None else body.encode("utf-8")
    try:
        return requests.Request(method, _url(check, target), headers=headers, data=data).prepare()
    except (requests.RequestException, ValueError) as error:
        raise InvalidOption(
            "Check {0!r} of target {1!r} makes no proper request: {2}.".format(check.name, target.name, error)
        ) from error


def _url(check: Check, target: Target) -> str:
    url, scheme, path = check.options["url"], check.options["scheme"], check.options["path"]
    if url is not None:
        given = [option for option in ("scheme", "port", "path") if check.options[option] is not None]
        if given:
            raise InvalidOption(
                "{0} says it all; it does not go together with {1}.".format(
                    of_check("url", check.name), ", ".join(given)
                )
            )
        filled = fill_url(url, check, target, "url")
        if urlsplit(filled).scheme not in ("http", "https"):
            raise InvalidOption(
                "{0} is {1!r}; it must begin with http:// or https://.".format(of_check("url", check.name), filled)
            )
        return filled
    path = fill("/" if path is None else path, check, target, "path")
    if not path.startswith("/"):
        raise InvalidOption("{0} is {1!r}; it must begin with a slash.".format(of_check("path", check.name), path))
    port = check.options["port"] or target.port
    return "{0}://{1}{2}{3}".format(
        scheme or "http", fill_url("{address}", check, target, "url"), "" if port is None else ":{0}".format(port), path
    )


def _headers(check: Check, target: Target) -> t.Dict[str, str]:
    given, secret = check.options["headers"], check.options["secret_headers"]
    for name in given:
        if any(part in name.lower() for part in _SECRET_NAMES):
            raise InvalidOption(
                "{0} has {1}, which looks like a secret that results and logs would show; give it in secret_headers.".format(
                    of_check("headers", check.name), name
                )
            )
    twice = {name.lower() for name in given} & {name.lower() for name in secret}
    if twice:
        raise InvalidOption(
            "{0} repeats {1} of headers.".format(of_check("secret_headers", check.name), ", ".join(sorted(twice)))
        )
    own = {name.lower() for name in (*given, *secret)}
    headers = {name: value for name, value in _OWN_HEADERS.items() if name.lower() not in own}
    headers.update({name: fill(str(value), check, target, "headers") for name, value in given.items()})
    headers.update({name: str(value) for name, value in secret.items()})
    for name, value in headers.items():
        if not value.isascii():
            raise InvalidOption(
                "The header {0} of check {1!r} is not ASCII, which is all that a header can be.".format(
                    name, check.name
                )
            )
    return headers


def redirected(request: t.Any, location: str) -> t.Any:
    """The request for the place that a redirect names; the check's own headers stay with the server they were meant for.

    :raises requests.RequestException: when that is no URL to send a request to
    """
    following = request.copy()
    try:
        following.prepare_url(urljoin(request.url, location), None)
    except ValueError as error:
        raise requests.exceptions.InvalidURL("a redirect to no URL") from error
    old, new = urlsplit(request.url), urlsplit(following.url)
    if new.scheme not in ("http", "https"):
        raise requests.exceptions.InvalidSchema("a redirect to {0}".format(new.scheme))
    secured_now = old.hostname == new.hostname and (old.scheme, new.scheme) == ("http", "https")
    if (old.scheme, old.netloc) != (new.scheme, new.netloc) and not secured_now:
        following.prepare_headers(_OWN_HEADERS)
    return following
