# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is particular to Caddy: its one line, that it is asked what it reads, and those that are too old to read."""

from __future__ import annotations

import subprocess

import pytest

from ansible_collections.progressive.delivery.tests.e2e.balancers import laid_down
from ansible_collections.progressive.delivery.tests.e2e.balancers.laid_down import Failed, ask
from ansible_collections.progressive.delivery.tests.e2e.balancers.test_refusals import WITHOUT_PRIVILEGE

BASE_ONLY = {"blue": 100, "green": 0}


@pytest.fixture(scope="session")
def caddy_of_debian():
    """The Caddy that Debian 12 packages, which knows no ``{file.*}``; kept in the cache of the checkout."""
    folder = laid_down.ROOT / ".cache" / "caddy-of-debian"
    binary = folder / "usr" / "bin" / "caddy"
    if not binary.exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["apt-get", "-qq", "download", "caddy"], cwd=folder, check=True)
        [package] = folder.glob("caddy_*.deb")
        subprocess.run(["dpkg", "-x", str(package), str(folder)], check=True)
    version = subprocess.run([str(binary), "version"], capture_output=True, text=True, check=True).stdout
    assert version.startswith("2.6."), f"the distribution's Caddy is {version}: too new to be refused"
    return str(binary)


@pytest.mark.parametrize("text", [None, "", "nonsense\n", "green=10001 preview=- sticky=off\n"])
def test_a_damaged_file_leaves_all_on_the_base_and_is_repaired(caddy, text):
    # given a split whose file somebody touched
    caddy.split(20)
    file = caddy.directory / "split"
    file.unlink() if text is None else file.write_text(text)
    # then the base pool serves, which is what the module says
    assert set(caddy.pools_of(20)) == {"blue"}
    reading = caddy.info()
    assert reading["split"] == BASE_ONLY
    assert not reading["consistent"]
    # when the module runs again, the file is whole
    result = caddy.split(20)
    assert result["repaired"]
    assert caddy.info()["consistent"]
    assert caddy.info()["split"] == {"blue": 80, "green": 20}


def test_what_a_person_writes_into_the_file_is_live_at_once(caddy):
    (caddy.directory / "split").write_text("green=10000 preview=blue sticky=on\n")
    assert set(caddy.pools_of(20)) == {"green"}
    reading = caddy.info()
    assert reading["split"] == {"blue": 0, "green": 100}
    assert reading["header"] == {"name": "X-Preview", "cookie": "analyze_all_preview", "pool": "blue"}
    assert reading["sticky"]
    assert reading["consistent"]


def test_a_file_that_caddy_reads_elsewhere_is_noticed(caddy, tmp_path):
    # given a second directory with the same layout, whose Caddy is the first one's
    for name in ("layout.json", "split"):
        (tmp_path / name).write_bytes((caddy.directory / name).read_bytes())
    with pytest.raises(Failed) as failed:
        caddy.traffic(connection={"directory": str(tmp_path)}, split={"blue": 0, "green": 100})
    assert failed.value.result["error"] == "balancer-layout-mismatch"
    assert (tmp_path / "split").read_text() == "green=0 preview=- sticky=off\n"


def test_a_listener_of_something_else_is_noticed(caddy):
    port = caddy.endpoints.ports["blue"]["blue1"]
    connection = {"directory": str(caddy.directory), "probe": f"http://127.0.0.1:{port}"}
    with pytest.raises(Failed) as failed:
        caddy.traffic(connection=connection, split={"blue": 0, "green": 100})
    assert failed.value.result["error"] == "balancer-layout-mismatch"


def test_caddy_says_what_it_reads_under_a_name_of_its_own(caddy):
    caddy.split(12.34)
    answer = ask(caddy.port, "/anything", {"Host": "analyze-all.split.invalid"})
    assert answer.body.splitlines()[1] == "green=1234 preview=- sticky=off"
    # and any other host name is the app's
    assert ask(caddy.port, "/anything", {"Host": "split.invalid"}).pool in {"blue", "green"}


