# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Repositories of restic that are elsewhere: rclone serves a folder by restic's own protocol and as S3 does, OpenSSH serves one over SFTP."""

from __future__ import annotations

import contextlib
import dataclasses
import getpass
import os
import pathlib
import socket
import subprocess
import typing as t

from ansible_collections.progressive.delivery.tests.e2e.balancers.laid_down import free_port, until

USER = "shop"
SECRET = "s3cret-of-shop"
STRANGERS = "guessed-by-somebody"


@dataclasses.dataclass(frozen=True)
class Elsewhere:
    """How a repository is named, and where its files really are.

    :param environment: what restic needs to get in
    :param as_stranger: the same for somebody who must not get in
    :param refusal: what of the server's own words an error then has
    """

    repository: str
    environment: dict[str, str]
    as_stranger: tuple[str, dict[str, str]]
    refusal: str
    folder: pathlib.Path


@contextlib.contextmanager
def rest(work: pathlib.Path) -> t.Iterator[Elsewhere]:
    folder = work / "served"
    with _rclone(["restic", "--user", USER, "--pass", SECRET, str(folder)], work) as port:
        address, strangers = (f"rest:http://{USER}:{word}@127.0.0.1:{port}/" for word in (SECRET, STRANGERS))
        yield Elsewhere(address, {}, (strangers, {}), "401", folder)


@contextlib.contextmanager
def s3(work: pathlib.Path) -> t.Iterator[Elsewhere]:
    folder = work / "served"
    with _rclone(["s3", "--auth-key", f"{USER},{SECRET}", str(folder)], work) as port:
        address = f"s3:http://127.0.0.1:{port}/backups/shop"
        known, stranger = (
            {"AWS_ACCESS_KEY_ID": USER, "AWS_SECRET_ACCESS_KEY": word, "AWS_DEFAULT_REGION": "us-east-1"}
            for word in (SECRET, STRANGERS)
        )
        yield Elsewhere(address, known, (address, stranger), "Access Denied", folder / "backups" / "shop")


@contextlib.contextmanager
def sftp(work: pathlib.Path) -> t.Iterator[Elsewhere]:
    """By OpenSSH on both ends; ssh is told of its keys by a file, as an account's own configuration would."""
    user = getpass.getuser()
    for name in ("server", "known", "stranger"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(work / name)], check=True)
    port = free_port()
    options = {
        "ListenAddress": f"127.0.0.1:{port}",
        "HostKey": work / "server",
        "AuthorizedKeysFile": work / "known.pub",
        "AuthenticationMethods": "publickey",
        "Subsystem": "sftp internal-sftp",
        "PidFile": "none",
        # Of the folders that lead to the keys: tests' are for everybody to write.
        "StrictModes": "no",
    }
    (work / "sshd").write_text("".join(f"{name} {value}\n" for name, value in options.items()))
    if os.geteuid() == 0:
        # Where root's sshd locks itself in; the package leaves it to the system's start.
        pathlib.Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    with _serving(["/usr/sbin/sshd", "-D", "-e", "-f", str(work / "sshd")], port, work):
        (work / "hosts").write_text(f"[127.0.0.1]:{port} {(work / 'server.pub').read_text()}")
        known, stranger = ({"PATH": _ssh(work, name)} for name in ("known", "stranger"))
        folder = work / "served" / "shop"
        address = f"sftp://{user}@127.0.0.1:{port}/{folder}"
        yield Elsewhere(address, known, (address, stranger), "unable to start the sftp session", folder)


KINDS = {"rest": rest, "s3": s3, "sftp": sftp}


def _ssh(work: pathlib.Path, key: str) -> str:
    """A search path on which ``ssh`` uses this key and no other."""
    folder = work / f"{key}-bin"
    folder.mkdir()
    program = folder / "ssh"
    options = f"-o IdentitiesOnly=yes -i '{work / key}' -o UserKnownHostsFile='{work / 'hosts'}'"
    program.write_text(f'#!/bin/sh\nexec /usr/bin/ssh -F none {options} "$@"\n')
    program.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


@contextlib.contextmanager
def _rclone(arguments: list[str], work: pathlib.Path) -> t.Iterator[int]:
    """The port on which ``rclone serve`` answers."""
    port = free_port()
    pathlib.Path(arguments[-1]).mkdir()
    with _serving(["rclone", "--config", "", "serve", *arguments, "--addr", f"127.0.0.1:{port}"], port, work):
        yield port


@contextlib.contextmanager
def _serving(command: list[str], port: int, work: pathlib.Path) -> t.Iterator[None]:
    log = work / "server.log"
    with log.open("wb") as said, subprocess.Popen(command, stderr=said) as server:
        try:
            until(lambda: _answers(port) or server.poll() is not None, f"{command[0]} answers")
            assert server.poll() is None, log.read_text()
            yield
        finally:
            server.terminate()


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
