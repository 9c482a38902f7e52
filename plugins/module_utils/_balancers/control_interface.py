# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking a balancer over HTTP, through a port or a unix socket.

PRIVATE to the collection.
"""

from __future__ import annotations

import http.client
import socket
import typing as t
import urllib.parse

from ansible_collections.progressive.delivery.plugins.module_utils._balancers.errors import (
    BalancerUnreachable,
    CommandRefused,
    PermissionMissing,
)
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption

ANSWER_TIMEOUT = 10.0
"""Seconds that a balancer may take over an answer."""


class ControlInterface:
    """Where one balancer answers those who run it.

    :param balancer: its name, for messages
    :param address: a URL, ``host:port``, or the path of a unix socket, with or without ``unix:`` before it
    :raises InvalidOption: the address is none of these
    """

    def __init__(self, balancer: str, address: str) -> None:
        self.balancer = balancer
        self.address = address
        self._socket = socket_path(address)
        try:
            self._host, self._port = ("", 0) if self._socket else host_and_port(address)
        except ValueError as error:
            raise InvalidOption(
                "connection: '{0}' cannot be the address of {1}: {2}".format(address, balancer, error)
            ) from error

    def get(self, path: str, host: t.Optional[str] = None) -> str:
        """The body of the answer to ``GET`` *path*.

        :param host: what to send as the header ``Host``, when not the address
        :raises BalancerUnreachable: nobody listens, or there is no answer in time
        :raises PermissionMissing: this user may not use the socket
        :raises CommandRefused: the answer is not 200
        """
        channel = self._channel()
        try:
            channel.request("GET", path, headers={"Host": host} if host else {})
            answer = channel.getresponse()
            body = answer.read().decode("utf-8", "replace")
        except PermissionError as error:
            raise PermissionMissing("may not use {0}: {1}".format(self._where(), error.strerror)) from error
        except (OSError, http.client.HTTPException) as error:
            raise BalancerUnreachable("{0} does not answer: {1}".format(self._where(), error)) from error
        finally:
            channel.close()
        if answer.status != 200:
            raise CommandRefused(
                "{0} answered 'GET {1}' with {2}: {3}".format(self._where(), path, answer.status, body.strip()[:200])
            )
        return body

    def _channel(self) -> http.client.HTTPConnection:
        if self._socket:
            return _SocketChannel(self._socket)
        return http.client.HTTPConnection(self._host, self._port, timeout=ANSWER_TIMEOUT)

    def _where(self) -> str:
        return "{0} at {1}".format(self.balancer, self.address)


def socket_path(address: str) -> str:
    """The path of the unix socket that *address* names, or empty when it names a port."""
    if address.startswith("unix:"):
        return address[len("unix:") :]
    return address if address.startswith("/") else ""


def host_and_port(address: str) -> t.Tuple[str, int]:
    """Where *address*, a URL or ``host:port``, is asked; raises ValueError with the reason where it is neither."""
    url = urllib.parse.urlsplit(address if "//" in address else "//" + address)
    if url.scheme not in ("", "http"):
        raise ValueError("it is asked over http, not {0}".format(url.scheme))
    return url.hostname or "127.0.0.1", url.port or 80


class _SocketChannel(http.client.HTTPConnection):
    """HTTP over the unix socket at *path*."""

    def __init__(self, path: str) -> None:
        # The name is not looked up; Caddy before 2.9 lets only this one in.
        super().__init__("127.0.0.1", timeout=ANSWER_TIMEOUT)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(ANSWER_TIMEOUT)
        self.sock.connect(self._path)
