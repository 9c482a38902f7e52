# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Opens TCP connections within a time limit, and says in words why one failed.

PRIVATE to the collection.
"""

from __future__ import annotations

import errno
import socket
import ssl
import threading
import time
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._health.interface import Finding, failed, unable

_RESOLVER_FAULTS = (socket.EAI_AGAIN, socket.EAI_FAIL, socket.EAI_MEMORY)
_CHECKER_FAULTS = (
    errno.EMFILE,
    errno.ENFILE,
    errno.ENOBUFS,
    errno.ENOMEM,
    errno.EADDRNOTAVAIL,
    errno.ENETDOWN,
    errno.ENETUNREACH,
    errno.EACCES,
    errno.EPERM,
)

_looking_up: t.Set[int] = set()
"""The threads that wait for the resolver, which cannot be given a time limit."""


def look_up(host: str, port: t.Optional[int], family: int = 0) -> t.List[t.Any]:
    """The addresses of a host, in the form of C(socket.getaddrinfo).

    :raises socket.gaierror: for a name that is not found, and when the resolver fails
    """
    thread = threading.get_ident()
    _looking_up.add(thread)
    try:
        return socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)
    except UnicodeError as error:
        raise socket.gaierror(socket.EAI_NONAME, "it can be no host name") from error
    finally:
        _looking_up.discard(thread)


def is_looking_up(thread: t.Optional[int]) -> bool:
    """Whether a thread waits for the resolver."""
    return thread in _looking_up


def connect(address: str, port: int, until: float) -> socket.socket:
    """A connection to the first of the address's addresses that takes one.

    :param until: on the monotonic clock; the look-up of a name is not bound by it
    :raises OSError: the last address's refusal, socket.gaierror for a name that is not found
    """
    refusal: OSError = OSError(errno.EADDRNOTAVAIL, "no address")
    for family, kind, protocol, _name, sockaddr in look_up(address, port):
        connection = socket.socket(family, kind, protocol)
        try:
            connection.settimeout(remaining(until))
            connection.connect(sockaddr)
        except OSError as error:
            connection.close()
            refusal = error
        else:
            return connection
    raise refusal


def remaining(until: float) -> float:
    """The seconds left.

    :raises socket.timeout: when none is left
    """
    left = until - time.monotonic()
    if left <= 0:
        raise socket.timeout("timed out")
    return left


def finding_of(error: t.Optional[BaseException], timeout: float) -> Finding:
    """What a failed connection tells of the target, or of the checking machine."""
    if isinstance(error, socket.timeout):
        return failed("no answer within {0:g} s".format(timeout))
    if isinstance(error, socket.gaierror):
        return _of_resolver(error)
    if isinstance(error, ssl.SSLCertVerificationError):
        return failed("the certificate is refused: {0}".format(error.verify_message))
    if isinstance(error, ssl.SSLError):
        return failed("TLS failed: {0}".format(error.reason or error))
    if isinstance(error, ConnectionRefusedError):
        return failed("connection refused")
    if isinstance(error, (ConnectionResetError, BrokenPipeError)):
        return failed("the connection was reset")
    if isinstance(error, OSError):
        say = unable if error.errno in _CHECKER_FAULTS else failed
        return say(error.strerror or str(error))
    return failed("the connection failed: {0}".format(type(error).__name__))


def _of_resolver(error: socket.gaierror) -> Finding:
    if error.errno in _RESOLVER_FAULTS:
        return unable("the resolver of the checking machine failed: {0}".format(error.strerror))
    return failed("the name is not found: {0}".format(error.strerror))
