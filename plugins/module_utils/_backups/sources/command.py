# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a command writes on its standard output.

PRIVATE to the collection. That it is consistent, and that it is put back at
once or not at all, is the commands' own affair; that it came whole, and is
the same at its restore, is seen to here.
"""

from __future__ import annotations

import os
import shutil
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import (
    BackupError,
    DumpFailed,
    NotProven,
    RepositoryFull,
    RestoreFailed,
    SourceUnusable,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import Facts
from ansible_collections.progressive.delivery.plugins.module_utils._backups.process import Finished, run
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.interface import Source
from ansible_collections.progressive.delivery.plugins.module_utils._files.digest import size_and_sha256

DUMP = "output"
"""Name of the dump, and of what the facts say of it: bytes and SHA-256."""

Command = t.Union[str, t.Sequence[str]]
"""A program with its arguments, or, as one text, a line for the shell."""

_SHELL = ("bash", "-o", "pipefail", "-c")
_FULL = ("No space left on device", "Disk quota exceeded")


class Output(Source):
    """The output of *command*.

    A line for the shell is run by bash with ``pipefail``, so that no part of a pipe fails unnoticed.

    :param prove: gets the dump on its standard input and ends with 0 when it is right; runs in an empty folder of its own
    :param restore: gets the dump on its standard input and puts it back
    :param environment: variables beside those of the task, for all three; their values are taken out of messages
    :param timeout: seconds for each
    """

    kind = "command"

    def __init__(
        self,
        name: str,
        command: Command,
        *,
        prove: t.Optional[Command] = None,
        restore: t.Optional[Command] = None,
        environment: t.Optional[t.Mapping[str, str]] = None,
        timeout: t.Optional[float] = None,
    ) -> None:
        self.name = name
        self._command = command
        self._prove = prove
        self._restore = restore
        self._environment = dict(environment or {})
        self._timeout = timeout

    def check(self) -> None:
        given = {
            "command": self._command,
            "prove_argv or prove_shell": self._prove,
            "restore_argv or restore_shell": self._restore,
        }
        for option, command in given.items():
            if command is None:
                continue
            if not command or not command[0].strip():
                raise SourceUnusable("{0}: {1} is empty; give a program with its arguments".format(self.name, option))
            program = _argv(command)[0]
            if shutil.which(program, path=self._environment.get("PATH")) is None:
                raise SourceUnusable("{0}: {1}: {2} is not installed".format(self.name, option, program))

    def size(self) -> int:
        """Nobody knows beforehand."""
        return 0

    def dump(self, folder: str) -> Facts:
        path = os.path.join(folder, DUMP)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as written:
                self._run(self._command, DumpFailed, "the command", stdout=written)
            return _facts(path)
        except OSError as error:
            raise self._failed(DumpFailed, "the command's output cannot be kept", error.strerror or "") from error

    def prove(self, folder: str, facts: Facts, scratch: str) -> None:
        self._compare(folder, facts, NotProven)
        if self._prove is not None:
            with open(os.path.join(folder, DUMP), "rb") as dumped:
                self._run(self._prove, NotProven, "prove_argv or prove_shell", stdin=dumped, folder=scratch)

    def check_restore(self) -> None:
        self._command_to_restore()

    def _command_to_restore(self) -> Command:
        if self._restore is None:
            raise RestoreFailed(
                "{0}: only a command could put back what a command wrote; give restore_argv or restore_shell".format(
                    self.name
                )
            )
        return self._restore

    def restore(self, folder: str, facts: Facts, scratch: str) -> None:
        command = self._command_to_restore()
        self._compare(folder, facts, RestoreFailed)
        with open(os.path.join(folder, DUMP), "rb") as dumped:
            self._run(command, RestoreFailed, "restore_argv or restore_shell", stdin=dumped)

    def _compare(self, folder: str, facts: Facts, kind: t.Type[BackupError]) -> None:
        try:
            found = _facts(os.path.join(folder, DUMP))
        except OSError as error:
            raise self._failed(kind, "the dump cannot be read", error.strerror or "") from error
        if found != facts:
            size = facts.tables.get(DUMP, (0, ""))[0]
            raise kind(
                "{0}: the dump has {1} bytes, and is not what the command wrote, which were {2}".format(
                    self.name, found.tables[DUMP][0], size
                )
            )

    def _run(self, command: Command, kind: t.Type[BackupError], what: str, **streams: t.Any) -> Finished:
        try:
            finished = run(_argv(command), environment=self._environment, timeout=self._timeout, **streams)
        except FileNotFoundError as error:
            raise self._failed(kind, what, "{0} is not installed".format(_argv(command)[0])) from error
        except TimeoutError as error:
            raise self._failed(kind, what, str(error)) from error
        except OSError as error:
            raise self._failed(kind, what, error.strerror or "cannot be started") from error
        if finished.code:
            how = "ended with {0}" if finished.code > 0 else "was ended by signal {0}"
            raise self._failed(kind, what + " " + how.format(abs(finished.code)), finished.err)
        return finished

    def _failed(self, kind: t.Type[BackupError], what: str, why: str) -> BackupError:
        for secret in sorted(filter(None, self._environment.values()), key=len, reverse=True):
            why = why.replace(secret, "***")
        message = "{0}: {1}{2}".format(self.name, what, ": " + why if why else "")
        return (RepositoryFull if kind is DumpFailed and any(words in why for words in _FULL) else kind)(message)


def _argv(command: Command) -> t.List[str]:
    return [*_SHELL, command] if isinstance(command, str) else list(command)


def _facts(path: str) -> Facts:
    return Facts({DUMP: size_and_sha256(path)})
