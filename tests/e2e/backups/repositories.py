# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Repositories for tests, one kind an engine."""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
import shutil
import subprocess
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.borg import Borg
from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.interface import Engine
from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.restic import Restic
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import (
    DUMPS,
    Content,
    Labels,
    Snapshot,
)
from ansible_collections.progressive.delivery.tests.e2e.backups import trees

PASSWORD = "pass: word's & {more}"
LABELS = Labels(app="shop", environment="pro,duc tion", release="1.1.0+é", rollout="r=1&x", reason='{"a"}, b: %')


def restic(folder: pathlib.Path, repository: str | None = None, password: str = PASSWORD, **options: t.Any) -> Engine:
    return Restic(repository or str(folder / "repository"), password, cache=str(folder / "cache"), **options)


def borg(folder: pathlib.Path, repository: str | None = None, password: str = PASSWORD, **options: t.Any) -> Engine:
    return Borg(repository or str(folder / "repository"), password, cache=str(folder / "cache"), **options)


ENGINES: dict[str, t.Callable[..., Engine]] = {"restic": restic, "borg": borg}
PROGRAMS = ("restic", "borg")
"""Those of them that are programs with locks and passwords."""


@dataclasses.dataclass
class World:
    """A place with a folder to be saved, dumps and a repository; nothing is there yet but the files."""

    kind: str
    folder: pathlib.Path

    def __post_init__(self) -> None:
        self.data = self.folder / "srv" / "da[t]a"
        self.dumps = self.folder / "work" / DUMPS
        self.repository = self.folder / "repository"
        if not self.data.exists():
            trees.grow(self.data)
            self.dumps.mkdir(parents=True)
            (self.dumps / "backup.json").write_text("{}")

    def engine(self, **options: t.Any) -> Engine:
        return ENGINES[self.kind](self.folder, **options)

    def content(self, *excludes: str) -> Content:
        return Content((str(self.data),), str(self.dumps), excludes)

    def take(self, **options: t.Any) -> Snapshot:
        return self.engine(**options).take(self.content(), LABELS).snapshot

    def restored(self, snapshot: Snapshot, **options: t.Any) -> dict[bytes, tuple]:
        """What a snapshot gives back."""
        folder = self.folder / "restored"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        self.engine(**options).extract(snapshot, str(folder), snapshot.paths)
        return trees.described(f"{folder}{self.data}")

    @contextlib.contextmanager
    def as_it_is(self) -> t.Iterator[None]:
        """Whatever the block does to the repository is undone."""
        kept = self.folder / "kept"
        names = ("repository", "cache")
        for name in names:
            shutil.copytree(self.folder / name, kept / name, symlinks=True)
        try:
            yield
        finally:
            for name in names:
                shutil.rmtree(self.folder / name)
                shutil.move(kept / name, self.folder / name)


@contextlib.contextmanager
def small_disk(folder: pathlib.Path, size: str) -> t.Iterator[None]:
    """A file system of a few megabytes at *folder*."""
    folder.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)
