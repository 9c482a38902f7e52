# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong when settings become files, one class a kind.

PRIVATE to the collection. No message holds a value: it may be a secret.
"""

from __future__ import annotations

from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError


class ValueNotRenderable(DeliveryError):
    """A setting that the file's format cannot hold, such as null in dotenv or a zero byte in a variable."""

    code = "value-not-renderable"
    remedy = "change the setting that the message names, leave it out with keys, or render it in another format; nothing was touched"

    def __init__(self, key: str, form: str, reason: str) -> None:
        super().__init__("{0} cannot be written as {1}: {2}".format(key, form, reason), key=key, format=form)


class VariablesCollide(DeliveryError):
    """Two settings that would be one variable of an environment file."""

    code = "variables-collide"
    remedy = "rename one of them, or give the render another separator; nothing was touched"


class TemplateFailed(DeliveryError):
    """The app's own template is not well formed, or asks for a setting that there is not."""

    code = "template-failed"
    remedy = "correct the template, or set what it asks for; nothing was touched"


class SecretsExposed(DeliveryError):
    """A file with secrets in it that everybody on the host could read."""

    code = "secrets-exposed"
    remedy = "give the render a mode that ends in 0, and the group of those who are to read it; nothing was touched"
