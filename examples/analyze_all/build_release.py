# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds release archives: ``python build_release.py 1.2.0 --output DIR``.

An archive holds the package ``analyze_all`` and the manifest ``release.json``,
without a folder around them. The same version built twice is the same archive
to the byte. Each archive is told on a line of its own: checksum, then path.

The faults of a release are those given by ``--fault``; without any, those
that ``releases.yml`` defines for its version; else none.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import json
import pathlib
import sys
import tarfile
import typing as t

import yaml

from analyze_all.manifest import APP, Faults, Manifest, ManifestError, parse

HERE = pathlib.Path(__file__).resolve().parent
DEFINITIONS = HERE / "releases.yml"
PACKAGE = "analyze_all"


class Built(t.NamedTuple):
    """An archive that was built; ``checksum`` is ``sha256:`` and 64 hexadecimal digits."""

    path: pathlib.Path
    checksum: str


def defined_releases(path: pathlib.Path = DEFINITIONS) -> dict[str, dict[str, t.Any]]:
    """The fault knobs of each release that is defined, by version, in the order of the file."""
    releases = yaml.safe_load(path.read_text(encoding="utf-8"))["releases"]
    return {version: release.get("faults", {}) for version, release in releases.items()}


def build(version: str, faults: dict[str, t.Any], output: pathlib.Path) -> Built:
    """Build the archive of one release into a folder, which is made when it is not there.

    :param faults: fault knobs as in a manifest
    :raises ManifestError: the version or a fault is not one that the app would start with
    """
    release = parse({"app": APP, "version": version, "faults": faults})
    content = pack(release)
    output.mkdir(parents=True, exist_ok=True)
    path = output / f"{APP}-{version}.tar.gz"
    path.write_bytes(content)
    return Built(path, f"sha256:{hashlib.sha256(content).hexdigest()}")


def pack(release: Manifest) -> bytes:
    """The bytes of a release's archive; they depend on the sources and the manifest alone."""
    files = {path.relative_to(HERE).as_posix(): path.read_bytes() for path in (HERE / PACKAGE).rglob("*.py")}
    files["release.json"] = release.as_json().encode()
    archive = io.BytesIO()
    with (
        gzip.GzipFile(filename="", fileobj=archive, mode="wb", mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.USTAR_FORMAT) as members,
    ):
        for name, content in sorted(files.items()):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            members.addfile(member, io.BytesIO(content))
    return archive.getvalue()


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    options = _parser().parse_args(arguments)
    defined = defined_releases()
    versions = options.versions or list(defined)
    try:
        for version in versions:
            built = build(version, dict(options.fault) or defined.get(version, {}), options.output)
            print(built.checksum, built.path)
    except ManifestError as error:
        print(f"build_release: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    knobs = ", ".join(Faults.__dataclass_fields__)
    parser = argparse.ArgumentParser(prog="build_release", description=f"Builds releases of {APP}.", allow_abbrev=False)
    parser.add_argument("versions", nargs="*", metavar="VERSION", help="what to build (all that are defined)")
    parser.add_argument(
        "--fault",
        type=_fault,
        action="append",
        default=[],
        metavar="KNOB=VALUE",
        help=f"may be repeated, in place of the faults defined; the value as in JSON. Knobs: {knobs}",
    )
    parser.add_argument("--output", type=pathlib.Path, required=True, metavar="DIR", help="where the archives go")
    return parser


def _fault(value: str) -> tuple[str, t.Any]:
    name, _equals, setting = value.partition("=")
    try:
        return name, json.loads(setting)
    except ValueError:
        wrong = f"{value!r} is not like error_rate=0.05 or never_ready=true"
        raise argparse.ArgumentTypeError(wrong) from None


if __name__ == "__main__":
    sys.exit(main())
