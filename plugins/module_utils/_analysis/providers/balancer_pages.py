# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What balancers say of themselves: where they are asked, and the two ways to a socket on the same machine.

PRIVATE to the collection. A balancer that listens on nothing but a socket of its machine need not be opened up for
an analysis that runs there.
"""

from __future__ import annotations

import http.client
import socket
import typing as t
import urllib.parse

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.errors import (
    ProviderRefused,
    ProviderUnreachable,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.kind import Kind
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.pages import (
    Pages,
    Sample,
    Source,
    samples,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.provider_api import ProviderApi
from ansible_collections.progressive.delivery.plugins.module_utils._attempts import Answer, Attempts
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._http_options import HTTP, Params, access_to

Page = t.Callable[[], t.Iterable[Sample]]


class LocalSocket:
    """A socket on this machine at which a balancer answers those who run it."""

    def __init__(self, path: str, timeout: float) -> None:
        self._path = path
        self._timeout = timeout

    def told(self, command: str) -> str:
        """What is answered to one line, up to its end.

        :raises ProviderUnreachable: nobody listens, or there is no answer in time
        :raises ProviderRefused: this user may not use the socket
        """
        return self._asked(lambda: self._converse(command))

    def get(self, path: str) -> str:
        """The body of the answer to ``GET`` *path* over HTTP; raises what :meth:`told` does, and that for a refusal."""
        status, body = self._asked(lambda: self._get(path))
        if status != 200:
            raise ProviderRefused("{0} answered {1} with status {2}".format(self._path, path, status))
        return body

    def connect(self) -> socket.socket:
        """A connection to it."""
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(self._timeout)
        try:
            connection.connect(self._path)
        except OSError:
            connection.close()
            raise
        return connection

    def _asked(self, ask: t.Callable[[], Answer]) -> Answer:
        try:
            return ask()
        except PermissionError as error:
            raise ProviderRefused("this user may not use {0}".format(self._path)) from error
        except (OSError, http.client.HTTPException) as error:
            raise ProviderUnreachable("{0} does not answer: {1}".format(self._path, error)) from error

    def _converse(self, command: str) -> str:
        with self.connect() as connection, connection.makefile("rb") as answer:
            connection.sendall(command.encode() + b"\n")
            return answer.read().decode("utf-8", "replace")

    def _get(self, path: str) -> t.Tuple[int, str]:
        channel = _Channel(self)
        try:
            channel.request("GET", path)
            answer = channel.getresponse()
            return answer.status, answer.read().decode("utf-8", "replace")
        finally:
            channel.close()


class _Channel(http.client.HTTPConnection):
    """HTTP over a socket on this machine."""

    def __init__(self, place: LocalSocket) -> None:
        super().__init__("localhost")
        self._place = place

    def connect(self) -> None:
        self.sock = self._place.connect()


def kind_of(name: str, path: str, read: t.Callable[[LocalSocket], t.Iterable[Sample]]) -> Kind:
    """A type of provider that reads balancers' own pages, which are in Prometheus' format over HTTP.

    :param name: what the balancer is called in messages
    :param path: of the page, below the URL that a task gives
    :param read: how it is asked over a socket
    """

    def build(params: Params) -> Pages:
        return Pages([_source(address, params) for address in params["balancers"]])

    def _source(address: str, params: Params) -> Source:
        if address.startswith("/"):
            place, attempts = LocalSocket(address, params["timeout"]), Attempts(params["attempts"], ProviderUnreachable)
            return Source({"balancer": address}, lambda: attempts.of(lambda: list(read(place))))
        if not address.startswith(("http://", "https://")):
            raise InvalidOption(
                "balancers: {0!r} is neither a URL, http:// or https://, nor the absolute path of a socket".format(
                    address
                )
            )
        api = ProviderApi(name, access_to(address, params))
        return Source({"balancer": urllib.parse.urlsplit(address).netloc}, lambda: samples(api.text(path)))

    return Kind(build=build, options={**HTTP, "balancers": {"type": "list", "elements": "str"}}, needs=["balancers"])
