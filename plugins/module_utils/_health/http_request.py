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
from ansible_collections.progressive.delivery.plugins.module_utils._health.interface import Check, Target
from ansible_collections.progressive.delivery.plugins.module_utils._health.placeholders import fill, fill_url
from ansible_collections.progressive.delivery.plugins.module_utils._health.validation import of_check
from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import MissingLibrary

_OWN_HEADERS = {
    "User-Agent": "progressive.delivery.health_check",
    "Accept": "*/*",
    "Accept-Encoding": "identity",
    "Connection": "close",
}
_SECRET_NAMES = ("authorization", "cookie", "token", "secret", "password", "api-key", "apikey")
_METHOD = re.compile(r"[A-Z]+")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"(?:[!-~][\t -~]*)?")
_PORTS = {"http": 80, "https": 443}


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
    url: t.Optional[str] = None
    try:
        url = _url(check, target)
        data = None if body is None else body.encode("utf-8")
        return requests.Request(method, url, headers=headers, data=data).prepare()
    except (requests.RequestException, ValueError) as error:
        # Only the texts about the URL are shown, and only of one that can hold no password.
        is_of_url = url is not None and "@" not in url and isinstance(error, requests.exceptions.InvalidURL)
        raise InvalidOption(
            "Check {0!r} of target {1!r} makes no proper request: {2}.".format(
                check.name, target.name, error if is_of_url else "its URL or its body cannot be sent"
            )
        ) from None


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
        _refuse_login(filled, check, target)
        if urlsplit(filled).scheme not in ("http", "https"):
            raise InvalidOption(
                "{0} is {1!r}; it must begin with http:// or https://.".format(of_check("url", check.name), filled)
            )
        return filled
    path = fill("/" if path is None else path, check, target, "path")
    if not path.startswith("/"):
        raise InvalidOption("{0} is {1!r}; it must begin with a slash.".format(of_check("path", check.name), path))
    port = check.options["port"] or target.port
    whole = "{0}://{1}{2}{3}".format(
        scheme or "http", fill_url("{address}", check, target, "url"), "" if port is None else ":{0}".format(port), path
    )
    _refuse_login(whole, check, target)
    return whole


def _refuse_login(url: str, check: Check, target: Target) -> None:
    """A user name and a password in a URL would be shown by results and logs; the message does not repeat them."""
    start = url.partition("://")[2] or url
    if "@" in re.split(r"[/?#]", start, maxsplit=1)[0]:
        raise InvalidOption(
            "The URL of check {0!r} of target {1!r} has a user name or a password in it, which results and logs would "
            "show; give an Authorization in secret_headers.".format(check.name, target.name)
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
        _require_header(name, value, check, target)
    return headers


def _require_header(name: str, value: str, check: Check, target: Target) -> None:
    """Refuse here what libraries would refuse with a text that quotes the value, which may be a secret."""
    if not value.isascii():
        raise InvalidOption(
            "The header {0} of check {1!r} is not ASCII, which is all that a header can be.".format(name, check.name)
        )
    if not _HEADER_NAME.fullmatch(name):
        wrong = "{0!r} is no name of a header".format(name)
    elif not _HEADER_VALUE.fullmatch(value):
        wrong = (
            "the value of its header {0} has a control character, such as a line break, or begins with a space".format(
                name
            )
        )
    else:
        return
    raise InvalidOption(
        "Check {0!r} of target {1!r} makes no proper request: {2}.".format(check.name, target.name, wrong)
    )


def redirected(request: t.Any, location: str, secret_headers: t.Iterable[str] = ()) -> t.Any:
    """The request for the place that a redirect names.

    The check's own headers stay with the server that they were meant for. Where it asks for https instead they go
    along, the secret ones only between the two usual ports, since behind any other port there may be another server.

    :param secret_headers: names of those that are secret
    :raises requests.RequestException: when that is no URL to send a request to
    """
    following = request.copy()
    try:
        following.prepare_url(urljoin(request.url, location), None)
        old, new = _origin(request.url), _origin(following.url)
    except ValueError as error:
        raise requests.exceptions.InvalidURL("a redirect to no URL") from error
    if new.scheme not in _PORTS:
        raise requests.exceptions.InvalidSchema("a redirect to {0}".format(new.scheme))
    secured_now = old.host == new.host and (old.scheme, new.scheme) == ("http", "https")
    if old != new and not secured_now:
        following.prepare_headers(_OWN_HEADERS)
    elif old != new and (old.port, new.port) != (_PORTS["http"], _PORTS["https"]):
        for name in secret_headers:
            following.headers.pop(name, None)
    return following


class _Origin(t.NamedTuple):
    """What makes two URLs the same server's."""

    scheme: str
    host: t.Optional[str]
    port: t.Optional[int]


def _origin(url: str) -> _Origin:
    """:raises ValueError: when the port is none"""
    parts = urlsplit(url)
    return _Origin(parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme))
