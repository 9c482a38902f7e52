# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every error says what was wrong and what to do next, and the page that lists them is true."""

from __future__ import annotations

import collections
import re

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError
from ansible_collections.progressive.delivery.scripts import errors

KINDS = errors.kinds()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_an_error_has_its_cause_a_code_and_a_remedy(kind: type[DeliveryError]) -> None:
    assert "__doc__" in vars(kind)
    assert (kind.__doc__ or "").strip()
    assert "code" in vars(kind)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", kind.code)
    # What an option may be is known only where it is refused, and is said in the message.
    assert kind.remedy


def test_no_two_errors_share_a_code() -> None:
    codes = collections.Counter(kind.code for kind in KINDS)

    assert not [code for code, count in codes.items() if count > 1]


def test_every_error_is_declared_among_the_errors_of_its_area() -> None:
    elsewhere = [kind for kind in KINDS if not kind.__module__.endswith(("._errors", "._missing_library", ".errors"))]

    assert not elsewhere


def test_the_page_of_errors_is_what_the_classes_say() -> None:
    assert errors.PAGE.read_text(encoding="utf-8") == errors.page(), "run make errors"
