# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong with the configuration of an environment.

PRIVATE to the collection. Whatever is raised while layers become a configuration is
raised before anything is written. No message holds the value of a secret.
"""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError


class ConfigurationError(DeliveryError):
    """Something about a configuration; every other error of the area is one."""

    code = "configuration-error"
    remedy = "read the message, mend what it names and run again; nothing was changed"


class UnreadableDocument(ConfigurationError):
    """A file of settings, or a schema, cannot be read: it is not there, breaks the rules of its format, or says a key twice.

    :param source: the file
    :param reason: what is wrong with it
    :param line: where, counted from 1; None where that is not known
    """

    code = "configuration-unreadable"
    remedy = "correct the file where the message says; nothing was changed"

    def __init__(self, source: str, reason: str, line: t.Optional[int] = None) -> None:
        place = source if line is None else "{0}, line {1}".format(source, line)
        super().__init__("{0}: {1}".format(place, reason), source=source, line=line, reason=reason)


class UnknownMark(ConfigurationError):
    """A key that begins with $ is none of those that say how layers are merged, or stands where it means nothing."""

    code = "configuration-unknown-mark"
    remedy = "correct the layer that the message names; nothing was changed"


class MergeConflict(ConfigurationError):
    """Two layers take the same key for different things: a dictionary in one, a list or a single value in the other."""

    code = "configuration-merge-conflict"
    remedy = 'give the key the same form in both files, or mark it as {"$replace": ...} in the later one; nothing was changed'


class InterpolationFailed(ConfigurationError):
    """A ${key} in a text leads nowhere, back to itself, or to what cannot stand in a text."""

    code = "configuration-interpolation-failed"
    remedy = "correct the key, or write $$ for a dollar sign that is meant; nothing was changed"


class InvalidReference(ConfigurationError):
    """A secret is referred to in a way that no provider of secrets understands, or stands in a layer in plain words."""

    code = "configuration-secret-reference"
    remedy = (
        "refer to it as file:PATH, env:NAME, vault:MOUNT/PATH#FIELD, sops:PATH#KEY or ansible:NAME; nothing was changed"
    )


class SecretUnavailable(ConfigurationError):
    """A provider of secrets does not answer, refuses, or has no such secret."""

    code = "configuration-secret-unavailable"
    remedy = "see that the secret is there and that the task may read it, then run again; nothing was changed"


class UnusableSchema(ConfigurationError):
    """The JSON Schema that the app ships is none, or refers to something outside itself."""

    code = "configuration-unusable-schema"
    remedy = "correct the schema and ship it with the release; nothing was changed"


class InvalidConfiguration(ConfigurationError):
    """What the layers come to is not what the app's schema allows, or has keys that it does not know."""

    code = "configuration-invalid"
    remedy = "correct the keys in the files that the message names; nothing was changed"


class MadeForAnotherEnvironment(ConfigurationError):
    """A layer says with $environment that it is made for another environment than the one it is used for."""

    code = "configuration-for-another-environment"
    remedy = "use the layer of this environment; nothing was changed"


class ConfirmationNeeded(ConfigurationError):
    """In a protected environment a key would change that the schema marks as dangerous, and nobody has confirmed that."""

    code = "configuration-confirmation-needed"
    remedy = "look at the change in check mode, then name each of these keys in the confirmation; nothing was changed"
