# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tree saved and restored by the modules ``backup`` and ``restore``, and by the bare tool, in turn.

The tree has files of everything that a file system can hold; what comes back
from our snapshots is compared with it, byte for byte and attribute by attribute.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import json
import os
import pathlib
import random
import shlex
import shutil
import statistics
import subprocess
import sys
import time
import typing as t

from ansible_collections.progressive.delivery.tests.e2e.backups import trees
from ansible_collections.progressive.delivery.tests.e2e.balancers import module_process

TREE_BYTES = 1_000_000_000
HOLD = 1.1
"""How many times as long as the bare tool, and as large, ours may be."""
RUNS = 6
"""How often each does its work, as often before the other, which finds the machine otherwise, as after it; the mean counts."""
PASSWORD = "of the benchmark"
APP = "bench"


@dataclasses.dataclass(frozen=True)
class Tool:
    """What an engine is held beside, with the environment of :func:`_environment`; ``$R`` is its repository.

    :param begin: makes the repository
    :param save: saves the folder ``$D``
    :param restore: restores the latest into the folder in which it runs
    """

    name: str
    begin: str
    save: str
    restore: str


def _tar(name: str, zstd: str) -> Tool:
    return Tool(
        name,
        "mkdir $R",
        f"tar --create --xattrs --acls --sparse --absolute-names $D | {zstd} --quiet --force -o $R/saved",
        "zstd --quiet --decompress --stdout $R/saved | tar --extract --xattrs --acls --same-permissions --same-owner",
    )


TOOLS = {
    "archive": [_tar("tar and zstd", "zstd"), _tar("the same, all processors", "zstd --threads=$CORES")],
    "restic": [
        Tool(
            "restic",
            "restic --quiet init",
            "restic --quiet backup --force $D",
            "restic --quiet restore latest --target .",
        )
    ],
    "borg": [
        Tool(
            "borg",
            "borg init --encryption=repokey",
            "borg create --sparse ::$(date +%s.%N) $D",
            'borg extract --sparse ::"$(borg list --short --last 1)"',
        )
    ],
}
"""The first of an engine's is the tool as people call it."""


@dataclasses.dataclass(frozen=True)
class Row:
    """One engine beside its tool, doing one thing.

    :param what: ``save`` or ``restore``
    :param tree: bytes of all files
    :param seconds: the mean of our runs, each from the start of the module's process to its end
    :param size: bytes of our repository after one snapshot
    :param differs: the paths of the tree that our snapshot gave back otherwise, or not
    """

    engine: str
    what: str
    tree: int
    seconds: float
    rival: str
    rival_seconds: float
    size: int
    rival_size: int
    differs: list[str]

    @property
    def time_ratio(self) -> float:
        """How many times as long ours takes."""
        return self.seconds / self.rival_seconds

    @property
    def size_ratio(self) -> float:
        """How many times as large ours is."""
        return self.size / self.rival_size


def measure(scale: float, engines: t.Sequence[str], folder: pathlib.Path) -> t.Iterator[Row]:
    """Two rows for each tool of each engine. Who comes first changes with each run: what is read and written first finds the machine otherwise."""
    tree = folder / "tree"
    _grow(tree, round(TREE_BYTES * scale))
    described = trees.described(tree)
    bytes_of_tree = _size(tree)
    for engine, tool in [(name, tool) for name in engines for tool in TOOLS[name]]:
        work = folder / engine
        work.mkdir()
        saves, restores = [], []
        for run in range(RUNS):
            ours, theirs = _Ours(engine, tree, work / "ours"), _Theirs(tool, tree, work / "theirs")
            saves.append(_both(ours.save, theirs.save, turned=run % 2 == 1))
            restores.append(_both(ours.restore, theirs.restore, turned=run % 2 == 1))
            given_back = trees.described(f"{ours.restored}{tree}")
            sizes = _size(ours.repository), _size(theirs.repository)
            for made in (ours, theirs):
                shutil.rmtree(made.folder)
        work.rmdir()
        differs = sorted(
            os.fsdecode(path)
            for path in described.keys() | given_back.keys()
            if described.get(path) != given_back.get(path)
        )
        for what, pairs in (("save", saves), ("restore", restores)):
            seconds, rival_seconds = (statistics.fmean(side) for side in zip(*pairs, strict=True))
            yield Row(engine, what, bytes_of_tree, seconds, tool.name, rival_seconds, *sizes, differs)


