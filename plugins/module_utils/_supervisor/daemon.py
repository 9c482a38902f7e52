# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A supervisord and its folder: where things are, starting it, ending it.

PRIVATE to the collection. One supervisord serves one folder:

.. code-block:: text

    supervisord.conf  programs/NAME.conf  logs/NAME.log  supervisord.pid  supervisord.sock
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import stat
import subprocess
import sys
import time
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._files import atomic
from ansible_collections.progressive.delivery.plugins.module_utils._supervisor.errors import (
    FolderRefused,
    StopTimedOut,
    SupervisorFailed,
    SupervisorMissing,
    SupervisorUnresponsive,
)
from ansible_collections.progressive.delivery.plugins.module_utils._supervisor.rpc import Client

# The shortest sun_path in use is 104 bytes (BSD, macOS) with its final zero;
# supervisord binds a temporary name first, which adds a dot and its process id.
_SOCKET_LIMIT = 103 - len(".4194304")
_FORBIDDEN = frozenset("*?[]%;#\"'\\")
_INHERITED = ("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR")
# Made with mode 0700, and refused unless it belongs to who runs this.
_PRIVATE_FOLDER = "/tmp/progressive.delivery-{0}"  # noqa: S108
_POLL_SECONDS = 0.05


class Folder:
    """Names of the files in a supervisor's folder.

    :param path: absolute path of the folder
    :raises InvalidOption: a path that supervisord's configuration cannot hold
    """

    def __init__(self, path: str) -> None:
        if not os.path.isabs(path) or _FORBIDDEN & set(path) or path != path.strip() or not path.isprintable():
            raise InvalidOption(
                "supervisor_directory must be an absolute path without any of * ? [ ] % ; # \\ or quotes, not {0!r}".format(
                    path
                )
            )
        self.path = os.path.normpath(path)
        self.programs = os.path.join(self.path, "programs")
        self.logs = os.path.join(self.path, "logs")
        self.configuration = os.path.join(self.path, "supervisord.conf")
        self.main_log = os.path.join(self.logs, "supervisord.log")
        self.pid_file = os.path.join(self.path, "supervisord.pid")
        self.socket = socket_path(self.path, os.getuid())

    def program(self, name: str) -> str:
        """The file that describes process *name*."""
        return os.path.join(self.programs, name + ".conf")

    def log(self, name: str) -> str:
        """The file that gets what process *name* prints."""
        return os.path.join(self.logs, name + ".log")

    def make(self) -> None:
        """Create what is missing; raises :class:`FolderRefused`."""
        for folder in (self.path, self.programs, self.logs):
            with _refusing(folder):
                os.makedirs(folder, mode=0o755, exist_ok=True)
        if os.path.dirname(self.socket) != self.path:
            _make_private(os.path.dirname(self.socket))

    @contextlib.contextmanager
    def locked(self, what: str) -> t.Iterator[None]:
        """Hold the folder's lock *what* against other runs; waits for it."""
        path = os.path.join(self.path, ".{0}.lock".format(what))
        with _refusing(path):
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def socket_path(folder: str, uid: int) -> str:
    """Where the supervisord of *folder* listens.

    In the folder itself; for a path too long for a socket's address, below a
    private folder in ``/tmp`` under a name derived from the folder's.
    """
    inside = os.path.join(folder, "supervisord.sock")
    if len(os.fsencode(inside)) <= _SOCKET_LIMIT:
        return inside
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    return os.path.join(_PRIVATE_FOLDER.format(uid), digest + ".sock")


def configuration(folder: Folder, user: t.Optional[str]) -> str:
    """The text of ``supervisord.conf``; *user* only when it runs as root."""
    lines = [
        "[supervisord]",
        "pidfile = {0}".format(folder.pid_file),
        "logfile = {0}".format(folder.main_log),
        "childlogdir = {0}".format(folder.logs),
        "directory = {0}".format(folder.path),
    ]
    if user:
        lines.append("user = {0}".format(user))
    lines += [
        "",
        "[unix_http_server]",
        "file = {0}".format(folder.socket),
        "chmod = 0600",
        "",
        "[rpcinterface:supervisor]",
        "supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface",
        "",
        "[supervisorctl]",
        "serverurl = unix://{0}".format(folder.socket),
        "",
        "[include]",
        "files = programs/*.conf",
    ]
    return "\n".join(lines) + "\n"


