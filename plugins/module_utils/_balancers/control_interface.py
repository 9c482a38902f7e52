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

ANSWER_TIMEOUT = 10.0
"""Seconds that a balancer may take over an answer."""


class ControlInterface:
    """Where one balancer answers those who run it.

    :param balancer: its name, for messages
    :param address: a URL, ``host:port``, or the path of a unix socket, with or without ``unix:`` before it
    """

    def __init__(self, balancer: str, address: str) -> None:
        self.balancer = balancer
        self.address = address

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
        path = socket_path(self.address)
        if path:
            return _SocketChannel(path)
        url = urllib.parse.urlsplit(self.address if "//" in self.address else "//" + self.address)
        return http.client.HTTPConnection(url.hostname or "127.0.0.1", url.port or 80, timeout=ANSWER_TIMEOUT)

    def _where(self) -> str:
        return "{0} at {1}".format(self.balancer, self.address)


def socket_path(address: str) -> str:
    """The path of the unix socket that *address* names, or empty when it names a port."""
    if address.startswith("unix:"):
        return address[len("unix:") :]
    return address if address.startswith("/") else ""


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
