# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The app's own template, in the language that Ansible's templates are in.

PRIVATE to the collection. It is rendered where the module runs, so that secrets that only the host can read are never
elsewhere; it sees the settings and nothing of Ansible, and cannot reach beyond them.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._environments.leaves import leaves
from ansible_collections.progressive.delivery.plugins.module_utils._environments.model import Configuration, Value
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.errors import TemplateFailed
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.holding import check_text
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.interface import Format
from ansible_collections.progressive.delivery.plugins.module_utils._environments.secrecy import revealed, secrets_in
from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import (
    MissingLibrary,
    OptionalLibrary,
)

_QUOTED = re.compile(r"""'([^']*)'|"([^"]*)\"""")

_TYPES = ("dict", "list", "str", "int", "float", "bool", "NoneType")

jinja2: t.Any = OptionalLibrary("jinja2", "sandbox")


class Template(Format):
    """Text with ``settings``, ``app`` and ``environment`` put in."""

    name = "template"
    wordings = frozenset({"template"})

    def render(self, configuration: Configuration) -> str:
        if not jinja2:
            raise MissingLibrary("jinja2")
        sandbox = jinja2.sandbox.ImmutableSandboxedEnvironment(
            undefined=jinja2.StrictUndefined,
            keep_trailing_newline=True,
            trim_blocks=True,
        )
        try:
            text: str = sandbox.from_string(self.wording.template).render(
                settings=revealed(configuration.settings),
                app=configuration.app,
                environment=configuration.environment,
            )
        except jinja2.TemplateSyntaxError as error:
            raise TemplateFailed("line {0} of the template: {1}".format(error.lineno, error.message)) from error
        except (
            jinja2.TemplateError,
            ArithmeticError,
            AttributeError,
            LookupError,
            RecursionError,
            TypeError,
            ValueError,
        ) as error:
            raise TemplateFailed(
                "the template: " + _without_secrets(error, configuration.settings, self.wording.template)
            ) from None
        check_text(text, "the template's text", self.name)
        return text

    def secret_keys(self, settings: t.Mapping[str, Value]) -> t.FrozenSet[str]:
        """Of the settings: what the template makes of them cannot be told."""
        return frozenset(key for key, value in leaves(settings).items() if secrets_in(value))


def _without_secrets(error: Exception, settings: t.Mapping[str, Value], template: str) -> str:
    """What went wrong. Where there are secrets, words are quoted only that stand in the template: others may be made of one."""
    said = str(error)
    quoted = [one or other for one, other in _QUOTED.findall(said)]
    strange = [word for word in quoted if word not in template and word.partition(" object")[0] not in _TYPES]
    if secrets_in(settings) and (strange or any(secret.value in said for secret in secrets_in(settings))):
        return "{0}; its message may hold a secret and is not shown".format(type(error).__name__)
    return "{0}: {1}".format(type(error).__name__, said)
