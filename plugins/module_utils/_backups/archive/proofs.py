# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The proofs of a snapshot, a line each, sealed like the manifest.

PRIVATE to the collection. Pure. A line that was torn by a kill, changed or
written by somebody without the password proves nothing, and is passed over.
"""

from __future__ import annotations

import json
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive import signature
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import Proof, is_time

PROOFS = "proofs.jsonl"
_ABOUT = "proof"


def to_line(proof: Proof, identifier: str, key: t.Optional[bytes]) -> str:
    """The proof of a snapshot as a line of JSON."""
    return json.dumps({"at": proof.at, "how": proof.how, "seal": _seal(proof, identifier, key)})


def from_lines(content: bytes, identifier: str, key: t.Optional[bytes]) -> t.Tuple[Proof, ...]:
    """The proofs of a snapshot, oldest first."""
    found = (_from_line(line, identifier, key) for line in content.splitlines())
    return tuple(sorted((proof for proof in found if proof is not None), key=lambda proof: proof.at))


def _from_line(line: bytes, identifier: str, key: t.Optional[bytes]) -> t.Optional[Proof]:
    try:
        known = json.loads(line.decode("ascii"))
        proof = Proof(at=float(known["at"]), how=str(known["how"]))
        right = is_time(proof.at) and signature.same(str(known["seal"]), _seal(proof, identifier, key))
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return None
    return proof if right else None


def _seal(proof: Proof, identifier: str, key: t.Optional[bytes]) -> str:
    # The snapshot is part of it, so that a proof cannot be given to another.
    return signature.sealed(key, _ABOUT, json.dumps([identifier, float(proof.at), proof.how]).encode("ascii"))
