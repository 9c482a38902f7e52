# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RESP2, the protocol of Redis, over a socket.

PRIVATE to the collection. Spoken here and not read off redis-cli's output,
for keys and values are any bytes, errors have to be told from answers, and
thousands of commands go in one journey. A client library would have to be on
every host.
"""

from __future__ import annotations

import os
import socket
import ssl
import typing as t
from dataclasses import dataclass

Reply = t.Any
"""A str (a status), bytes, an int, None, a list of replies, or a :class:`ReplyError`, which is raised only from :meth:`Connection.call`."""
Argument = t.Union[bytes, str, int]

_CHUNK = 65536
_IDLE = 30
_LONGEST_ADDRESS = 100  # of a unix socket; the system has room for a few more.


class ReplyError(Exception):
    """The server answered with an error; its text begins with a word in capitals for its kind."""


@dataclass(frozen=True)
class Certificates:
    """How TLS is spoken.

    :param authority: file with the certificates that are trusted, else those of the system
    :param certificate: file with our own, and *key* that with its key, where the server asks for one
    :param server_name: whose certificate is expected, else the host's
    """

    authority: t.Optional[str] = None
    certificate: t.Optional[str] = None
    key: t.Optional[str] = None
    server_name: t.Optional[str] = None


class Connection:
    """One connection. Every method raises :class:`OSError` when it breaks or is silent for too long."""

    def __init__(self, opened: socket.socket) -> None:
        self._socket = opened
        self._received = bytearray()

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def patience(self, seconds: t.Optional[float]) -> None:
        """How long an answer may take from now on; None is for ever, as long as the other end lives."""
        self._socket.settimeout(seconds)

    def call(self, *arguments: Argument) -> Reply:
        """One command and its answer; raises :class:`ReplyError`."""
        reply = self.calls([arguments])[0]
        if isinstance(reply, ReplyError):
            raise reply
        return reply

    def calls(self, commands: t.Sequence[t.Sequence[Argument]]) -> t.List[Reply]:
        """Several at once, with an answer to each; errors are among them."""
        self._socket.sendall(b"".join(encoded(command) for command in commands))
        return [self._reply() for _command in commands]

    def _reply(self) -> Reply:
        line = self._line()
        kind, rest = line[:1], line[1:]
        if kind == b"+":
            return rest.decode("utf-8", "replace")
        if kind == b"-":
            return ReplyError(rest.decode("utf-8", "replace"))
        if kind == b":":
            return _number(rest)
        if kind == b"$":
            size = _number(rest)
            return None if size < 0 else self._bytes(size + 2)[:-2]
        if kind == b"*":
            count = _number(rest)
            return None if count < 0 else [self._reply() for _place in range(count)]
        raise ConnectionError("it does not speak the protocol of Redis")

    def _line(self) -> bytes:
        while True:
            end = self._received.find(b"\r\n")
            if end >= 0:
                return self._bytes(end + 2)[:-2]
            self._receive()

    def _bytes(self, size: int) -> bytes:
        while len(self._received) < size:
            self._receive()
        taken = bytes(self._received[:size])
        del self._received[:size]
        return taken

    def _receive(self) -> None:
        chunk = self._socket.recv(_CHUNK)
        if not chunk:
            raise ConnectionError("the server hung up")
        self._received += chunk


def encoded(command: t.Sequence[Argument]) -> bytes:
    """A command as it is sent."""
    parts = [b"*%d\r\n" % len(command)]
    for argument in command:
        content = argument if isinstance(argument, bytes) else str(argument).encode("utf-8", "surrogateescape")
        parts.append(b"$%d\r\n%b\r\n" % (len(content), content))
    return b"".join(parts)


def connect(host: str, port: int, timeout: float, certificates: t.Optional[Certificates] = None) -> Connection:
    """To a TCP port, with TLS where *certificates* say how. Raises :class:`OSError`."""
    opened = socket.create_connection((host, port), timeout)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if hasattr(socket, "TCP_KEEPIDLE"):
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _IDLE)
        if certificates is not None:
            context = ssl.create_default_context(cafile=certificates.authority)
            if certificates.certificate is not None:
                context.load_cert_chain(certificates.certificate, certificates.key)
            opened = context.wrap_socket(opened, server_hostname=certificates.server_name or host)
    except BaseException:
        opened.close()
        raise
    return Connection(opened)


def connect_unix(path: str, timeout: float) -> Connection:
    """To a unix socket, however long its path is. Raises :class:`OSError`."""
    opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    folder = None
    try:
        opened.settimeout(timeout)
        if len(os.fsencode(path)) > _LONGEST_ADDRESS:
            folder = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY)
            path = "/proc/self/fd/{0}/{1}".format(folder, os.path.basename(path))
        opened.connect(path)
    except BaseException:
        opened.close()
        raise
    finally:
        if folder is not None:
            os.close(folder)
    return Connection(opened)


def _number(text: bytes) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise ConnectionError("it does not speak the protocol of Redis") from error