def test_a_bucket_is_what_the_cookie_says(caddy):
    caddy.split(12.34, sticky=True)
    for bucket, pool in (("0", "green"), ("0009", "green"), ("1233", "green"), ("1234", "blue"), ("9999", "blue")):
        assert caddy.get(Cookie=f"first=1; analyze_all_bucket={bucket}; last=2").pool == pool


def test_single_servers_are_not_changed(caddy):
    with pytest.raises(Failed) as failed:
        caddy.traffic(servers={"pool": "green", "names": ["green1"], "state": "maint"})
    assert failed.value.result["error"] == "balancer-unsupported"


def test_the_admin_socket_is_its_owners_alone(caddy):
    control = caddy.directory / "control"
    assert control.stat().st_mode & 0o777 == 0o700
    assert (control / "caddy.sock").stat().st_mode & 0o777 == 0o600


def test_what_needs_the_admin_interface_says_where_it_should_be(caddy):
    connection = {"directory": str(caddy.directory), "admin": str(caddy.directory / "nowhere.sock")}
    with pytest.raises(Failed) as failed:
        caddy.traffic(connection=connection, drain={"pool": "green"})
    assert failed.value.result["error"] == "balancer-unreachable"
    assert "nowhere.sock" in failed.value.result["msg"]


def test_an_admin_socket_that_may_not_be_used_is_named(caddy):
    path = caddy.directory / "control" / "caddy.sock"
    path.chmod(0)
    try:
        with pytest.raises(Failed) as failed:
            caddy.traffic_in_process(prefix=WITHOUT_PRIVILEGE, drain={"pool": "green"})
    finally:
        path.chmod(0o600)
    assert failed.value.result["error"] == "balancer-permission"
    assert str(path) in failed.value.result["msg"]


def test_an_endpoint_that_fails_its_checks_gets_no_requests(caddy):
    caddy.endpoints.tell("blue2", "unready")
    laid_down.until(
        lambda: "blue2" not in {caddy.get().headers["X-Instance"] for _request in range(12)}, "blue2 is passed over"
    )


def test_the_role_refuses_a_caddy_that_reads_no_files(caddy, caddy_of_debian, tmp_path):
    directory = tmp_path / "app"
    port = laid_down.free_port()
    refused = laid_down.role_process("caddy", directory, port, caddy.endpoints, balancer_binary=caddy_of_debian)
    assert refused.returncode != 0
    said = " ".join(refused.stdout.split())
    assert "is version 2.6" in said
    assert "do not know the placeholder {file.*}" in said
    assert not directory.exists()


def test_the_module_refuses_a_caddy_that_reads_no_files(caddy, caddy_of_debian, tmp_path):
    # given an old Caddy with a configuration of somebody's own, since it cannot start with that of the role
    old = laid_down.lay_down("caddy", tmp_path / "app", caddy.endpoints)
    split = old.directory / "split"
    split.write_text("green=10000 preview=- sticky=off\n")
    heading = f"blue green X-Preview analyze_all_preview analyze_all_bucket {split}"
    (old.directory / "Caddyfile").write_text(
        f"""
        {{
            admin off
            auto_https off
        }}
        http://127.0.0.1:{old.port} {{
            reverse_proxy {" ".join(old.endpoints.addresses("blue"))}
        }}
        http://analyze-all.split.invalid:{old.port} {{
            respond "{heading}\n{{file.{split}}}"
        }}
        """
    )
    with (old.directory / "log").open("wb") as log:
        command = [caddy_of_debian, "run", "--adapter", "caddyfile", "--config", str(old.directory / "Caddyfile")]
        old.process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    try:
        laid_down.until(old._answers, "the old Caddy answers")
        # then both modules say what it lacks, and change nothing
        for attempt in (old.info, lambda: old.split(50)):
            with pytest.raises(Failed) as failed:
                attempt()
            assert failed.value.result["error"] == "balancer-unsupported"
            assert "{file.*}" in failed.value.result["msg"]
            assert "2.6.2" in failed.value.result["msg"]
        assert split.read_text() == "green=10000 preview=- sticky=off\n"
    finally:
        old.stop()