def broken(rows: t.Sequence[Row]) -> list[str]:
    """What did not come back as it was, in words."""
    return [
        f"{row.engine}: {len(row.differs)} files came back otherwise, {row.differs[0]} among them"
        for row in rows
        if row.differs and row.what == "restore"
    ]


class _Side:
    """Somebody's repository, and the folder to restore into."""

    def __init__(self, tree: pathlib.Path, folder: pathlib.Path) -> None:
        self.tree = tree
        self.folder = folder
        self.repository = folder / "repository"
        self.restored = folder / "restored"
        folder.mkdir()


class _Ours(_Side):
    """The modules, each in a process of its own."""

    def __init__(self, engine: str, tree: pathlib.Path, folder: pathlib.Path) -> None:
        super().__init__(tree, folder)
        self._options = {
            "app": APP,
            "engine": engine,
            "repository": str(self.repository),
            "password": PASSWORD,
            "work_directory": str(folder / "work"),
            **({} if engine == "archive" else {"cache_directory": str(folder / "cache")}),
        }

    def save(self) -> None:
        self._module("backup", paths=[str(self.tree)], verify="none")

    def restore(self) -> None:
        self._module("restore", snapshot="newest", unproven=True, into=str(self.restored))

    def _module(self, name: str, **options: t.Any) -> None:
        ended = subprocess.run(
            [sys.executable, module_process.__file__, name],
            input=json.dumps({**self._options, **options}),
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            capture_output=True,
            text=True,
            check=False,
        )
        if ended.returncode:
            raise RuntimeError(f"{name} failed: {ended.stdout}{ended.stderr}")


class _Theirs(_Side):
    """The bare tool. As ours does, it makes the repository when it saves."""

    def __init__(self, tool: Tool, tree: pathlib.Path, folder: pathlib.Path) -> None:
        super().__init__(tree, folder)
        self._tool = tool
        self.restored.mkdir()

    def save(self) -> None:
        self._run(self._tool.begin, self.folder)
        self._run(self._tool.save, self.folder)

    def restore(self) -> None:
        self._run(self._tool.restore, self.restored)

    def _run(self, command: str, folder: pathlib.Path) -> None:
        told = {
            "R": str(self.repository),
            "D": shlex.quote(str(self.tree)),
            "CORES": str(len(os.sched_getaffinity(0))),
            **dict.fromkeys(("RESTIC_REPOSITORY", "BORG_REPO"), str(self.repository)),
            **dict.fromkeys(("RESTIC_PASSWORD", "BORG_PASSPHRASE"), PASSWORD),
            **dict.fromkeys(("RESTIC_CACHE_DIR", "BORG_BASE_DIR"), str(self.folder / "cache")),
        }
        subprocess.run(["bash", "-ceo", "pipefail", command], cwd=folder, env={**os.environ, **told}, check=True)


def _both(
    ours: collections.abc.Callable[[], None], theirs: collections.abc.Callable[[], None], turned: bool
) -> tuple[float, float]:
    """Seconds that each takes, ours first unless *turned*."""
    if turned:
        seconds = _timed(theirs)
        return _timed(ours), seconds
    return _timed(ours), _timed(theirs)


def _timed(work: collections.abc.Callable[[], None]) -> float:
    """Seconds until the work is done and on the disk; what others have not written yet is not counted."""
    os.sync()
    began = time.monotonic()
    work()
    os.sync()
    return time.monotonic() - began


def _grow(tree: pathlib.Path, size: int) -> None:
    """A tree of about *size* bytes: half cannot be compressed, half is like logs; large files, and many small ones."""
    trees.grow(tree)
    chance = random.Random(4)
    words = [chance.randbytes(chance.randint(1, 6)).hex() for _number in range(5000)]
    left = size
    number = 0
    while left > 0:
        length = min(left, chance.choice((2_000, 20_000, 200_000, 2_000_000, 20_000_000)))
        folder = tree / f"{number % 50}"
        folder.mkdir(exist_ok=True)
        log = " ".join(chance.choices(words, k=length // 7 + 1)).encode()[:length]
        content = chance.randbytes(length) if number % 2 else log
        path = folder / f"{number}"
        path.write_bytes(content)
        if number % 10 == 0:
            os.setxattr(path, "user.number", str(number).encode())
        left -= length
        number += 1


def _size(folder: pathlib.Path) -> int:
    """Bytes of all files below a folder, without their holes."""
    return sum(512 * path.lstat().st_blocks for path in folder.rglob("*"))
