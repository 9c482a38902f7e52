# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""C(http): a server answers a request as it should.

PRIVATE to the collection.
"""

from __future__ import annotations

import functools
import ssl
import typing as t
from dataclasses import dataclass
from http.client import HTTPException, IncompleteRead
from urllib.parse import urlsplit

try:
    import requests
except ImportError:
    requests = None

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._expression import compiled
from ansible_collections.progressive.delivery.plugins.module_utils._health.connection import finding_of
from ansible_collections.progressive.delivery.plugins.module_utils._health.http_answer import (
    Answer,
    Expectation,
    problem,
)
from ansible_collections.progressive.delivery.plugins.module_utils._health.http_request import (
    prepare_request,
    redirected,
)
from ansible_collections.progressive.delivery.plugins.module_utils._health.http_transport import Transport
from ansible_collections.progressive.delivery.plugins.module_utils._health.interface import (
    Check,
    CheckType,
    Finding,
    Target,
    failed,
    passed,
)
from ansible_collections.progressive.delivery.plugins.module_utils._health.placeholders import fill
from ansible_collections.progressive.delivery.plugins.module_utils._health.trust import trusting, unquestioning
from ansible_collections.progressive.delivery.plugins.module_utils._health.validation import of_check, pattern

BODY_LIMIT = 1024 * 1024
"""Bytes of a body that are read; what comes after them is not looked at."""

REDIRECT_LIMIT = 5


@dataclass(frozen=True)
class HttpProbe:
    """Sends a request and judges the answer.

    :param secret_headers: names of the headers that another server must not get
    """

    request: t.Any
    transport: Transport
    follow_redirects: bool
    secret_headers: t.Tuple[str, ...]
    expectation: Expectation
    timeout: float

    def run(self, until: float) -> Finding:
        """Make one attempt."""
        try:
            answer = self._answer(until)
        except (OSError, HTTPException, ValueError) as error:  # RequestException among them
            return _finding_of(error, self.timeout)
        if answer is None:
            return failed("more than {0} redirects".format(REDIRECT_LIMIT))
        wrong = problem(answer, self.expectation)
        return passed("status {0}".format(answer.status)) if wrong is None else failed(wrong)

    def _answer(self, until: float) -> t.Optional[Answer]:
        request = self.request
        for _hop in range(REDIRECT_LIMIT + 1):
            response = self.transport.send(request, until)
            try:
                if not (self.follow_redirects and response.is_redirect):
                    return _read(response)
                request = redirected(request, response.headers["location"], self.secret_headers)
            finally:
                response.close()
        return None


def _read(response: t.Any) -> Answer:
    body = bytearray()
    for chunk in response.iter_content(65536):
        body.extend(chunk)
        if len(body) > BODY_LIMIT:
            break
    else:
        if response.raw.length_remaining:  # which urllib3 lets pass before version 2
            raise IncompleteRead(bytes(body))
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status_code, headers, bytes(body[:BODY_LIMIT]), len(body) <= BODY_LIMIT)


def _finding_of(error: Exception, timeout: float) -> Finding:
    """What the error tells, by the system's or the protocol's error beneath those of the libraries.

    Their own texts are left out: they hold the URL or a header, and those may hold a secret.
    """
    errors = list(_beneath(error))
    for cause in errors:
        if isinstance(cause, OSError) and not isinstance(cause, requests.RequestException):
            return finding_of(cause, timeout)
    if any(isinstance(cause, IncompleteRead) for cause in errors):
        return failed("the body did not come through whole")
    broken = [type(cause).__name__ for cause in errors if isinstance(cause, HTTPException)]
    return failed("no proper HTTP answer: {0}".format((broken or [type(error).__name__])[0]))


def _beneath(error: BaseException) -> t.Iterator[BaseException]:
    """The error and all those that it comes from, the nearest first."""
    around: t.List[t.Any] = [error]
    seen: t.Set[int] = set()
    while around:
        nearest = around.pop(0)
        if isinstance(nearest, BaseException) and id(nearest) not in seen:
            seen.add(id(nearest))
            yield nearest
            around.extend([*nearest.args, getattr(nearest, "reason", None), nearest.__cause__, nearest.__context__])


def prepare(check: Check, target: Target) -> HttpProbe:
    """Bind the check to a target."""
    options = check.options
    request = prepare_request(check, target)
    if options["follow_redirects"] and request.method not in ("GET", "HEAD"):
        raise InvalidOption(
            "{0} goes with the methods GET and HEAD, not with {1}.".format(
                of_check("follow_redirects", check.name), request.method
            )
        )
    return HttpProbe(
        request=request,
        transport=_transport(check, target, request.url),
        follow_redirects=options["follow_redirects"],
        secret_headers=tuple(options["secret_headers"]),
        expectation=_expectation(check),
        timeout=check.timeout,
    )


def _transport(check: Check, target: Target, url: str) -> Transport:
    options = check.options
    host, scheme = urlsplit(url).hostname, urlsplit(url).scheme
    if options["server_name"] is not None and scheme != "https":
        raise InvalidOption("{0} goes with https, not with {1}.".format(of_check("server_name", check.name), url))
    if not options["validate_certs"] and options["ca_path"] is not None:
        raise InvalidOption(
            "{0} does not go together with validate_certs=false.".format(of_check("ca_path", check.name))
        )
    context = trusting(options["ca_path"], check) if options["validate_certs"] else unquestioning()
    if options["server_name"] is None:
        return _shared_transport(context, "", None)
    return _shared_transport(context, host or "", fill(options["server_name"], check, target, "server_name"))


@functools.lru_cache(maxsize=None)
def _shared_transport(context: ssl.SSLContext, host: str, server_name: t.Optional[str]) -> Transport:
    return Transport(context, host, server_name)


def _expectation(check: Check) -> Expectation:
    options = check.options
    improper = [code for code in options["status"] if not 100 <= code <= 599]
    if improper or not options["status"]:
        raise InvalidOption(
            "{0} is {1}; it must list at least one code from 100 to 599.".format(
                of_check("status", check.name), list(options["status"])
            )
        )
    named = of_check("response_headers", check.name)
    return Expectation(
        status=frozenset(options["status"]),
        headers={name: pattern(str(wanted), named) for name, wanted in options["response_headers"].items()},
        body_regex=None
        if options["body_regex"] is None
        else pattern(options["body_regex"], of_check("body_regex", check.name)),
        conditions=tuple(compiled(text, of_check("conditions", check.name)) for text in options["conditions"]),
    )


TYPE = CheckType(
    prepare=prepare,
    defaults={
        "url": None,
        "scheme": None,
        "port": None,
        "path": None,
        "method": "GET",
        "headers": {},
        "secret_headers": {},
        "body": None,
        "status": (200,),
        "body_regex": None,
        "conditions": (),
        "response_headers": {},
        "validate_certs": True,
        "ca_path": None,
        "server_name": None,
        "follow_redirects": False,
    },
)
