# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP to the API of a server: one place for time limits, retries, secrets and trust.

PRIVATE to the collection. Shared by the areas, each of which has failures of its own.
"""

from __future__ import annotations

import dataclasses
import functools
import re
import ssl
import typing as t
import urllib.parse

try:
    import requests
except ImportError:
    requests = None

from ansible_collections.progressive.delivery.plugins.module_utils._attempts import Attempts, need_patience
from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError, InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import MissingLibrary

_TRANSIENT = frozenset({408, 429, 500, 502, 503, 504})
"""Answers that a further try may not get."""
_SHOWN = 200
"""Characters of a refusal that are told."""
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_HEADER_VALUE = re.compile(r"(?:[!-~\x80-\xff][\t -~\x80-\xff]*)?\Z")
"""What may stand in a header, https://www.rfc-editor.org/rfc/rfc9110#section-5."""


@dataclasses.dataclass(frozen=True)
class Access:
    """How an API is reached.

    :param address: its URL, below which all its paths are
    :param headers: sent with each request, secrets among them; never shown
    :param timeout: seconds that a connection, and each part of an answer, may take
    :param attempts: how often a request is made before it counts as unanswered, 1 for no retry
    :param ca_path: a file of authorities in place of the system's
    :param validate_certs: False takes any certificate
    :raises InvalidOption: one of them cannot mean anything
    """

    address: str
    headers: t.Mapping[str, str] = dataclasses.field(default_factory=dict, repr=False)
    timeout: float = 10.0
    attempts: int = 3
    ca_path: t.Optional[str] = None
    validate_certs: bool = True

    def __post_init__(self) -> None:
        if not self.address.startswith(("http://", "https://")):
            raise InvalidOption("address: it must begin with http:// or https://")
        if "@" in self.address.partition("//")[2].partition("/")[0]:
            raise InvalidOption("address: a user or password in it would be shown; give an Authorization header")
        if not _names_a_host(self.address):
            raise InvalidOption("address: {0!r} names no host, or no port from 1 to 65535".format(self.address))
        _check_headers(self.headers)
        need_patience(self.timeout, self.attempts)


