# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk that is full: no part of a release is left, what served goes on, and the error says why.

Each test runs in a mount namespace of its own, in which a small file system is mounted for
the releases. Root may always make one; other users where the kernel lets them.
"""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile

import pytest

CALLS = """
import json, os, sys
from ansible_collections.progressive.delivery.tests.module_call import Failed, call

def attempt(fill=None, **options):
    if fill:
        with open(sys.argv[1] + "/filler", "wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(b"0" * 4096)
            except OSError as error:
                return {"error": error.errno}
    try:
        return call("release", root=sys.argv[1] + "/app", **options)
    except Failed as failure:
        return failure.result

results = [attempt(**options) for options in json.loads(sys.argv[2])]
found = sorted(os.listdir(sys.argv[1] + "/app/releases"))
current = os.readlink(sys.argv[1] + "/app/current")
print(json.dumps({"results": results, "found": found, "current": current}))
"""


def archive(path, files):
    """The source of a release with *files*, whose values are sizes."""
    with tarfile.open(path, "w:gz") as made:
        for name, size in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = size
            made.addfile(entry, io.BytesIO(os.urandom(size)))
    return {"path": str(path), "checksum": f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"}


@pytest.fixture
def on_small_disk(tmp_path):
    """Runs calls of the module on a file system mounted with the given options."""
    disk = tmp_path / "disk"
    disk.mkdir()

    def run(options, *calls):
        namespace = ["unshare", "--mount"] if os.getuid() == 0 else ["unshare", "--mount", "--map-root-user"]
        script = f'mount -t tmpfs -o {options} tmpfs "$1" && exec "$2" -c "$3" "$1" "$4"'
        done = subprocess.run(
            [*namespace, "sh", "-c", script, "sh", str(disk), sys.executable, CALLS, json.dumps(calls)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def test_a_release_that_does_not_fit_is_refused_before_it_is_unpacked(on_small_disk, tmp_path):
    small = archive(tmp_path / "small.tar.gz", {"file": 1000})
    large = archive(tmp_path / "large.tar.gz", {"file": 8_000_000})

    outcome = on_small_disk("size=4m", {"version": "1.0", "source": small}, {"version": "1.1", "source": large})

    assert outcome["results"][1]["error"] == "disk-full"
    assert outcome["results"][1]["details"]["needed_bytes"] > 8_000_000
    assert (outcome["found"], outcome["current"]) == (["1.0"], "releases/1.0")


def test_a_disk_that_fills_up_while_unpacking_keeps_no_half_release(on_small_disk, tmp_path):
    small = archive(tmp_path / "small.tar.gz", {"file": 1000})
    # There is room for the bytes, but not for so many files.
    many = archive(tmp_path / "many.tar.gz", {f"folder/{number}": 1 for number in range(100)})

    outcome = on_small_disk(
        "size=64m,nr_inodes=60",
        {"version": "1.0", "source": small},
        {"version": "1.1", "source": many},
        {"version": "1.2", "source": small},
    )

    assert outcome["results"][1]["error"] == "disk-full"
    assert "No space left" in outcome["results"][1]["msg"]
    assert outcome["results"][2]["staged"]
    assert (outcome["found"], outcome["current"]) == (["1.0", "1.2"], "releases/1.2")


def test_a_full_disk_does_not_stop_the_way_back(on_small_disk, tmp_path):
    source = archive(tmp_path / "small.tar.gz", {"file": 1000})

    outcome = on_small_disk(
        "size=4m",
        {"version": "1.0", "source": source},
        {"version": "1.1", "source": source},
        {"fill": True},
        {"version": "1.2", "source": source},
        {"version": "1.0"},
        {"version": "1.0"},
    )

    full, refused, back, again = outcome["results"][2:]
    assert (full["error"], refused["error"]) == (errno.ENOSPC, "disk-full")
    assert (back["activated"], back["current"], back["previous"]) == (True, "1.0", "1.1")
    assert (again["changed"], again["previous"]) == (False, "1.1")
    assert (outcome["found"], outcome["current"]) == (["1.0", "1.1"], "releases/1.0")
