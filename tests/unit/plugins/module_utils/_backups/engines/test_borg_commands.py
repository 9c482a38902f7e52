# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What borg is told to do."""

from __future__ import annotations

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines import borg_commands as commands
from ansible_collections.progressive.delivery.plugins.module_utils._backups.excludes import borg_excludes
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import (
    Content,
    Labels,
    Proof,
    Snapshot,
)

CONTENT = Content(("/srv/da[t]a", "/srv/logs"), "/var/lib/x/progressive-delivery-dumps")


def test_an_archive_says_in_its_comment_what_it_is_for():
    assert commands.create("shop.1.2", CONTENT, Labels("shop", reason="{a} & b"), 1.5) == [
        *("create", "--json", "--comment"),
        "app=shop&reason=%7Ba%7D%20%26%20b&taken=1.5&path=/srv/da%5Bt%5Da&path=/srv/logs"
        "&path=/var/lib/x/progressive-delivery-dumps",
        *("::shop.1.2", "/srv/da[t]a", "/srv/logs", "/var/lib/x/progressive-delivery-dumps"),
    ]


def test_what_is_left_out_is_said_before_the_paths():
    content = Content(CONTENT.paths, CONTENT.dumps, ("*.tmp", "/srv/logs/[!a]*"))
    command = commands.create("n", content, Labels("shop"), 1.0)

    assert [argument for argument in command if argument.startswith("--exclude")] == borg_excludes(content)
    assert command.index(borg_excludes(content)[-1]) < command.index(content.paths[0])


def test_names_tell_apps_apart_and_proofs_from_backups():
    assert commands.archive_name("shop", 1795707073.5, "1a2b") == "shop.20261126T153113Z.1a2b"
    assert commands.proof_name("shop-2", "1a2b") == "shop-2.proof.1a2b"
    assert commands.archives("shop")[-2:] == ["--glob-archives", "shop.*"]


def test_a_proof_is_an_archive_that_says_of_what():
    snapshot = Snapshot("shop.1.2", 0.0, Labels("shop", release="1.0"), "web1", ())

    assert commands.mark("shop.proof.3", snapshot, Proof(1.5, "restore")) == [
        *("create", "--comment", "app=shop&of=shop.1.2&how=restore&at=1.5", "--stdin-name", "proof"),
        *("::shop.proof.3", "-"),
    ]


def test_a_restore_takes_each_path_for_what_it_says():
    assert commands.extract("n", ["/srv/*"]) == ["extract", "--sparse", "--numeric-ids", "::n", "pp:srv/*"]


def test_nothing_to_delete_is_never_the_repository():
    assert commands.delete(["a", "b"]) == ["delete", "::a", "b"]
    with pytest.raises(ValueError, match="no archives"):
        commands.delete([])


def test_only_options_count_and_nothing_is_agreed_to_by_chance():
    present = [
        "HOME",
        "BORG_PASSPHRASE",
        "BORG_RELOCATED_REPO_ACCESS_IS_OK",
        "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK",
    ]
    environment = commands.environment("/srv/{r}", 7, {"BORG_RSH": "ssh -p 22", "BORG_REPO": "other"}, present)

    assert {name: value for name, value in environment.items() if value is not None} == {
        "BORG_RSH": "ssh -p 22",
        "BORG_REPO": "/srv/{{r}}",
        "BORG_PASSPHRASE_FD": "7",
        "BORG_EXIT_CODES": "legacy",
        "TZ": "UTC",
        "SSH_ASKPASS_REQUIRE": "never",
    }
    assert set(present[1:]) <= set(environment)


@pytest.mark.parametrize(
    ("repository", "local"),
    [
        ("/srv/a:b", "/srv/a:b"),
        ("file:///srv/r", "/srv/r"),
        ("ssh://u@h:22/srv/r", None),
        ("u@h:/srv/r", None),
        ("h:r", None),
    ],
)
def test_a_repository_is_here_or_elsewhere(repository, local):
    assert commands.local_path(repository) == local


def test_a_repository_is_signed_by_what_the_processor_is_quicker_at():
    assert commands.init(sha256=True) == ["init", "--encryption", "repokey", "--make-parent-dirs"]
    assert commands.init(sha256=False) == ["init", "--encryption", "repokey-blake2", "--make-parent-dirs"]
