# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON over HTTP, from whatever answers with it.

PRIVATE to the collection.
"""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.errors import BadMeasurement
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.kind import ADDRESS, Kind
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.provider_api import ProviderApi
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.series import Series
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._expression import CannotApply, Expression, compiled
from ansible_collections.progressive.delivery.plugins.module_utils._http_api import Access
from ansible_collections.progressive.delivery.plugins.module_utils._http_options import HTTP, access_to


class Web:
    """An address that answers with JSON; satisfies ``Provider``.

    A query is a JMESPath expression, which takes from the answer what is measured. A path before it, with a space between,
    is added to the address: ``/pools/canary errors.ratio``. For one look each path is asked for once.

    :param body: what is posted as JSON; None to get
    """

    def __init__(self, access: Access, body: t.Optional[t.Mapping[str, t.Any]] = None) -> None:
        self._api = ProviderApi("the JSON", access)
        self._body = body

    def check(self, query: str) -> None:
        """Refuse what holds no valid expression; raises InvalidOption."""
        _parts(query)

    def check_counter(self, query: str) -> None:
        """Any may be a counter, as far as anybody can see."""

    def measure(self, queries: t.Sequence[str]) -> t.List[t.List[Series]]:
        """What each expression yields, one series without labels; none where it yields null."""
        answers: t.Dict[str, t.Any] = {}
        measured = []
        for path, expression in map(_parts, queries):
            if path not in answers:
                answers[path] = self._api.json(path, body=self._body)
            try:
                value = expression.apply(answers[path])
            except CannotApply as error:
                raise BadMeasurement("{0!r} does not fit the answer: {1}".format(expression.text, error)) from error
            measured.append([] if value is None else [Series(frozenset(), value)])
        return measured


def _parts(query: str) -> t.Tuple[str, Expression]:
    """The path, empty where there is none, and the expression."""
    path, text = "", query.strip()
    if text.startswith("/"):
        path, _space, text = text.partition(" ")
    if not text.strip():
        raise InvalidOption("{0!r} holds no JMESPath expression for the answer".format(query))
    return path, compiled(text.strip(), "expression")


KIND = Kind(
    build=lambda params: Web(access_to(params["address"], params), params["body"]),
    options={**ADDRESS, **HTTP, "body": {"type": "dict"}},
    needs=["address"],
)
