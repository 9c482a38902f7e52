# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Labels and proofs as texts, and back."""

from __future__ import annotations

import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines import (
    borg_answers,
    borg_commands,
    labels,
    restic_commands,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import Labels, Proof, Snapshot

text = st.text(st.characters(exclude_categories=["Cs"]) | st.characters(min_codepoint=0xDC80, max_codepoint=0xDCFF))
some_labels = st.builds(Labels, app=text, **{field.name: st.none() | text for field in dataclasses.fields(Labels)[1:]})
proofs = st.builds(Proof, at=st.floats(min_value=0, max_value=1e11), how=st.sampled_from(["checksum", "restore"]))


@given(text)
def test_a_value_comes_back_and_has_nothing_in_it_that_a_program_takes_for_a_sign(value):
    encoded = labels.encoded(value)

    assert labels.decoded(encoded) == value
    assert not set(encoded) & set(" ,;&={}*?[]\\'\"\n\t\0")
    assert encoded.isascii()


@given(some_labels)
def test_labels_come_back_through_the_tags_of_restic(given_labels):
    tags = [restic_commands.tag(name, value) for name, value in labels.of_labels(given_labels)]

    values = {name: labels.decoded(value) for name, _equals, value in (tag.partition("=") for tag in tags)}
    assert labels.as_labels(values) == given_labels


@given(some_labels)
def test_labels_come_back_through_the_comment_of_borg(given_labels):
    comment = borg_commands.comment(labels.of_labels(given_labels))

    assert labels.as_labels(dict(borg_answers._pairs(comment))) == given_labels


@given(proofs)
def test_a_proof_comes_back_to_the_last_bit_of_its_time(proof):
    assert labels.as_proof(dict(labels.of_proof("1a2b", proof))) == ("1a2b", proof)


def test_what_others_wrote_is_neither_labels_nor_a_proof():
    assert labels.as_labels({"release": "1.0"}) is None
    assert labels.as_proof({"of": "1a2b", "how": "restore"}) is None
    assert labels.as_proof({"of": "1a2b", "how": "restore", "at": "soon"}) is None


def test_proofs_are_kept_by_what_they_prove_oldest_first():
    old, new = Proof(1.0, "restore"), Proof(2.0, "checksum")

    found = labels.proofs_by_snapshot([("a", new), ("b", new), ("a", old)])

    assert found == {"a": (old, new), "b": (new,)}
    assert Snapshot("a", 0.0, Labels("shop"), "", (), found["a"]).proof == old
