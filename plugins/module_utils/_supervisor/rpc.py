# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Talking to a supervisord: XML-RPC over its unix socket, with the standard library alone.

PRIVATE to the collection. Does what it is told and decides nothing.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import time
import typing as t
import xmlrpc.client
from xml.parsers.expat import ExpatError

from ansible_collections.progressive.delivery.plugins.module_utils._supervisor.errors import (
    StartFailed,
    SupervisorRefused,
    SupervisorUnresponsive,
)

_ENDING = 6
_BAD_NAME = 10
_ALREADY_STARTED = 60
_NOT_RUNNING = 70
_ALREADY_ADDED = 90
# A supervisord that ends amid a call does not listen any more, hangs up, or leaves its answer half said.
_GONE = (OSError, http.client.HTTPException, xmlrpc.client.ProtocolError, xmlrpc.client.ResponseError, ExpatError)
_POLL_SECONDS = 0.05
_LOG_BYTES = 2000


class Client:
    """The commands of one supervisord that this collection needs.

    Every method raises :class:`SupervisorRefused` for an unexpected fault, and
    :class:`SupervisorUnresponsive` when there is no answer, or not a whole one.

    :param path: the unix socket
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._proxy = xmlrpc.client.ServerProxy("http://localhost/RPC2", transport=_Transport(path))

    def daemon_state(self) -> t.Optional[str]:
        """RUNNING, SHUTDOWN, …; None when nobody listens on the socket."""
        try:
            return str(self._ask("getState", unless={_ENDING: {"statename": "SHUTDOWN"}})["statename"])
        except _GONE as error:
            if isinstance(error, (ConnectionError, FileNotFoundError)):
                return None
            raise SupervisorUnresponsive(
                "cannot speak to the supervisord at {0}: {1}".format(self.path, _reason(error))
            ) from error

    def process(self, name: str) -> t.Optional[t.Dict[str, t.Any]]:
        """What supervisord knows of a process (statename, pid, spawnerr, …), or None."""
        known: t.Optional[t.Dict[str, t.Any]] = self._call("getProcessInfo", name, unless={_BAD_NAME: None})
        return known

    def outdated(self) -> t.FrozenSet[str]:
        """Read the files again; the processes whose live configuration differs from them."""
        changes = self._call("reloadConfig")[0]
        return frozenset(changes[1])

    def load(self, name: str) -> None:
        """Make the configuration read last the live one; the process must not run."""
        self.outdated()
        self.forget(name)
        self._call("addProcessGroup", name, unless={_ALREADY_ADDED: None})

    def forget(self, name: str) -> None:
        """Drop a process that does not run."""
        self._call("removeProcessGroup", name, unless={_BAD_NAME: None})

    def start(self, name: str) -> None:
        """Start and wait until the process has stayed up for its start seconds.

        Raises :class:`StartFailed` when supervisord gives up on it.
        """
        try:
            self._call("startProcess", name, False, unless={_ALREADY_STARTED: None})
        except SupervisorRefused as error:
            raise StartFailed(
                "process {0!r} could not be started: {1}".format(name, error.message), log=self._log(name)
            ) from error
        while True:
            known = self.process(name) or {"statename": "gone"}
            if known["statename"] == "RUNNING":
                return
            if known["statename"] not in ("STARTING", "BACKOFF"):
                reason = known.get("spawnerr") or known.get("description") or "no reason given"
                raise StartFailed(
                    "process {0!r} is {1} after its start: {2}".format(name, known["statename"], reason),
                    log=self._log(name),
                )
            time.sleep(_POLL_SECONDS)

    def stop(self, name: str) -> None:
        """Send the stop signal and wait for the end; SIGKILL follows after the stop timeout."""
        self._call("stopProcess", name, unless={_NOT_RUNNING: None, _BAD_NAME: None})
        while (self.process(name) or {}).get("statename") == "STOPPING":
            time.sleep(_POLL_SECONDS)

    def signal(self, name: str, signal: str) -> None:
        """Send a signal (HUP, USR1, …) to a process that runs."""
        self._call("signalProcess", name, signal)

    def shut_down(self) -> None:
        """Tell supervisord to stop every process and end; returns at once."""
        # One that has gone meanwhile is what was wanted; the caller waits until it is.
        with contextlib.suppress(SupervisorUnresponsive):
            self._call("shutdown")

    def _log(self, name: str) -> str:
        try:
            return str(self._call("tailProcessStdoutLog", name, 0, _LOG_BYTES)[0])
        except (SupervisorRefused, SupervisorUnresponsive):
            return ""

    def _call(self, method: str, *arguments: t.Any, unless: t.Optional[t.Mapping[int, t.Any]] = None) -> t.Any:
        try:
            return self._ask(method, *arguments, unless=unless)
        except _GONE as error:
            raise SupervisorUnresponsive(
                "the supervisord at {0} has answered, and went away when it was asked for {1}: {2}".format(
                    self.path, method, _reason(error)
                )
            ) from error

    def _ask(self, method: str, *arguments: t.Any, unless: t.Optional[t.Mapping[int, t.Any]] = None) -> t.Any:
        try:
            return getattr(self._proxy.supervisor, method)(*arguments)
        except xmlrpc.client.Fault as fault:
            if unless is not None and fault.faultCode in unless:
                return unless[fault.faultCode]
            raise SupervisorRefused(
                "supervisord at {0} refused {1}: {2}".format(self.path, method, fault.faultString)
            ) from fault


def _reason(error: Exception) -> t.Any:
    return getattr(error, "strerror", None) or error


class _Transport(xmlrpc.client.Transport):
    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: t.Any) -> http.client.HTTPConnection:  # noqa: ARG002
        return _UnixConnection(self._path)


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost")
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(self._path)
