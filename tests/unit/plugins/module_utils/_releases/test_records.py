# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is written down is read back, and nothing else is taken for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._releases.errors import RecordUnreadable
from ansible_collections.progressive.delivery.plugins.module_utils._releases.records import (
    Activation,
    Record,
    activations_from_text,
    activations_to_text,
)

records = st.builds(
    Record,
    version=st.text(),
    sequence=st.integers(),
    staged_at=st.text(),
    source=st.dictionaries(st.text(), st.text()),
    shared=st.lists(st.text()).map(tuple),
)
histories = st.lists(st.builds(Activation, version=st.text(), at=st.text()), max_size=20)


@given(records)
def test_a_record_comes_back(record):
    assert Record.from_text(record.to_text(), "x") == record


@given(histories)
def test_a_history_comes_back(history):
    assert list(activations_from_text(activations_to_text(history), "x")) == history


def test_a_long_history_keeps_its_end():
    history = [Activation(str(number), "") for number in range(1000)]

    kept = activations_from_text(activations_to_text(history), "x")

    assert list(kept) == history[-len(kept) :]
    assert len(kept) >= 100


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"schema": 2}',
        '{"schema": 1}',
        '{"schema": 1, "activations": 3, "version": 1}',
        '{"schema": 1, "activations": [1]}',
    ],
)
@pytest.mark.parametrize("read", [Record.from_text, activations_from_text])
def test_torn_foreign_and_newer_files_are_named(read, text):
    with pytest.raises(RecordUnreadable) as refused:
        read(text, "releases/1.0/.release.json")

    assert "releases/1.0/.release.json" in refused.value.message


def test_the_revision_tells_two_stagings_of_a_version_apart():
    assert Record("1.0", 1, "2026-11-23T10:00:00Z").revision != Record("1.0", 1, "2026-11-23T10:00:01Z").revision
