# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests' adapter, made to keep to one time limit for a whole answer.

Requests limits the time between two reads, so a server that sends a byte now
and then could hold a check for ever. Here the connecting, and every read of
the head and of the body, gets only the time that is left of the attempt.

Every attempt has a connection of its own: one kept from before could have
been closed by the server meanwhile, and would fail a check that is well.
Proxies, C(.netrc) and cookies are out of the picture, because adapters know
nothing of them.

PRIVATE to the collection.
"""

from __future__ import annotations

import http.client
import io
import ssl
import threading
import typing as t
from urllib.parse import urlsplit

try:
    import requests
    import urllib3
    from requests.adapters import HTTPAdapter
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
except ImportError:
    HTTPAdapter = object
    HTTPConnectionPool = HTTPSConnectionPool = None

from ansible_collections.progressive.delivery.plugins.module_utils._health.connection import connect, remaining


class _Attempt(threading.local):
    """The time limit of the attempt that this thread is making."""

    until: float = 0.0


_attempt = _Attempt()


class _PunctualReader(io.RawIOBase):
    """Reads from a socket, each time for no longer than the attempt has left."""

    def __init__(self, raw: io.RawIOBase, sock: t.Any) -> None:
        super().__init__()
        self._raw = raw
        self._sock = sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: t.Any) -> t.Optional[int]:
        self._sock.settimeout(remaining(_attempt.until))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _PunctualResponse(http.client.HTTPResponse):
    def __init__(self, sock: t.Any, *args: t.Any, **kwargs: t.Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_PunctualReader(self.fp.detach(), sock))

    def begin(self) -> None:
        super().begin()
        self.will_close = True  # also when the server offers to keep the connection


def _connect(connection: t.Any) -> t.Any:
    """Connect for urllib3, which would give each address of a name all the time, and cannot tell when a look-up hangs."""
    until = _attempt.until
    host = getattr(connection, "_dns_host", connection.host)  # with the dot at its end, if it was given one
    sock = connect(host.strip("[]"), connection.port, until)
    try:
        for option in connection.socket_options or ():
            sock.setsockopt(*option)
        sock.settimeout(remaining(until))  # for the handshake
    except OSError:
        sock.close()
        raise
    return sock


def _connect_secured(connection: t.Any) -> None:
    """Connect with TLS for urllib3, whose versions before 2 cannot have the context prove an IP address."""
    context = connection.ssl_context
    name = (connection.server_hostname or connection.host).strip("[]").partition("%")[0]
    plain = _connect(connection)
    try:
        connection.sock = context.wrap_socket(plain, server_hostname=name)
    except OSError:
        plain.close()
        raise
    connection.is_verified = context.verify_mode is ssl.CERT_REQUIRED


def _punctual(pool: t.Any, **methods: t.Any) -> t.Any:
    """The pool class, with connections that connect and read punctually."""
    if pool is None:
        return None
    methods.update(response_class=_PunctualResponse, _new_conn=_connect)
    connection = type("Punctual" + pool.ConnectionCls.__name__, (pool.ConnectionCls,), methods)
    return type("Punctual" + pool.__name__, (pool,), {"ConnectionCls": connection})


_POOLS = {"http": _punctual(HTTPConnectionPool), "https": _punctual(HTTPSConnectionPool, connect=_connect_secured)}


class PunctualAdapter(HTTPAdapter):
    """Requests' adapter with punctual connections. Not for use by several threads.

    :param context: for TLS; shared, so that authorities are loaded once and not for every connection
    :param server_name: the name that a server must prove by TLS, None for the URL's host
    """

    def __init__(self, context: t.Optional[ssl.SSLContext] = None, server_name: t.Optional[str] = None) -> None:
        self._context = context
        self._server_name = server_name
        super().__init__()

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: t.Any) -> None:
        """Give the pools the context and the punctual connections."""
        if self._context is not None:
            pool_kwargs["ssl_context"] = self._context
        if self._server_name is not None:
            pool_kwargs["server_hostname"] = self._server_name
        super().init_poolmanager(connections, maxsize, block=block, **pool_kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def cert_verify(self, conn: t.Any, _url: str, verify: t.Any, _cert: t.Any) -> None:
        """Leave the authorities to the context."""
        conn.cert_reqs = "CERT_REQUIRED" if verify else "CERT_NONE"


class Transport(threading.local):
    """Sends requests within a time limit. Each thread that uses it gets adapters of its own.

    :param context: for TLS; shared, so that authorities are loaded once and not for every connection
    :param host: the host that the requests are meant for
    :param server_name: the name that this host must prove by TLS, None for the one in the URL
    """

    def __init__(self, context: ssl.SSLContext, host: str, server_name: t.Optional[str]) -> None:
        self._verify = context.verify_mode is ssl.CERT_REQUIRED
        if not self._verify:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        self._host = host
        self._plain = PunctualAdapter()
        self._secured = PunctualAdapter(context)
        self._named = PunctualAdapter(context, server_name) if server_name else self._secured

    def send(self, request: t.Any, until: float) -> t.Any:
        """Send a prepared request; its answer, body included, must be read by ``until`` on the monotonic clock.

        The caller reads the body as a stream, in this thread, and closes the response.

        :raises requests.RequestException: when there is no answer in time, or no proper one
        """
        _attempt.until = until
        url = urlsplit(request.url)
        secured = self._named if url.hostname == self._host else self._secured
        adapter = secured if url.scheme == "https" else self._plain
        try:
            return adapter.send(request, stream=True, timeout=remaining(until), verify=self._verify)
        except urllib3.exceptions.HTTPError as error:  # those that requests lets through
            raise requests.ConnectionError(error, request=request) from error
