# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Putting releases in place, activating and removing them, on a real file system."""

from __future__ import annotations

import contextlib
import errno
import os
import pathlib
import random
import stat
import tempfile
import threading

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._releases import disk
from ansible_collections.progressive.delivery.plugins.module_utils._releases.errors import (
    DiskFull,
    PermissionMissing,
    RecordUnreadable,
    RootBusy,
    StorageFailed,
)
from ansible_collections.progressive.delivery.plugins.module_utils._releases.shared import NOBODY_ELSE
from ansible_collections.progressive.delivery.plugins.module_utils._releases.sources import (
    Content,
    PreparedSource,
    ReferenceSource,
    Source,
)
from ansible_collections.progressive.delivery.plugins.module_utils._releases.store import Store


class Files(Source):
    """A source that holds files; ``failing`` is raised after they are written."""

    def __init__(self, files, failing=None, size=0):
        self._files = files
        self._failing = failing
        self._size = size

    def same_as(self, recorded):
        return recorded == {"type": "files"}

    def check(self, shared=()):
        """There is nothing to check."""

    @contextlib.contextmanager
    def opened(self, scratch, shared=()):
        yield Content({"type": "files"}, self._size, len(self._files), self._fill)

    def _fill(self, folder):
        for name, content in self._files.items():
            path = os.path.join(folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as handle:
                handle.write(content)
        if self._failing:
            raise self._failing


@pytest.fixture
def store(tmp_path):
    return Store(str(tmp_path / "app"))


def stage(store, version, files=None, shared=(), **options):
    with store.locked(1):
        return store.stage(version, Files(files or {"file": version}, **options), shared, NOBODY_ELSE)


def activate(store, version):
    with store.locked(1):
        store.activate(version)


def hidden(store):
    return [name for name in os.listdir(store.releases) if name.startswith(".")]


def test_a_root_that_is_not_there_has_no_releases(store):
    snapshot = store.read()

    assert (snapshot.current, snapshot.previous, snapshot.records, snapshot.activations) == (None, None, {}, ())


def test_a_staged_release_is_complete_readable_and_recorded(store):
    record = stage(store, "1.0", {"bin/run": "x"})

    assert os.listdir(store.releases) == ["1.0"]
    assert stat.S_IMODE(os.stat(store.path("1.0")).st_mode) == 0o755
    assert store.read().records == {"1.0": record}
    assert store.read().current is None


def test_current_is_a_relative_link_so_that_the_root_can_move(store, tmp_path):
    stage(store, "1.0")
    activate(store, "1.0")
    os.rename(store.root, tmp_path / "moved")

    assert os.readlink(tmp_path / "moved" / "current") == "releases/1.0"
    assert Store(str(tmp_path / "moved")).read().current == "1.0"


def test_the_previous_release_is_the_one_that_served_before(store):
    for version in ("1.0", "1.1", "1.2"):
        stage(store, version)
        activate(store, version)
    activate(store, "1.0")

    snapshot = store.read()
    assert (snapshot.current, snapshot.previous) == ("1.0", "1.2")
    assert snapshot.activations == ("1.0", "1.1", "1.2", "1.0")


def test_a_link_changed_by_hand_is_believed_and_remembered(store):
    for version in ("1.0", "1.1"):
        stage(store, version)
        activate(store, version)
    os.unlink(store.current)
    os.symlink(store.path("1.0"), store.current)

    assert (store.read().current, store.read().previous) == ("1.0", "1.1")
    stage(store, "1.2")
    activate(store, "1.2")
    assert store.read().activations == ("1.0", "1.1", "1.0", "1.2")


@pytest.mark.parametrize("target", ["releases/gone", "/etc", "../elsewhere", "releases"])
def test_a_link_to_no_release_is_no_current_release_and_is_replaced(store, target):
    stage(store, "1.0")
    os.symlink(target, store.current)

    assert store.read().current is None
    activate(store, "1.0")
    assert store.read().current == "1.0"


def test_a_folder_in_the_place_of_the_link_is_named_and_stays(store):
    stage(store, "1.0")
    os.mkdir(store.current)

    with pytest.raises(StorageFailed, match="current"):
        activate(store, "1.0")

    assert os.path.isdir(store.current)
    assert not os.path.islink(store.current)


@pytest.mark.parametrize(
    ("number", "kind"),
    [(errno.ENOSPC, DiskFull), (errno.EDQUOT, DiskFull), (errno.EACCES, PermissionMissing), (errno.EIO, StorageFailed)],
)
def test_a_release_that_fails_half_way_leaves_nothing_but_the_reason(store, number, kind):
    stage(store, "1.0")

    with pytest.raises(kind, match="1.1"):
        stage(store, "1.1", {"a": "x"}, failing=OSError(number, os.strerror(number), "a"))

    assert os.listdir(store.releases) == ["1.0"]


def test_a_release_larger_than_the_disk_is_refused_before_it_is_written(store):
    with pytest.raises(DiskFull) as refused:
        stage(store, "1.0", size=2**62)

    assert refused.value.details["needed_bytes"] > refused.value.details["free_bytes"] > 0
    assert os.listdir(store.releases) == []


def test_removal_takes_read_only_folders_too(store):
    stage(store, "1.0", {"closed/file": "x"})
    os.chmod(os.path.join(store.path("1.0"), "closed"), 0o500)
    with store.locked(1):
        assert store.remove(["1.0"]) == {}

    assert os.listdir(store.releases) == []


def test_the_order_of_releases_does_not_depend_on_dates_of_files(store):
    versions = [f"1.{number}" for number in range(8)]
    for version in versions:
        stage(store, version)
    for version in versions:
        moment = random.Random(version).uniform(0, 2**31)
        os.utime(store.path(version), (moment, moment))

    staged = store.read().present.staged
    assert sorted(staged, key=staged.get) == versions


def test_leftovers_of_killed_runs_are_swept_but_not_what_is_being_prepared(store):
    stage(store, "1.0")
    for name in (".staging-1.1-x", ".removed-0.9-y", ".prepared-2.0", ".prepared-2.1"):
        os.makedirs(os.path.join(store.releases, name, "inside"))
    os.utime(os.path.join(store.releases, ".prepared-2.1"), (0, 0))
    with store.locked(1):
        store.sweep("1.1")

    assert hidden(store) == [".prepared-2.0"]
    assert list(store.read().records) == ["1.0"]


@pytest.mark.parametrize("failing", [None, OSError(errno.EIO, "broken")])
def test_an_archive_that_was_sent_goes_when_it_was_used(store, failing):
    sent = pathlib.Path(store.root, ".sent-1.0")
    sent.parent.mkdir()
    sent.touch()
    with contextlib.suppress(StorageFailed):
        stage(store, "1.0", failing=failing)

    assert not sent.exists()


def test_archives_that_were_sent_for_nothing_are_swept_but_not_what_a_run_may_be_about_to_use(store):
    stage(store, "1.0")
    for name in (".sent-1.1", ".sent-1.2", ".sent-1.3", "sent-by-hand"):
        pathlib.Path(store.root, name).write_text("x")
        if name != ".sent-1.3":
            os.utime(pathlib.Path(store.root, name), (0, 0))
    with store.locked(1):
        store.sweep("1.1")

    assert sorted(name for name in os.listdir(store.root) if "sent" in name) == [
        ".sent-1.1",
        ".sent-1.3",
        "sent-by-hand",
    ]


def test_what_somebody_prepares_is_known(store):
    with store.locked(1):
        store.prepare("1.0")

    assert store.read().prepared == {"1.0"}
    assert store.read().records == {}


def test_a_prepared_folder_becomes_the_release(store):
    with store.locked(1):
        prepared = store.prepare("1.0")
        with open(os.path.join(prepared, "made"), "w", encoding="utf-8") as handle:
            handle.write("by hand")
        record = store.stage("1.0", PreparedSource("abc"), (), NOBODY_ELSE)

    assert record.source == {"type": "prepared", "identity": "abc"}
    assert sorted(os.listdir(store.path("1.0"))) == [".release.json", "made"]
    assert hidden(store) == []


def test_preparing_again_begins_empty(store):
    with store.locked(1):
        prepared = store.prepare("1.0")
        os.mkdir(os.path.join(prepared, "half"))
        assert store.prepare("1.0") == prepared

    assert os.listdir(prepared) == []


def test_a_release_that_lives_elsewhere_is_named_in_a_file(store):
    with store.locked(1):
        store.stage(
            "1.0", ReferenceSource("container", {"image": "app@sha256:1"}, {"engine": "podman"}), (), NOBODY_ELSE
        )

    with open(os.path.join(store.path("1.0"), "container.env"), encoding="utf-8") as handle:
        assert handle.read() == "ENGINE=podman\nIMAGE=app@sha256:1\n"


def test_shared_paths_begin_with_what_the_first_release_brings_and_stay(store):
    stage(store, "1.0", {"config/local.ini": "first", "file": ""}, shared=["config/local.ini", "data"])
    with open(os.path.join(store.path("1.0"), "data", "kept"), "w", encoding="utf-8") as handle:
        handle.write("kept")
    stage(store, "1.1", {"config/local.ini": "second", "data/new": ""}, shared=["config/local.ini", "data"])

    path = store.path("1.1")
    assert os.readlink(os.path.join(path, "config/local.ini")) == "../../../shared/config/local.ini"
    with open(os.path.join(path, "config/local.ini"), encoding="utf-8") as handle:
        assert handle.read() == "first"
    assert os.listdir(os.path.join(path, "data")) == ["kept"]


def test_a_shared_path_is_not_made_through_a_link_of_the_release(store, tmp_path):
    class Linked(Files):
        def _fill(self, folder):
            os.symlink(tmp_path, os.path.join(folder, "config"))

    with store.locked(1), pytest.raises(StorageFailed, match="config"):
        store.stage("1.0", Linked({}), ["config/local.ini"], NOBODY_ELSE)

    assert not (tmp_path / "local.ini").is_symlink()
    assert os.listdir(store.releases) == []


def test_two_runs_do_not_work_on_one_root_at_once(store):
    inside = threading.Event()
    leave = threading.Event()

    def hold():
        with store.locked(1):
            inside.set()
            leave.wait()

    holder = threading.Thread(target=hold)
    holder.start()
    inside.wait()
    try:
        with pytest.raises(RootBusy), store.locked(0):
            pass
    finally:
        leave.set()
        holder.join()
    with store.locked(1):
        pass


def test_a_renamed_or_torn_record_stops_everything(store):
    stage(store, "1.0")
    os.rename(store.path("1.0"), store.path("1.1"))
    with pytest.raises(RecordUnreadable, match=r"1\.1"):
        store.read()
    with open(os.path.join(store.path("1.1"), ".release.json"), "w", encoding="utf-8") as handle:
        handle.write("{")
    with pytest.raises(RecordUnreadable):
        store.read()


@pytest.fixture
def unprivileged():
    """Runs a function as nobody, in a child; gives what it raised. Needs root only where the test is run by root."""

    def run(function):
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            with contextlib.suppress(BaseException):
                if os.getuid() == 0:
                    os.setgroups([])
                    os.setgid(65534)
                    os.setuid(65534)
                try:
                    function()
                    said = "nothing"
                except Exception as error:  # noqa: BLE001 - whatever it is goes to the parent
                    said = f"{type(error).__name__}: {error}"
                os.write(writer, said.encode())
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader) as answer:
            said = answer.read()
        os.waitpid(child, 0)
        return said

    return run


def test_a_missing_permission_is_named_before_anything_is_made(unprivileged):
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o555)
        store = Store(os.path.join(folder, "app"))

        said = unprivileged(lambda: stage(store, "1.0"))

        assert said.startswith("PermissionMissing")
        assert folder in said
        assert os.listdir(folder) == []
        os.chmod(folder, 0o755)


def test_a_root_below_a_file_is_named(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(StorageFailed, match="file is not a folder"):
        disk.check_writable(str(tmp_path / "file" / "app"))
