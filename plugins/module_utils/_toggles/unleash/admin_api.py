# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP to Unleash's Admin API: one place for time limits, retries, the token and trust.

PRIVATE to the collection.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import os
import re
import ssl
import typing as t
import urllib.parse

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import (
    MissingLibrary,
    OptionalLibrary,
)
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.errors import (
    ChangeRequestRequired,
    ToggleServerRefused,
    ToggleServerUnreachable,
)

# Imported when they are used: flags in a file do without.
requests = OptionalLibrary("requests")
tenacity = OptionalLibrary("tenacity")

_TRANSIENT = frozenset({408, 429, 500, 502, 503, 504})
"""Answers that a further try may not get."""
_SHOWN = 200
"""Characters of a refusal that are told."""
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 5.0
_TOKEN = re.compile(r"[!-~]+\Z")
"""What a token may be made of, for it stands in a header."""
_BYPASS = "SKIP_CHANGE_REQUEST"
"""The permission that Unleash asks for where changes have to be approved."""


@dataclasses.dataclass(frozen=True)
class Access:
    """How the server is reached.

    :param address: its URL, without ``/api/admin``
    :param token: of the Admin API; never shown
    :param timeout: seconds that a connection, and each part of an answer, may take
    :param attempts: how often it is asked what may be asked twice, 1 for no retry
    :param ca_path: a file of authorities in place of the system's
    :param validate_certs: False takes any certificate
    :raises InvalidOption: one of them cannot mean anything
    """

    address: str
    token: str = dataclasses.field(repr=False)
    timeout: float = 10.0
    attempts: int = 3
    ca_path: t.Optional[str] = None
    validate_certs: bool = True

    def __post_init__(self) -> None:
        if not _names_a_host(self.address):
            raise InvalidOption("unleash.address: it must be such as https://unleash.example.com, and hold no password")
        if not _TOKEN.match(self.token):
            raise InvalidOption("unleash: the token is empty, or holds a character that no token has")
        if not 0 < self.timeout < math.inf:
            raise InvalidOption("unleash.timeout: {0:g} is not a number of seconds above 0".format(self.timeout))
        if self.attempts < 1:
            raise InvalidOption("unleash.attempts: {0} is below 1".format(self.attempts))
        if self.ca_path and not os.path.exists(self.ca_path):
            raise InvalidOption("unleash.ca_path: there is no {0}".format(self.ca_path))


@dataclasses.dataclass(frozen=True)
class Answer:
    """What the server answered, where that was no refusal of the token or of the rights that it has.

    :param body: the JSON of it, None where it has none
    """

    status: int
    body: t.Any
    said: str

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300


class AdminApi:
    """The Admin API of one server.

    :raises MissingLibrary: requests or tenacity is not installed
    """

    def __init__(self, access: Access) -> None:
        if not requests:
            raise MissingLibrary("requests")
        if not tenacity:
            raise MissingLibrary("tenacity")
        self._access = access

    def read(self, *path: str, **parameters: str) -> Answer:
        """What a GET is answered with; 404 is an answer.

        :raises ToggleServerUnreachable: there is no answer, or none but for later
        :raises ToggleServerRefused: the answer is a refusal
        """
        return self._patiently(functools.partial(self._ask, "GET", path, parameters, None))

    def repeat(self, method: str, *path: str) -> Answer:
        """Carry out what may be carried out twice; raises what :meth:`read` does, and ChangeRequestRequired."""
        return self._patiently(functools.partial(self._ask, method, path, {}, None))

    def once(self, method: str, *path: str, body: t.Any) -> Answer:
        """Carry out what may not be carried out twice; any status that tells of a conflict is an answer.

        :raises DeliveryError: as :meth:`repeat` does; where there is no answer it may have been carried out
        """
        return self._ask(method, path, {}, body)

    def _patiently(self, ask: t.Callable[[], Answer]) -> Answer:
        """The pauses between grow and are partly chance, so that not all who ask come back at once."""

        def answered() -> Answer:
            answer = ask()
            if answer.status in _TRANSIENT:
                raise ToggleServerUnreachable("Unleash answered with status {0.status}: {0.said}".format(answer))
            return answer

        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self._access.attempts),
            wait=tenacity.wait_random_exponential(multiplier=_FIRST_PAUSE, max=_LONGEST_PAUSE),
            retry=tenacity.retry_if_exception_type(ToggleServerUnreachable),
            reraise=True,
        )
        return t.cast(Answer, retrying(answered))

    def _ask(self, method: str, path: t.Sequence[str], parameters: t.Mapping[str, str], body: t.Any) -> Answer:
        access = self._access
        place = "/".join(urllib.parse.quote(part, safe="") for part in path)
        try:
            with requests.Session() as session:
                # In plain text nothing goes through a proxy that some variable names: it could read the token.
                session.trust_env = not access.address.startswith("http:")
                answer = session.request(
                    method,
                    "{0}/api/admin/{1}".format(access.address.rstrip("/"), place),
                    params=dict(parameters),
                    json=body,
                    headers={"Authorization": access.token, "Accept": "application/json"},
                    timeout=access.timeout,
                    verify=(access.ca_path or True) if access.validate_certs else False,
                    allow_redirects=False,
                    auth=_as_given,
                )
        except (OSError, ValueError) as error:  # requests' own among them
            raise _failure(access.address, error) from None
        return _judged(answer, place, access.token)


def _judged(answer: t.Any, place: str, token: str) -> Answer:
    """The answer, unless it is a refusal that no other request would change."""
    try:
        body = answer.json() if answer.content else None
    except (ValueError, RecursionError):
        body = None
    message = body.get("message") if isinstance(body, dict) else None
    said = " ".join(str(message or answer.text).split()).replace(token, "***")
    status = answer.status_code
    if status == 403 and _BYPASS in said:
        raise ChangeRequestRequired("Unleash takes changes in this environment by change requests only")
    if 200 <= status < 300 or status in _TRANSIENT or status in {404, 409}:
        if status == 200 and answer.content and body is None:
            raise ToggleServerRefused("{0} was answered with no JSON; is that Unleash?".format(place))
        return Answer(status, body, said)
    what = "it points elsewhere, and nothing is followed" if 300 <= status < 400 else said[:_SHOWN]
    raise ToggleServerRefused("Unleash answered {0} with status {1}: {2}".format(place, status, what))


def _failure(address: str, error: t.Any) -> t.Union[ToggleServerUnreachable, ToggleServerRefused]:
    """What became of a request, without what was in it."""
    if isinstance(error, requests.Timeout):
        return ToggleServerUnreachable("Unleash at {0} does not answer in time".format(address))
    below = error
    while isinstance(below, BaseException):
        if isinstance(below, ssl.SSLCertVerificationError):
            said = "the certificate of Unleash at {0} is not trusted: {1}"
            return ToggleServerRefused(said.format(address, below.verify_message))
        below = getattr(below, "reason", None) or (below.args[0] if below.args else None)
    if isinstance(error, (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        return ToggleServerUnreachable("Unleash at {0} does not answer".format(address))
    return ToggleServerRefused("Unleash at {0} cannot be asked".format(address))


def _names_a_host(address: str) -> bool:
    try:
        place = urllib.parse.urlsplit(address)
        whole = place.scheme in {"http", "https"} and not (place.query or place.fragment or "@" in place.netloc)
        return whole and bool(place.hostname) and place.port != 0 and not re.search(r"\s", address)
    except ValueError:
        return False


def _as_given(request: t.Any) -> t.Any:
    """The request as it is: what is in ~/.netrc has nothing to do with it."""
    return request
