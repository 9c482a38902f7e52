# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What restic is told to do."""

from __future__ import annotations

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines import restic_commands as commands
from ansible_collections.progressive.delivery.plugins.module_utils._backups.excludes import restic_excludes
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import (
    Content,
    Labels,
    Proof,
    Snapshot,
)

CONTENT = Content(("/srv/da[t]a", "/srv/logs"), "/var/lib/x/progressive-delivery-dumps")


def test_a_backup_names_its_labels_its_host_and_its_paths():
    assert commands.backup(CONTENT, commands.tags(Labels("shop", reason="a, b"), 1.5), "web1") == [
        *("backup", "--json", "--quiet", "--host", "web1", "--tag", "app=shop", "--tag", "reason=a%2C%20b"),
        *("--tag", "taken=1.5"),
        *("--", "/srv/da[t]a", "/srv/logs", "/var/lib/x/progressive-delivery-dumps"),
    ]


def test_what_is_left_out_is_said_before_the_paths():
    content = Content(CONTENT.paths, CONTENT.dumps, ("*.tmp", "/srv/logs/[!a]*"))
    command = commands.backup(content, commands.tags(Labels("shop"), 1.5), "web1")

    assert [argument for argument in command if argument.startswith("--exclude")] == restic_excludes(content)
    assert command.index(restic_excludes(content)[-1]) < command.index(content.paths[0])


def test_room_is_freed_by_the_command_that_forgets_where_that_is_asked():
    assert commands.forget(["1a", "2b"]) == ["forget", "1a", "2b"]
    assert commands.forget(["1a", "2b"], free=True) == ["forget", "--prune", "1a", "2b"]


def test_a_proof_is_a_snapshot_that_says_of_what():
    snapshot = Snapshot("1a2b", 0.0, Labels("shop", release="1.0"), "web1", ())

    assert commands.mark(commands.tags_of_proof(snapshot, Proof(1.5, "restore")), "web2") == [
        *("backup", "--json", "--quiet", "--host", "web2", "--tag", "proof", "--tag", "app=shop", "--tag", "of=1a2b"),
        *("--tag", "how=restore", "--tag", "at=1.5", "--stdin", "--stdin-filename", "proof"),
    ]


@pytest.mark.parametrize("sparse", [True, False])
def test_a_restore_takes_each_path_for_what_it_says(sparse):
    assert commands.restore("1a2b", "/scratch", ["/srv/*", "/srv/b?c\\d"], sparse) == [
        *("restore", "1a2b", "--target", "/scratch", *(["--sparse"] if sparse else [])),
        *("--include", "/srv/\\*", "--include", "/srv/b\\?c\\\\d"),
    ]


def test_only_options_count_and_the_password_is_read_from_a_pipe():
    present = ["HOME", "RESTIC_PASSWORD", "RESTIC_REPOSITORY_FILE", "RESTIC_COMPRESSION"]
    environment = commands.environment(
        "s3:host/b", 7, {"AWS_ACCESS_KEY_ID": "id", "RESTIC_REPOSITORY": "other"}, present
    )

    assert {name: value for name, value in environment.items() if value is not None} == {
        "AWS_ACCESS_KEY_ID": "id",
        "RESTIC_REPOSITORY": "s3:host/b",
        "RESTIC_PASSWORD_FILE": "/dev/fd/7",
        "SSH_ASKPASS_REQUIRE": "never",
    }
    assert {"RESTIC_PASSWORD", "RESTIC_PASSWORD_COMMAND", "RESTIC_COMPRESSION"} <= set(environment)
