# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TOML as settings, by Python's own library or, before Python 3.11, by tomli.

PRIVATE to the collection.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._environments.errors import UnreadableDocument
from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import MissingLibrary

_PLACE = re.compile(r" \(at (?:line ([0-9]+), column [0-9]+|end of document)\)\Z")


def parse(text: str, source: str = "TOML") -> t.Any:
    """The value of a TOML text; dates and times in it are still Python's.

    :param source: what the text is called in messages
    :raises UnreadableDocument: naming the line
    :raises MissingLibrary: neither tomllib nor tomli is there
    """
    library = _library()
    try:
        return library.loads(text)
    except library.TOMLDecodeError as error:
        said = str(error)
        place = _PLACE.search(said)
        line = text.count("\n") + 1 if place and not place.group(1) else int(place.group(1)) if place else None
        raise UnreadableDocument(source, _PLACE.sub("", said), line) from error
    except (ValueError, RecursionError) as error:
        raise UnreadableDocument(source, "it is nested too deeply, or holds a number that is too long") from error


def _library() -> t.Any:
    for name in ("tomllib", "tomli"):
        if importlib.util.find_spec(name) is not None:
            return importlib.import_module(name)
    raise MissingLibrary("tomli")
