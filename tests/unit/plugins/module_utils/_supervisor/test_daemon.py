# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a supervisord's files are, and what its configuration says."""

from __future__ import annotations

import configparser

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._supervisor import daemon
from ansible_collections.progressive.delivery.plugins.module_utils._supervisor.errors import (
    FolderRefused,
    SupervisorMissing,
)


def test_the_socket_is_in_the_folder_where_that_can_be():
    assert daemon.socket_path("/srv/app/supervisor", 1000) == "/srv/app/supervisor/supervisord.sock"


@pytest.mark.parametrize("length", range(60, 140))
def test_no_socket_is_too_long_for_any_system_with_the_name_that_supervisord_binds_first(length):
    folder = "/" + "a" * (length - 1)

    path = daemon.socket_path(folder, 1000)

    assert len(f"{path}.4194304") < 104
    assert path == daemon.socket_path(folder, 1000)
    assert path != daemon.socket_path("/" + "b" * (length - 1), 1000)


def test_a_long_path_is_measured_in_bytes():
    assert daemon.socket_path("/" + "ü" * 40, 0).startswith("/tmp/progressive.delivery-0/")


@pytest.mark.parametrize("path", ["relative", "", "/a*", "/a[1]", "/50%", "/a;b", "/a\nb", "/a ", '/"a"'])
def test_a_folder_that_the_configuration_cannot_hold_is_refused_by_name(path):
    with pytest.raises(InvalidOption) as refused:
        daemon.Folder(path)

    assert repr(path) in refused.value.message


def test_the_configuration_serves_only_its_owner_over_the_socket():
    folder = daemon.Folder("/srv/my app")
    parsed = configparser.RawConfigParser()
    parsed.read_string(daemon.configuration(folder, None))

    assert parsed["unix_http_server"]["chmod"] == "0600"
    assert not parsed.has_section("inet_http_server")
    assert parsed["include"]["files"] == "programs/*.conf"
    assert parsed["supervisord"]["pidfile"] == "/srv/my app/supervisord.pid"
    assert "user" not in parsed["supervisord"]
    assert "user = root" in daemon.configuration(folder, "root")


def test_a_missing_program_is_named_with_where_it_was_looked_for(tmp_path):
    with pytest.raises(SupervisorMissing, match=str(tmp_path)):
        daemon.find_binary(str(tmp_path))


def test_a_folder_below_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(FolderRefused, match="file"):
        daemon.Folder(str(tmp_path / "file" / "supervisor")).make()


def test_a_private_folder_that_others_may_enter_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(daemon, "_PRIVATE_FOLDER", str(tmp_path / "private-{0}"))
    folder = daemon.Folder("/" + "a" * 120)
    monkeypatch.setattr(folder, "path", str(tmp_path))
    monkeypatch.setattr(folder, "programs", str(tmp_path / "programs"))
    monkeypatch.setattr(folder, "logs", str(tmp_path / "logs"))
    folder.make()
    private = next(tmp_path.glob("private-*"))
    assert private.stat().st_mode & 0o777 == 0o700
    private.chmod(0o777)

    with pytest.raises(FolderRefused, match="0700"):
        folder.make()
