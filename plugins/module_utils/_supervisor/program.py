# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A supervised process as a value, and the configuration that describes it.

PRIVATE to the collection. Pure: no files, no processes.
"""

from __future__ import annotations

import re
import shlex
import typing as t
from dataclasses import dataclass, field

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]*\Z")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_SIGNALS = ("TERM", "HUP", "INT", "QUIT", "KILL", "USR1", "USR2")
_SHORTEST_SECRET = 8
_SHELL = "/bin/sh"
_REVISION = "SERVICE_REVISION"
_COMMENT = re.compile(r"(?<=\s)([;#])")
_SETTING = re.compile(r"""([A-Za-z_][A-Za-z0-9_]*)=("[^"]*"|'[^']*')""")
# What printf's %b turns back, of the characters that supervisord's setting cannot hold at any place.
_ENCODED = {ord(character): "\\0{0:03o}".format(ord(character)) for character in "\\\"';#"}


@dataclass(frozen=True)
class Program:
    """One long-lived process: what to run, as whom, and how to end it.

    :param command: the argument vector; no shell reads it
    :param revision: any text; a process that runs under another revision is outdated
    :param stop_timeout: whole seconds between the stop signal and SIGKILL
    :param start_seconds: whole seconds it must stay up to count as started
    """

    name: str
    command: t.Tuple[str, ...]
    environment: t.Mapping[str, str] = field(default_factory=dict)
    directory: t.Optional[str] = None
    user: t.Optional[str] = None
    revision: str = ""
    stop_signal: str = "TERM"
    stop_timeout: int = 30
    start_seconds: int = 1

    def __post_init__(self) -> None:
        check_name(self.name)
        if not self.command or not self.command[0] or "=" in self.command[0]:
            raise InvalidOption("command must begin with the program to run, not {0!r}".format(list(self.command[:1])))
        for variable in self.environment:
            if not _VARIABLE.match(variable):
                raise InvalidOption(
                    "environment has a variable {0!r}; names are letters, digits and _".format(variable)
                )
        for text in self._texts():
            _refuse_control_characters(self.name, text)
        if self.directory is not None and not self.directory.startswith("/"):
            raise InvalidOption("directory must be an absolute path, not {0!r}".format(self.directory))
        if self.stop_signal not in _SIGNALS:
            raise InvalidOption(
                "stop_signal must be one of {0}, not {1!r}".format(", ".join(_SIGNALS), self.stop_signal)
            )
        if self.stop_timeout < 0 or self.start_seconds < 0:
            raise InvalidOption("stop_timeout and start_seconds must not be negative")

    def _texts(self) -> t.Iterator[str]:
        yield from self.command
        yield from self.environment.values()
        yield self.directory or ""
        yield self.user or ""
        yield self.revision


def check_name(name: str) -> None:
    """Raise :class:`InvalidOption` unless *name* can name a process and its files."""
    if not _NAME.match(name):
        raise InvalidOption(
            "name must begin with a letter or digit and hold only letters, digits, '.', '_', '-' and '@', not {0!r}".format(
                name
            )
        )


def render(program: Program, log: str, autostart: bool) -> str:
    """The text of the program's file below ``programs/``.

    :param log: absolute path of the file that gets its standard output and error
    :param autostart: whether a supervisord that starts also starts it
    """
    variables = dict(program.environment)
    if program.revision:
        variables[_REVISION] = program.revision
    encoded = [name for name in sorted(variables) if not _can_be_quoted(variables[name])]
    settings = [
        ("command", _command(program.command, encoded)),
        ("autostart", "true" if autostart else "false"),
        ("autorestart", "true"),
        ("startsecs", str(program.start_seconds)),
        ("startretries", "3"),
        ("stopsignal", program.stop_signal),
        ("stopwaitsecs", str(program.stop_timeout)),
        ("killasgroup", "true"),
        ("redirect_stderr", "true"),
        ("stdout_logfile", _value(log)),
        ("stdout_logfile_maxbytes", "10MB"),
        ("stdout_logfile_backups", "2"),
    ]
    if variables:
        settings.append(("environment", _environment(variables, encoded)))
    if program.directory is not None:
        settings.append(("directory", _value(program.directory)))
    if program.user is not None:
        settings.append(("user", _value(program.user)))
    lines = ["{0} = {1}".format(key, value) for key, value in settings]
    return "[program:{0}]\n{1}\n".format(program.name, "\n".join(lines))


def with_autostart(text: str, autostart: bool) -> str:
    """*text* with its ``autostart`` set, everything else as it was."""
    return re.sub(r"(?m)^autostart = .*$", "autostart = {0}".format("true" if autostart else "false"), text)


def without_values(text: str) -> str:
    """*text* with the values of the environment hidden, except the revision: fit to be shown."""
    return re.sub(r"(?m)^environment = .*$", lambda line: _SETTING.sub(_hidden, line.group()), text)


def worth_masking(environment: t.Mapping[str, str], shown: str) -> t.Set[str]:
    """The values of *environment* to mask in words of others, such as what the process printed before it failed.

    Not short ones, which would mask parts of ordinary words and numbers and are no secrets, and
    none of *shown*, what has been shown already, or names and paths could not be read any more.
    """
    return {value for value in environment.values() if len(value) >= _SHORTEST_SECRET and value not in shown}


def _command(words: t.Sequence[str], encoded: t.Sequence[str]) -> str:
    # The shell decodes what needs it and makes way. No value is among its arguments, which every user of the host can read.
    if encoded:
        decode = ['{0}=$(printf %b "${0}")'.format(name) for name in encoded]
        words = [_SHELL, "-c", "; ".join(decode + ['exec "$@"']), "sh", *words]
    return " ".join(_word(word) for word in words)


def _environment(variables: t.Mapping[str, str], encoded: t.Collection[str]) -> str:
    settings = []
    for name in sorted(variables):
        value = variables[name].translate(_ENCODED) if name in encoded else variables[name]
        settings.append("{0}={1}".format(name, "'{0}'".format(value) if '"' in value else '"{0}"'.format(value)))
    return _percent(",".join(settings))


def _can_be_quoted(value: str) -> bool:
    # supervisord takes every quotation mark off the ends, and knows no way to write one within itself.
    both = '"' in value and "'" in value
    return not both and value == value.strip("\"'") and not _COMMENT.search(value)


def _word(word: str) -> str:
    # A ; or # after white space opens a comment in the file, inside quotation marks too.
    return _percent(_COMMENT.sub(r"''\1", shlex.quote(word)))


def _value(text: str) -> str:
    if _COMMENT.search(text) or text != text.strip():
        raise InvalidOption(
            "{0!r} cannot be written to a supervisor's file: white space at its ends or before ; or #".format(text)
        )
    return _percent(text)


def _percent(text: str) -> str:
    return text.replace("%", "%%")


def _hidden(setting: t.Match[str]) -> str:
    return setting.group() if setting.group(1) == _REVISION else setting.group(1) + "=***"


def _refuse_control_characters(name: str, text: str) -> None:
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise InvalidOption(
            "process {0!r} has a line break or another control character in its command, environment, directory, user or revision".format(
                name
            )
        )
