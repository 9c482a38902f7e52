# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps a configuration out of the environment that it is not for, and a slip out of production.

PRIVATE to the collection. Pure: no I/O.
"""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._environments.errors import (
    ConfirmationNeeded,
    MadeForAnotherEnvironment,
    UnknownMark,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.keys import (
    path_of,
    touch,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.merge import ENVIRONMENT
from ansible_collections.progressive.delivery.plugins.module_utils._environments.model import Layer


def check_made_for(layers: t.Iterable[Layer], environment: str) -> None:
    """Refuse layers that say that they are made for other environments.

    :raises MadeForAnotherEnvironment: naming the file
    :raises UnknownMark: what a layer says is no name, and no list of names
    """
    for layer in layers:
        names = made_for(layer, environment)
        if environment not in names:
            raise MadeForAnotherEnvironment(
                "{0} is made for {1}, and this is {2}".format(layer.source, ", ".join(names), environment),
                source=layer.source,
                made_for=names,
                environment=environment,
            )


def made_for(layer: Layer, environment: str) -> t.List[str]:
    """The environments that a layer says it is made for; one that says none is made for *environment*.

    :raises UnknownMark: what it says is no name, and no list of names
    """
    said = layer.settings.get(ENVIRONMENT, environment)
    names = said if isinstance(said, list) else [said]
    if not names or not all(isinstance(name, str) and name for name in names):
        raise UnknownMark(
            "{0}: {1} takes the name of an environment, or a list of names".format(layer.source, ENVIRONMENT)
        )
    return names


def dangerous_changes(changed: t.Iterable[str], dangerous: t.Iterable[str]) -> t.Tuple[str, ...]:
    """Those changes that touch a dangerous key: it, what it holds, or what held it."""
    marks = [path_of(key) for key in dangerous]
    return tuple(sorted(key for key in changed if any(touch(path_of(key), mark) for mark in marks)))


def unconfirmed(
    environment: str,
    protected: t.Collection[str],
    changed: t.Iterable[str],
    dangerous: t.Collection[str],
    confirmed: t.Collection[str],
) -> t.Tuple[str, ...]:
    """The dangerous changes to a protected environment that nobody has confirmed by name.

    More may be confirmed than changes: of several hosts, some may have a change already.

    :param confirmed: dotted keys: each that changes, or the one above it that the schema marks
    """
    if environment not in protected:
        return ()
    names = set(confirmed)
    marked_names = [path_of(key) for key in names & set(dangerous)]
    return tuple(
        key
        for key in dangerous_changes(changed, dangerous)
        if key not in names and not any(path_of(key)[: len(mark)] == mark for mark in marked_names)
    )


def need_confirmation(environment: str, missing: t.Sequence[str]) -> None:
    """Refuse dangerous changes that nobody has confirmed, as :func:`unconfirmed` finds them.

    :raises ConfirmationNeeded: naming them
    """
    if missing:
        raise ConfirmationNeeded(
            "{0} is protected, and this would change what the schema marks as dangerous: {1}".format(
                environment, ", ".join(missing)
            ),
            environment=environment,
            keys=list(missing),
        )
