# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A shop with files and a database, and what tasks do with its backups."""

from __future__ import annotations

import contextlib
import pathlib
import sqlite3
import typing as t

from ansible_collections.progressive.delivery.tests.module_call import call


def given_of(options: t.Mapping[str, t.Any]) -> t.Dict[str, t.Any]:
    """Those that are not left out, which is what None stands for."""
    return {name: value for name, value in options.items() if value is not None}


class SavedShop:
    """The data of an app below *folder*, and tasks about its backups; the engine is that which needs nothing."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.uploads = folder / "uploads"
        self.uploads.mkdir()
        self.work = folder / "work"
        self.repository = folder / "repository"
        self._database = folder / "orders.sqlite"
        self.write("first")

    @property
    def where(self) -> t.Dict[str, t.Any]:
        return {"app": "shop", "repository": str(self.repository), "engine": "archive", "password": "hush hush"}

    @property
    def sources(self) -> t.List[t.Dict[str, t.Any]]:
        return [{"name": "orders", "sqlite": {"path": str(self._database)}}]

    def write(self, what: str) -> None:
        (self.uploads / "file").write_text(what)
        with contextlib.closing(sqlite3.connect(str(self._database))) as opened:
            opened.execute("CREATE TABLE IF NOT EXISTS orders (what TEXT)")
            opened.execute("DELETE FROM orders")
            opened.execute("INSERT INTO orders VALUES (?)", (what,))
            opened.commit()

    def read(self) -> t.Tuple[str, str]:
        with contextlib.closing(sqlite3.connect(str(self._database))) as opened:
            return (self.uploads / "file").read_text(), opened.execute("SELECT what FROM orders").fetchone()[0]

    def backup(self, check_mode: bool = False, **options: t.Any) -> t.Dict[str, t.Any]:
        given = {"paths": [str(self.uploads)], "sources": self.sources, "work_directory": str(self.work)}
        return call("backup", check_mode=check_mode, **given_of({**self.where, **given, **options}))

    def restore(self, check_mode: bool = False, **options: t.Any) -> t.Dict[str, t.Any]:
        given = {"sources": self.sources, "work_directory": str(self.work)}
        return call("restore", check_mode=check_mode, **given_of({**self.where, **given, **options}))

    def snapshots(self, **options: t.Any) -> t.List[t.Dict[str, t.Any]]:
        listed = call("backup_info", **given_of({**self.where, **options}))
        return t.cast("t.List[t.Dict[str, t.Any]]", listed["snapshots"])

    def damage_manifest(self) -> None:
        """Of the newest archive it cannot be told any more what it holds."""
        manifest = max(self.repository.glob("shop/*/manifest*"))
        manifest.chmod(0o600)
        manifest.write_bytes(b"{")

    def damage(self) -> None:
        """One byte of the newest archive is another."""
        archive = max(self.repository.glob("shop/*/content.tar*"))
        content = bytearray(archive.read_bytes())
        content[len(content) // 2] ^= 1
        archive.chmod(0o600)
        archive.write_bytes(content)
