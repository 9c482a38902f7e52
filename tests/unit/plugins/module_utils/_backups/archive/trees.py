# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trees of files to save, and what of them must be found again."""

from __future__ import annotations

import os
import stat

from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.archive import ArchiveEngine
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import DUMPS, Content, Labels

SHOP = Labels(app="shop", environment="staging", release="1.2.0", rollout="r-7", reason="before 1.3.0")


class Saved:
    """A folder with data and dumps below *folder*, and an engine that saves them."""

    def __init__(self, folder, password="correct horse", compression="none"):
        self.folder = str(folder)
        self.repository = os.path.join(self.folder, "repository")
        self.data = os.path.join(self.folder, "srv", "data")
        self.dumps = os.path.join(self.folder, "work", DUMPS)
        os.makedirs(self.data)
        os.makedirs(self.dumps)
        self.write(os.path.join(self.dumps, "backup.json"), b"{}")
        self.password = password
        self.engine = self.opened(password, compression)
        self._restored = 0

    def opened(self, password, compression="none"):
        """The repository, as somebody else opens it."""
        return ArchiveEngine(self.repository, password, compression)

    def write(self, path, content):
        path = os.path.normpath(os.path.join(self.data, path))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as stream:
            stream.write(content)
        return path

    def content(self, *excludes):
        return Content((self.data,), self.dumps, excludes)

    def take(self, *excludes):
        return self.engine.take(self.content(*excludes), SHOP).snapshot

    def folder_of(self, snapshot):
        return os.path.join(self.repository, snapshot.labels.app, snapshot.identifier)

    def extract(self, snapshot, *paths):
        """Where the data is restored to, or *paths* are."""
        self._restored += 1
        folder = os.path.join(self.folder, "restored-{0}".format(self._restored))
        os.mkdir(folder)
        self.engine.extract(snapshot, folder, paths or (self.data,))
        return folder + self.data


def picture(root):
    """All that a backup of *root* must bring back, by path."""
    root = os.fsencode(root)
    found = {b"": facts(root)}
    for parent, folders, files in os.walk(root):
        for name in folders + files:
            path = os.path.join(parent, name)
            found[os.path.relpath(path, root)] = facts(path)
    first = {}
    for path, known in sorted(found.items()):
        if known["links"] > 1:
            known["same as"] = first.setdefault(known["inode"], path)
        del known["inode"], known["links"]
    return found


def facts(path):
    known = os.lstat(path)
    form = stat.S_IFMT(known.st_mode)
    content = None
    if form == stat.S_IFREG:
        with open(path, "rb") as stream:
            content = stream.read()
    return {
        "type": form,
        "mode": stat.S_IMODE(known.st_mode),
        "owner": (known.st_uid, known.st_gid),
        "mtime": known.st_mtime_ns,
        "content": content,
        "target": os.readlink(path) if form == stat.S_IFLNK else None,
        "xattrs": {name: os.getxattr(path, name) for name in os.listxattr(path)}
        if form in (stat.S_IFREG, stat.S_IFDIR)
        else {},
        "inode": known.st_ino,
        "links": known.st_nlink if form == stat.S_IFREG else 1,
    }
