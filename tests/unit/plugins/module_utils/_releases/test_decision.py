# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is refused, from what is asked for and what is there."""

from __future__ import annotations

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._releases.decision import (
    Wanted,
    check_not_overtaken,
    decide,
)
from ansible_collections.progressive.delivery.plugins.module_utils._releases.errors import (
    ReleaseDiffers,
    ReleaseMissing,
    ReleaseOvertaken,
)
from ansible_collections.progressive.delivery.plugins.module_utils._releases.names import Checksum
from ansible_collections.progressive.delivery.plugins.module_utils._releases.plan import Plan
from ansible_collections.progressive.delivery.plugins.module_utils._releases.records import Record
from ansible_collections.progressive.delivery.plugins.module_utils._releases.snapshot import Snapshot
from ansible_collections.progressive.delivery.plugins.module_utils._releases.sources import (
    ArchiveSource,
    PreparedSource,
    ReferenceSource,
)

ARCHIVE = {"type": "archive", "sha256": "11"}
IMAGE = {"type": "container", "image": "app@sha256:1", "engine": "/usr/bin/podman"}


def snapshot(*versions, source=None, current=None, activations=(), prepared=()):
    records = {version: Record(version, number, "", source or ARCHIVE) for number, version in enumerate(versions, 1)}
    return Snapshot(current, records, tuple(activations), frozenset(prepared))


def archive(digits, **fields):
    return ArchiveSource(path="/a.tar", **{"checksum": Checksum("sha256", digits), **fields})


SAME = {
    "the same checksum": (ARCHIVE, archive("11")),
    "a checksum that was not recorded": (ARCHIVE, archive("22", checksum=Checksum("sha512", "22"))),
    "an archive that is not verified, of the same digest": (
        ARCHIVE,
        archive("", checksum=None, found=Checksum("sha256", "11")),
    ),
    "an archive that is not there any more": (ARCHIVE, archive("", checksum=None)),
    "an image that another engine runs": (
        IMAGE,
        ReferenceSource("container", {"image": "app@sha256:1"}, {"engine": "docker"}),
    ),
    "what was prepared": ({"type": "prepared", "identity": "a"}, PreparedSource("a")),
}


@pytest.mark.parametrize(("recorded", "source"), SAME.values(), ids=SAME)
def test_a_release_that_is_there_is_taken_for_the_one_that_is_meant(recorded, source):
    assert decide(Wanted("1.0", "current"), snapshot("1.0", source=recorded), source) == Plan(activate=True)


OTHER = {
    "another checksum": (ARCHIVE, archive("22")),
    "another digest": (ARCHIVE, archive("", checksum=None, found=Checksum("sha256", "22"))),
    "another image": (IMAGE, ReferenceSource("container", {"image": "app@sha256:2"}, {"engine": "/usr/bin/podman"})),
    "an image for an archive": (ARCHIVE, ReferenceSource("container", {"image": "app"}, {"engine": "podman"})),
    "another kind": (IMAGE, archive("11")),
    "prepared otherwise": ({"type": "prepared", "identity": "a"}, PreparedSource("b")),
}


@pytest.mark.parametrize(("recorded", "source"), OTHER.values(), ids=OTHER)
@pytest.mark.parametrize("state", ["present", "current", "prepared"])
def test_a_release_of_something_else_is_not_taken_for_it(recorded, source, state):
    with pytest.raises(ReleaseDiffers) as refused:
        decide(Wanted("1.0", state), snapshot("1.0", source=recorded), source)

    assert refused.value.details["made_from"] == recorded


def test_a_folder_of_others_is_not_taken_for_a_release_of_ours():
    beside = Snapshot(None, {"handmade": None}, ())

    with pytest.raises(ReleaseDiffers, match="handmade"):
        decide(Wanted("handmade", "current"), beside, archive("11"))


@pytest.mark.parametrize("source", [None, PreparedSource()])
def test_a_release_that_comes_from_nowhere_is_refused(source):
    with pytest.raises(ReleaseMissing, match=r"1\.1"):
        decide(Wanted("1.1", "current"), snapshot("1.0", prepared=["1.2"]), source)


def test_what_was_prepared_is_put_in_place():
    made = decide(Wanted("1.1", "current"), snapshot(prepared=["1.1"]), PreparedSource())

    assert made == Plan(stage=True, activate=True)


def test_a_release_may_be_removed_whatever_it_was_made_from():
    assert decide(Wanted("1.0", "absent"), snapshot("1.0"), archive("22")) == Plan(remove=("1.0",))


@pytest.mark.parametrize("options", [{"version": "../1.0"}, {"keep": 0}])
def test_what_cannot_be_wanted_is_refused(options):
    with pytest.raises(InvalidOption):
        Wanted(**{"version": "1.0", "state": "current", **options})


def test_an_order_that_was_overtaken_is_not_carried_out():
    before = snapshot("1.0", "1.1", current="1.0", activations=["1.0"])
    now = snapshot("1.0", "1.1", current="1.1", activations=["1.0", "1.1"])
    and_back = snapshot("1.0", "1.1", current="1.0", activations=["1.0", "1.1", "1.0"])

    for other in (now, and_back):
        with pytest.raises(ReleaseOvertaken, match=other.current):
            check_not_overtaken(before, other, Plan(activate=True))


def test_what_another_run_did_is_no_hindrance_to_what_makes_nothing_current():
    before = snapshot("1.0", current="1.0", activations=["1.0"])
    now = snapshot("1.0", "1.1", current="1.1", activations=["1.0", "1.1"])

    check_not_overtaken(before, now, Plan(stage=True))
    check_not_overtaken(before, snapshot("1.0", "1.1", current="1.0", activations=["1.0"]), Plan(activate=True))
