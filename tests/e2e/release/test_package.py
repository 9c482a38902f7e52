# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exactly the version of a package that a release names is installed, also when that is an older one.

Everything happens in a layer over this machine's file system that goes with the test:
its packages and its apt are left as they are. That needs root and Debian.
"""

from __future__ import annotations

import hashlib
import os
import pathlib
import subprocess

import pytest

PACKAGE = "progressive-delivery-sample"
LAYER = """
set -e
mount -t tmpfs tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/merged"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/merged"
for folder in proc dev sys "$2"; do mount --rbind "/$folder" "$1/merged/$folder"; done
rm -f "$1"/merged/etc/apt/sources.list "$1"/merged/etc/apt/sources.list.d/*
echo "deb [trusted=yes] file:/$2/packages ./" > "$1/merged/etc/apt/sources.list"
echo 'APT::Sandbox::User "root";' > "$1/merged/etc/apt/apt.conf.d/zz-layer"
exec chroot "$1/merged" sh -ec "$3"
"""


def build(folder, version):
    """A package whose program prints its version; its entry in the index."""
    tree = folder / version
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "usr" / "bin").mkdir(parents=True)
    control = f"Package: {PACKAGE}\nVersion: {version}\nArchitecture: all\nMaintainer: T <t@example.com>\nDescription: sample\n"
    (tree / "DEBIAN" / "control").write_text(control)
    program = tree / "usr" / "bin" / PACKAGE
    program.write_text(f"#!/bin/sh\necho {version}\n")
    program.chmod(0o755)
    built = folder / f"{PACKAGE}_{version}_all.deb"
    subprocess.run(
        ["dpkg-deb", "--build", "--root-owner-group", str(tree), str(built)], check=True, capture_output=True
    )
    digest = hashlib.sha256(built.read_bytes()).hexdigest()
    return f"{control}Filename: ./{built.name}\nSize: {built.stat().st_size}\nSHA256: {digest}\n"


@pytest.fixture
def in_a_layer(host):
    """Runs a shell script, as root of a layer in which apt knows two versions of the package."""
    assert os.getuid() == 0, "packages can be installed by root only"
    packages = host.folder / "packages"
    packages.mkdir()
    (packages / "Packages").write_text("\n".join(build(packages, version) for version in ("1.0", "1.1")))
    layer = host.folder / "layer"
    layer.mkdir()

    def run(script):
        folder = str(host.folder).lstrip("/")
        return subprocess.run(
            ["unshare", "--mount", "sh", "-c", LAYER, "sh", str(layer), folder, f"apt-get -q update >&2\n{script}"],
            env={**host.environment(), "DEBIAN_FRONTEND": "noninteractive"},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_the_version_that_a_release_names_is_installed_also_an_older_one(host, in_a_layer):
    source = {"type": "package", "name": PACKAGE, "version": "{{ release_version }}"}
    options = {"release_source": source, "release_command": [], "ansible_python_interpreter": "/usr/bin/python3"}
    words = host.command(**options)
    play = " ".join(f"'{word}'" for word in words)
    steps = [f"{play} -e release_version={version}; {PACKAGE}" for version in ("1.1", "1.1", "1.0")]

    done = in_a_layer("\n".join(steps))

    assert done.returncode == 0, done.stdout + done.stderr
    assert [line for line in done.stdout.splitlines() if line in ("1.0", "1.1")] == ["1.1", "1.1", "1.0"]
    assert [line.split("changed=")[1][0] for line in done.stdout.splitlines() if "changed=" in line][1] == "0"
    assert host.releases()["current"] == "1.0"
    assert not pathlib.Path("/usr/bin", PACKAGE).exists()


def test_a_version_that_is_not_there_leaves_what_is_installed(host, in_a_layer):
    source = {"type": "package", "name": PACKAGE, "version": "{{ release_version }}"}
    words = host.command(release_source=source, release_command=[], ansible_python_interpreter="/usr/bin/python3")
    play = " ".join(f"'{word}'" for word in words)

    done = in_a_layer(f"{play} -e release_version=1.0\n{play} -e release_version=9.9 || {PACKAGE}")

    assert "9.9" in done.stdout
    assert done.stdout.splitlines()[-1] == "1.0"
    assert host.releases()["current"] == "1.0"
