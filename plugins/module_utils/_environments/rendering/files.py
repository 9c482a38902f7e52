# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a configuration to the files that an app reads.

PRIVATE to the collection. Pure.
"""

from __future__ import annotations

import hashlib
import json
import typing as t
from dataclasses import asdict, dataclass, field, replace

from ansible_collections.progressive.delivery.plugins.module_utils._environments.leaves import leaves, subset
from ansible_collections.progressive.delivery.plugins.module_utils._environments.model import Configuration
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.errors import SecretsExposed
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.interface import Wording
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.registry import FORMATS
from ansible_collections.progressive.delivery.plugins.module_utils._environments.secrecy import named, secrets_in
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption

_EVERYBODY = 0o007


@dataclass(frozen=True)
class Render:
    """A file that is to be made.

    :param option: what the task calls it, for messages
    :param format: its name
    :param owner: name or number of a user, None for the one that the file has
    :param mode: permission bits
    :param keys: dotted keys of the settings to put into it, each with all below it; empty for all
    """

    option: str
    path: str
    format: str
    owner: t.Optional[str] = None
    group: t.Optional[str] = None
    mode: int = 0o640
    keys: t.Tuple[str, ...] = ()
    wording: Wording = field(default_factory=Wording)


@dataclass(frozen=True)
class RenderedFile:
    """A file as it is to be.

    :param secret_keys: the keys in it whose values are not shown
    """

    path: str
    format: str
    owner: t.Optional[str]
    group: t.Optional[str]
    mode: int
    content: bytes = field(repr=False)
    secret_keys: t.FrozenSet[str] = frozenset()

    @property
    def digest(self) -> str:
        """SHA-256 of the content; it tells secrets that can be guessed, and is not shown."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def same_as(self) -> t.Tuple[t.Any, ...]:
        """What two files have in common that are the same."""
        return (self.path, self.format, self.owner, self.group, self.mode, self.digest)


def rendered(configuration: Configuration, renders: t.Sequence[Render]) -> t.Tuple[RenderedFile, ...]:
    """All files.

    :raises DeliveryError: one of them cannot be made
    """
    return tuple(_rendered(configuration, render) for render in renders)


def _rendered(configuration: Configuration, render: Render) -> RenderedFile:
    chosen = _chosen(configuration, render)
    form = FORMATS[render.format](render.wording)
    exposed = sorted(key for key, value in leaves(chosen.settings).items() if secrets_in(value))
    if exposed and render.mode & _EVERYBODY:
        message = "{0}.mode {1:04o} would let everybody on the host read the secret {2} in {3}"
        raise SecretsExposed(message.format(render.option, render.mode, exposed[0], render.path))
    return RenderedFile(
        path=render.path,
        format=render.format,
        owner=render.owner,
        group=render.group,
        mode=render.mode,
        content=form.render(chosen).encode("utf-8"),
        secret_keys=form.secret_keys(chosen.settings),
    )


def configuration_hash(configuration: Configuration, renders: t.Sequence[Render]) -> str:
    """A text that tells one configuration from another, and nothing of its secrets, which count by their references."""
    described = []
    for render in renders:
        fields = asdict(render)
        del fields["option"]
        described.append([fields, named(_chosen(configuration, render).settings)])
    whole = [configuration.app, configuration.environment, described]
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode("ascii")).hexdigest()


def _chosen(configuration: Configuration, render: Render) -> Configuration:
    if not render.keys:
        return configuration
    kept, unknown = subset(configuration.settings, render.keys)
    if unknown:
        raise InvalidOption("{0}.keys: no setting is called {1}".format(render.option, ", ".join(unknown)))
    return replace(configuration, settings=kept)
