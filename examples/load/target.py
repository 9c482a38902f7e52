# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where requests go, and the bytes of a request."""

from __future__ import annotations

import dataclasses
import socket
import urllib.parse


class InvalidTarget(Exception):
    """A URL to which no load can be sent; the message says why."""


@dataclasses.dataclass(frozen=True)
class Target:
    """One HTTP resource.

    :param address: IP address and port, looked up once so that no request waits for it
    :param authority: what the Host header says
    :param path: with the query
    """

    address: tuple[str, int]
    authority: str
    path: str


def resolve(url: str) -> Target:
    """The target that a URL names.

    :raises InvalidTarget: it is not an http URL, or its host is not known
    """
    parts = urllib.parse.urlsplit(url)
    try:
        host, port = parts.hostname, parts.port or 80
    except ValueError as error:
        raise InvalidTarget(f"{url}: {error}") from error
    if parts.scheme != "http" or not host:
        raise InvalidTarget(f"{url}: it must be like http://127.0.0.1:8080/analyze")
    try:
        address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4]
    except OSError as error:
        raise InvalidTarget(f"{url}: {error.strerror}") from error
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(address=(str(address[0]), port), authority=parts.netloc.rpartition("@")[2], path=path)


def request_bytes(target: Target, method: str, body: bytes | None, headers: dict[str, str], keep_alive: bool) -> bytes:
    """A whole HTTP/1.1 request.

    :param headers: beside Host, Content-Type, Content-Length and Connection; they win over these
    """
    fields = {"Host": target.authority, "Connection": "keep-alive" if keep_alive else "close"}
    if body is not None:
        fields |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
    fields |= headers
    head = [f"{method} {target.path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*head, "", ""]).encode("latin-1") + (body or b"")
