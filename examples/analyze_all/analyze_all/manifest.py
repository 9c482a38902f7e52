# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a release is: its app, its version and the faults that it was built to have.

The manifest travels in the release's archive, beside the code, so that two
releases can differ in nothing but how they misbehave.
"""

from __future__ import annotations

import dataclasses
import json
import pathlib
import re
import typing as t

VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+_-]{0,63}")
"""A version goes into a file name and a response header, so it holds nothing that either could trip over."""

APP = "analyze-all"


class ManifestError(Exception):
    """A release manifest that cannot be used; the message names the key and what would be right."""


@dataclasses.dataclass(frozen=True)
class Faults:
    """How a release misbehaves. The default is not at all.

    :param error_rate: fraction of analyses that are answered with 500, 0 to 1
    :param errors_evenly: fail at even distances, not at random
    :param ai_error_rate: fraction of analyses on the AI path that are answered with 500 on top, 0 to 1
    :param latency_ms: milliseconds that every analysis takes on top
    :param never_ready: never report ready
    :param leak_bytes_per_request: bytes kept for ever by each analysis
    :param start_delay_seconds: seconds between the start of the process and its port being open
    """

    error_rate: float = 0.0
    errors_evenly: bool = False
    ai_error_rate: float = 0.0
    latency_ms: float = 0.0
    never_ready: bool = False
    leak_bytes_per_request: int = 0
    start_delay_seconds: float = 0.0


HIGHEST = {
    "error_rate": 1,
    "ai_error_rate": 1,
    "latency_ms": 60_000,
    "leak_bytes_per_request": 64 * 1024 * 1024,
    "start_delay_seconds": 3600,
}
"""The largest value of each numeric knob; the smallest is 0."""


@dataclasses.dataclass(frozen=True)
class Manifest:
    """One release of one app."""

    app: str
    version: str
    faults: Faults

    def as_json(self) -> str:
        """The manifest as a file: only the faults that differ from the default, keys in a fixed order."""
        default = dataclasses.asdict(Faults())
        faults = {name: value for name, value in dataclasses.asdict(self.faults).items() if value != default[name]}
        return json.dumps({"app": self.app, "version": self.version, "faults": faults}, indent=2) + "\n"


def read(path: pathlib.Path) -> Manifest:
    """The manifest in a file.

    :raises ManifestError: the file cannot be read, is not JSON, or is not a manifest
    """
    try:
        return parse(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ManifestError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ManifestError(f"{path}: not JSON: {error}") from error
    except ManifestError as error:
        raise ManifestError(f"{path}: {error}") from error


def parse(document: object) -> Manifest:
    """The manifest in decoded JSON.

    :raises ManifestError: a key is missing or unknown, or a value is out of its range
    """
    if not isinstance(document, dict):
        raise ManifestError("a manifest is a JSON object with the keys app, version and faults")
    _refuse_unknown("key", document, ("app", "version", "faults"))
    if document.get("app") != APP:
        raise ManifestError(f"app is {document.get('app')!r}; this is {APP!r}")
    version = document.get("version")
    if not isinstance(version, str) or not VERSION.fullmatch(version):
        raise ManifestError(f"version is {version!r}; it must be a string such as '1.0.0' ({VERSION.pattern})")
    return Manifest(app=APP, version=version, faults=parse_faults(document.get("faults", {})))


def parse_faults(document: object) -> Faults:
    """The fault knobs in decoded JSON.

    :raises ManifestError: a knob is unknown, or its value is out of its range
    """
    if not isinstance(document, dict):
        raise ManifestError(f"faults is {document!r}; it must be an object of fault knobs")
    kinds = {field.name: type(field.default) for field in dataclasses.fields(Faults)}
    _refuse_unknown("fault", document, tuple(kinds))
    return Faults(**{name: _knob(name, kinds[name], value) for name, value in document.items()})


def _knob(name: str, kind: type, value: object) -> t.Any:
    if kind is bool:
        if not isinstance(value, bool):
            raise ManifestError(f"fault {name} is {value!r}; it must be true or false")
        return value
    numeric = isinstance(value, int) or (kind is float and isinstance(value, float))
    # The comparison also refuses NaN, which JSON as Python reads it may hold.
    if isinstance(value, bool) or not numeric or not 0 <= t.cast(float, value) <= HIGHEST[name]:
        noun = "a whole number" if kind is int else "a number"
        raise ManifestError(f"fault {name} is {value!r}; it must be {noun} from 0 to {HIGHEST[name]}")
    return kind(value)


def _refuse_unknown(noun: str, document: dict[t.Any, t.Any], known: tuple[str, ...]) -> None:
    unknown = sorted(str(name) for name in document.keys() - set(known))
    if unknown:
        raise ManifestError(f"unknown {noun} {', '.join(unknown)}; known are {', '.join(known)}")
