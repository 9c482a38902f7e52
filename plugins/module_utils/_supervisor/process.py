# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One supervised process: reading how it is, and making one step of a plan.

PRIVATE to the collection.
"""

from __future__ import annotations

import os
import subprocess
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._files import atomic
from ansible_collections.progressive.delivery.plugins.module_utils._supervisor import daemon
from ansible_collections.progressive.delivery.plugins.module_utils._supervisor.errors import FolderRefused, ReloadFailed
from ansible_collections.progressive.delivery.plugins.module_utils._supervisor.plan import Observed, Step, Wanted
from ansible_collections.progressive.delivery.plugins.module_utils._supervisor.rpc import Client


class SupervisedProcess:
    """A process *name* under the supervisord of *folder*.

    :param binary_directory: where ``supervisord`` is; None looks beside the running Python and on PATH
    :param reload_command: run to reload it; None sends *reload_signal* instead
    """

    def __init__(
        self,
        folder: daemon.Folder,
        name: str,
        binary_directory: t.Optional[str] = None,
        reload_command: t.Optional[t.Sequence[str]] = None,
        reload_signal: str = "HUP",
    ) -> None:
        self.folder = folder
        self.name = name
        self._binary_directory = binary_directory
        self._reload_command = reload_command
        self._reload_signal = reload_signal
        self._client = daemon.connect(folder)

    def observe(self) -> Observed:
        """How the process is now."""
        text = self._read()
        if self._client is None:
            return Observed(text=text)
        known = self._client.process(self.name)
        if known is None:
            return Observed(daemon=True, text=text)
        stale = text is not None and self.name in self._client.outdated()
        return Observed(daemon=True, text=text, state=known["statename"], stale=stale)

    def pid(self) -> t.Optional[int]:
        """Its process id, None unless it runs."""
        known = self._client.process(self.name) if self._client else None
        return known["pid"] or None if known else None

    def perform(self, step: Step, wanted: Wanted) -> None:
        """Make one step; raises what the step can raise, and has then done nothing after it."""
        if step is Step.WRITE and wanted.text is not None:
            self._write(wanted.text)
        elif step is Step.REMOVE:
            os.unlink(self.folder.program(self.name))
        elif step is Step.START_DAEMON:
            self._client = daemon.start(self.folder, self._binary_directory)
            self._take_up(self._client)
        elif step is Step.RELOAD and self._reload_command:
            self._run_reload_command(self._reload_command)
        else:
            self._command(step)

    def _take_up(self, client: Client) -> None:
        """Have the supervisord know what was written, also where another run started it before that."""
        observed = self.observe()
        if observed.state is not None and observed.stale:
            client.stop(self.name)
        if observed.state is None or observed.stale:
            client.load(self.name)

    def _command(self, step: Step) -> None:
        client = self._client
        if client is None:
            raise AssertionError("no supervisord to {0}".format(step.value))
        if step is Step.LOAD:
            client.load(self.name)
        elif step is Step.START:
            client.start(self.name)
        elif step is Step.STOP:
            client.stop(self.name)
        elif step is Step.FORGET:
            client.forget(self.name)
        elif step is Step.RELOAD:
            client.signal(self.name, self._reload_signal)

    def _run_reload_command(self, command: t.Sequence[str]) -> None:
        try:
            subprocess.run(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=True,
            )
        except OSError as error:
            raise ReloadFailed("cannot run {0!r}: {1}".format(command[0], error.strerror)) from error
        except subprocess.CalledProcessError as error:
            raise ReloadFailed(
                "{0!r} ended with {1}: {2}".format(command[0], error.returncode, error.stdout.strip())
            ) from error

    def _read(self) -> t.Optional[str]:
        path = self.folder.program(self.name)
        try:
            with open(path, encoding="utf-8") as handle:
                return handle.read()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise FolderRefused("cannot read {0}: {1}".format(path, error.strerror)) from error

    def _write(self, text: str) -> None:
        path = self.folder.program(self.name)
        try:
            atomic.write_file(path, text, mode=0o600)
        except OSError as error:
            raise FolderRefused("cannot write {0}: {1}".format(path, error.strerror)) from error