def connect(folder: Folder) -> t.Optional[Client]:
    """A client of the folder's supervisord; None when none runs.

    One that is just ending is waited for. Raises :class:`SupervisorUnresponsive`
    when one runs that does not answer.
    """
    client = Client(folder.socket)
    state = client.daemon_state()
    while state == "SHUTDOWN":
        time.sleep(_POLL_SECONDS)
        state = client.daemon_state()
    if state is not None:
        return client
    pid = _live_pid(folder)
    if pid is not None:
        raise SupervisorUnresponsive(
            "supervisord {0} runs for {1} but does not answer on {2}".format(pid, folder.path, folder.socket)
        )
    return None


def start(folder: Folder, binary_directory: t.Optional[str]) -> Client:
    """Start the folder's supervisord in the background, unless it runs.

    It is a daemon in a session of its own: neither the end of this process nor
    of the run that started it ends it. Raises :class:`SupervisorMissing` or
    :class:`SupervisorFailed`.
    """
    binary = find_binary(binary_directory)
    with folder.locked("supervisord"):
        client = connect(folder)
        if client is not None:
            return client
        atomic.write_file(folder.configuration, configuration(folder, "root" if os.getuid() == 0 else None))
        environment = {key: os.environ[key] for key in _INHERITED if key in os.environ}
        done = subprocess.run(
            [binary, "-c", folder.configuration],
            cwd="/",
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        client = connect(folder) if done.returncode == 0 else None
        if client is None:
            raise SupervisorFailed(
                "{0} did not start for {1} (log: {2}): {3}".format(
                    binary, folder.path, folder.main_log, done.stdout.strip()
                )
            )
        return client


def shut_down(folder: Folder, timeout: float) -> None:
    """End the folder's supervisord and its processes, gracefully; wait until it is gone.

    Raises :class:`StopTimedOut` when it is still there after *timeout* seconds.
    """
    client = Client(folder.socket)
    pid = _live_pid(folder)
    if client.daemon_state() == "RUNNING":
        client.shut_down()
    deadline = time.monotonic() + timeout
    # Its socket and pid file go a little earlier than the process itself.
    while client.daemon_state() is not None or (pid is not None and _serves(pid, folder)):
        if time.monotonic() > deadline:
            raise StopTimedOut("the supervisord of {0} is still there after {1:g} seconds".format(folder.path, timeout))
        time.sleep(_POLL_SECONDS)


def find_binary(binary_directory: t.Optional[str]) -> str:
    """The ``supervisord`` to run; raises :class:`SupervisorMissing`."""
    folders = [binary_directory] if binary_directory else [os.path.dirname(sys.executable)] + os.get_exec_path()
    for folder in folders:
        path = os.path.join(folder, "supervisord")
        if os.access(path, os.X_OK):
            return path
    raise SupervisorMissing("there is no supervisord in {0}".format(", ".join(folders)))


def _live_pid(folder: Folder) -> t.Optional[int]:
    """The process id of a supervisord that runs with the folder's configuration."""
    try:
        with open(folder.pid_file, encoding="ascii") as handle:
            pid = int(handle.read())
    except (FileNotFoundError, ValueError):
        return None
    return pid if _serves(pid, folder) else None


def _serves(pid: int, folder: Folder) -> bool:
    return folder.configuration in _command_line(pid)


def _command_line(pid: int) -> str:
    if os.path.isdir("/proc/self"):
        try:
            with open("/proc/{0}/cmdline".format(pid), "rb") as handle:
                return os.fsdecode(handle.read())
        except (FileNotFoundError, ProcessLookupError):
            return ""
    shown = subprocess.run(["ps", "-o", "args=", "-p", str(pid)], stdout=subprocess.PIPE, text=True, check=False)
    return shown.stdout


def _make_private(path: str) -> None:
    with _refusing(path):
        os.makedirs(path, mode=0o700, exist_ok=True)
        known = os.lstat(path)
    if not stat.S_ISDIR(known.st_mode) or known.st_uid != os.getuid() or known.st_mode & 0o077:
        raise FolderRefused("{0} must be a folder of user id {1} with mode 0700".format(path, os.getuid()))


@contextlib.contextmanager
def _refusing(path: str) -> t.Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FolderRefused("cannot use {0}: {1}".format(path, error.strerror)) from error