class HttpApi:
    """An API; a subclass says what its failures are.

    :cvar UNREACHABLE: there is no answer, or none but for later
    :cvar REFUSED: the answer is a refusal
    :cvar UNREADABLE: the answer is not of the published form
    :param name: what it is called in messages
    :raises MissingLibrary: requests or tenacity is not installed
    """

    UNREACHABLE: t.ClassVar[t.Type[DeliveryError]]
    REFUSED: t.ClassVar[t.Type[DeliveryError]]
    UNREADABLE: t.ClassVar[t.Type[DeliveryError]]

    def __init__(self, name: str, access: Access) -> None:
        if requests is None:
            raise MissingLibrary("requests")
        self._name = name
        self._access = access
        self._attempts = Attempts(access.attempts, self.UNREACHABLE)

    def json(self, path: str, parameters: t.Optional[t.Mapping[str, t.Any]] = None, body: t.Any = None) -> t.Any:
        """The JSON that a GET of *path* is answered with, or a POST where there is a *body* to send as JSON.

        :raises UNREACHABLE: or what the subclass names so, as the next ones
        :raises REFUSED:
        :raises UNREADABLE: the answer is no JSON
        """
        try:
            return self._answer("GET" if body is None else "POST", path, parameters=parameters, body=body).json()
        except (ValueError, RecursionError) as error:
            raise self.UNREADABLE("{0} answered {1} with no JSON".format(self._name, path or "the request")) from error

    def post(self, path: str, body: t.Any) -> t.Any:
        """The JSON that a POST of *body* as JSON is answered with, None where that is empty; raises what :meth:`json` does."""
        answer = self._answer("POST", path, body=body)
        try:
            return answer.json() if answer.content.strip() else None
        except (ValueError, RecursionError) as error:
            raise self.UNREADABLE("{0} answered {1} with no JSON".format(self._name, path)) from error

    def text(self, path: str) -> str:
        """The text that a GET of *path* is answered with; raises what :meth:`json` does, but for UNREADABLE."""
        return str(self._answer("GET", path).content.decode("utf-8", "replace"))

    def send(
        self,
        method: str,
        path: str,
        content: bytes = b"",
        headers: t.Optional[t.Mapping[str, str]] = None,
    ) -> None:
        """Have *content* taken; raises what :meth:`json` does, but for UNREADABLE."""
        self._answer(method, path, content=content, headers=headers)

    def _answer(self, method: str, path: str, **request: t.Any) -> t.Any:
        return self._attempts.of(functools.partial(self._ask, method, path, **request))

    def _ask(
        self,
        method: str,
        path: str,
        parameters: t.Optional[t.Mapping[str, t.Any]] = None,
        body: t.Any = None,
        content: t.Optional[bytes] = None,
        headers: t.Optional[t.Mapping[str, str]] = None,
    ) -> t.Any:
        access = self._access
        trust = (access.ca_path or True) if access.validate_certs else False
        try:
            answer = requests.request(
                method,
                access.address.rstrip("/") + path if path else access.address,
                params=dict(parameters or {}),
                data=content,
                json=body,
                headers={**(headers or {}), **access.headers},
                timeout=access.timeout,
                verify=trust,
                allow_redirects=False,
                auth=_as_given,
            )
        except requests.exceptions.ChunkedEncodingError as error:
            raise self.UNREACHABLE("{0} at {1} broke off".format(self._name, access.address)) from error
        except (requests.ConnectionError, requests.Timeout) as error:
            distrust = _distrust(error)
            if distrust is not None:
                said = "the certificate of {0} at {1} is not trusted: {2}"
                raise self.REFUSED(said.format(self._name, access.address, distrust)) from error
            raise self.UNREACHABLE("{0} at {1} does not answer".format(self._name, access.address)) from error
        except (OSError, ValueError) as error:  # requests' own among them
            raise self.REFUSED("{0} at {1} cannot be asked: {2}".format(self._name, access.address, error)) from error
        if answer.status_code in range(200, 300):
            return answer
        kind = self.UNREACHABLE if answer.status_code in _TRANSIENT else self.REFUSED
        said = " ".join(answer.text.split())[:_SHOWN]
        raise kind(
            "{0} answered {1} with status {2}: {3}".format(self._name, path or "the request", answer.status_code, said),
            status=answer.status_code,
        )


def _names_a_host(address: str) -> bool:
    try:
        place = urllib.parse.urlsplit(address)
        return bool(place.hostname) and place.port != 0 and not re.search(r"\s", address)
    except ValueError:
        return False


def _check_headers(headers: t.Mapping[t.Any, t.Any]) -> None:
    """Refuse what requests would refuse in words that hold it; raises InvalidOption."""
    for name, value in headers.items():
        if not isinstance(name, str) or not _HEADER_NAME.match(name):
            raise InvalidOption("headers: one of them has a name that no header can have")
        if not isinstance(value, str):
            raise InvalidOption("headers: {0} is no text; put it in quotes".format(name))
        if not _HEADER_VALUE.match(value):
            raise InvalidOption(
                "headers: {0} begins with a space, or holds a line break or another character that no header can".format(
                    name
                )
            )


def _as_given(request: t.Any) -> t.Any:
    """The request as it is: without this a password in ~/.netrc would take the place of the Authorization that was given."""
    return request


def _distrust(error: t.Any) -> t.Optional[str]:
    """Why a certificate is not trusted, None where something else is the matter; it is deep in what requests raises."""
    while isinstance(error, BaseException):
        if isinstance(error, ssl.SSLCertVerificationError):
            return error.verify_message
        error = getattr(error, "reason", None) or (error.args[0] if error.args else None)
    return None
