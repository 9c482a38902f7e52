# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of backups: where they are kept, and what is saved beside files."""

from __future__ import annotations


class ModuleDocFragment:
    """Options that C(backup), C(backup_info) and C(restore) share."""

    DOCUMENTATION = r"""
options:
  app:
    description: Name of the app whose data it is; lower case letters, digits and C(-).
    type: str
    required: true
  repository:
    description:
      - Where snapshots are kept. For V(archive) a folder of this host, which should be on another disk than the data. For V(restic) and
        V(borg) any address that the program takes.
      - It is made when there is none.
    type: str
    required: true
  engine:
    description:
      - What keeps them. V(restic) and V(borg) encrypt and keep what is the same only once; they have to be installed.
      - V(archive) writes one compressed tar archive a snapshot with a manifest of checksums, and needs nothing but Python. It does not encrypt.
      - V(auto) is what the repository is already. A new one is restic's where that is installed, else V(archive). An address such as
        C(s3:...) is restic's, and C(ssh://...) or C(user@host:...) is borg's.
    type: str
    choices: [auto, archive, borg, restic]
    default: auto
  password:
    description:
      - Of the repository. Restic and borg encrypt with it and cannot do without; V(archive) signs its manifests with it, and a signed
        repository is read with the password only.
      - Keep it elsewhere too. Without it the snapshots are lost.
    type: str
  password_file:
    description: A file of this host that has the password, in place of O(password).
    type: path
  environment:
    description: Variables for restic or borg, such as the access keys of an object store. All of them are secret.
    type: dict
  cache_directory:
    description: Where restic or borg keep their cache.
    type: path
  compression:
    description: Of the engine V(archive). V(auto) is zstd where it is installed, else gzip.
    type: str
    choices: [auto, zstd, gzip, none]
  lock_timeout:
    description: Seconds to wait for another process that works on the repository or on this app. A lock of a process that is dead is no lock.
    type: float
    default: 60.0
"""

    SOURCES = r"""
options:
  sources:
    description:
      - What is no file, or must not be read as one while it is in use. Each has a name and one kind.
      - A dump is of one moment, although the service goes on.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: What the dump is called in the snapshot.
        type: str
        required: true
      postgresql:
        description:
          - Databases of a PostgreSQL server, each by C(pg_dump) in its custom format, and its roles and tablespaces.
          - A proof restores them into a scratch database and compares rows and a checksum of each table with those of the very snapshot that was
            dumped. A restore fills a new database beside, compares it, and renames both in one transaction.
        type: dict
        suboptions:
          host:
            description: Name, address or folder of the socket; left out, what C(libpq) takes.
            type: str
          port:
            description: Port, or number of the socket.
            type: int
          user:
            description: Role to connect as.
            type: str
          password:
            description: Its password.
            type: str
          run_as:
            description: User of this host to run the programs as, for example V(postgres); needs root.
            type: str
          programs:
            description: Folder that has C(pg_dump), C(pg_restore) and C(psql).
            type: path
          databases:
            description: Empty for all but templates.
            type: list
            elements: str
            default: []
          maintenance_database:
            description: Database to connect to for what concerns others.
            type: str
            default: postgres
          scratch_server:
            description:
              - Where a proof restores. V(same) server, one of its V(own) that is made for it and taken away, or V(auto), which is the same if
                the role may create databases and little else. For a superuser, or one with a role like C(pg_execute_server_program), it is its own.
              - To restore is to run what the owners of the databases wrote, such as the check of a column, with the rights of the role that restores.
                With V(same), whoever owns a database can therefore get the rights of the role. On a server of its V(own) it has none.
              - A restore in place runs such code as well. Restore as a superuser only what comes from owners whom you trust.
            type: str
            choices: [auto, same, own]
            default: auto
          lock_timeout:
            description: Seconds to wait for a table that somebody holds.
            type: float
            default: 60.0
      mysql:
        description:
          - Databases of a MySQL or MariaDB server. Its tables are locked for a moment, until the dump and the comparison have their snapshot.
          - A proof restores into a scratch database. A restore fills one, compares it, and renames all tables at once.
        type: dict
        suboptions:
          host:
            description: Name or address.
            type: str
          port:
            description: Port.
            type: int
          socket:
            description: Path of the socket.
            type: path
          user:
            description: Account to connect as.
            type: str
          password:
            description: Its password.
            type: str
          programs:
            description: Folder that has the programs of the client.
            type: path
          databases:
            description: Empty for all but the server's own.
            type: list
            elements: str
            default: []
          not_transactional:
            description:
              - What is done about tables of which no snapshot can be read, such as those of MyISAM. V(lock) keeps all tables of their database
                from being written for the whole dump, V(refuse) fails.
            type: str
            choices: [lock, refuse]
            default: lock
          lock_timeout:
            description: Seconds to wait for a table that somebody holds, in which others wait as well.
            type: float
            default: 10.0
      sqlite:
        description: A database file, by SQLite's online backup, also while it is written to. A restore is one transaction.
        type: dict
        suboptions:
          path:
            description: The file.
            type: path
            required: true
          timeout:
            description: Seconds to wait for those who have it locked.
            type: float
            default: 60.0
      redis:
        description:
          - A Redis server, by C(redis-cli --rdb). A proof loads the dump into a server of its own, so C(redis-server) is to be installed.
          - A restore is one transaction, and expiry times stay what they were.
        type: dict
        suboptions:
          host:
            description: Name or address.
            type: str
            default: 127.0.0.1
          port:
            description: Port.
            type: int
            default: 6379
          socket:
            description: Path of the socket, in place of host and port.
            type: path
          user:
            description: User of the access control list.
            type: str
          password:
            description: Its password.
            type: str
          tls:
            description: Speak TLS.
            type: bool
            default: false
          authority:
            description: With TLS, file of the certificates that are trusted; left out, those of the system.
            type: path
          certificate:
            description: With TLS, file of our own certificate.
            type: path
          key:
            description: With TLS, file of its key.
            type: path
          server_name:
            description: With TLS, whose certificate is expected, where that is not the host's.
            type: str
          databases:
            description: Which are proven and restored; left out, all. The dump has all in any case.
            type: list
            elements: int
          timeout:
            description: Seconds for an answer.
            type: float
            default: 60.0
      command:
        description:
          - What a command writes to its standard output. It has to end with 0.
          - A line for the shell is run by bash with C(pipefail).
        type: dict
        suboptions:
          argv:
            description: The command and its arguments.
            type: list
            elements: str
          shell:
            description: The same as a line for the shell.
            type: str
          prove_argv:
            description: A command that gets the dump on its standard input and ends with 0 when it is right. Without one the checksum is the proof.
            type: list
            elements: str
          prove_shell:
            description: The same as a line for the shell.
            type: str
          restore_argv:
            description: A command that gets the dump on its standard input and puts it back. Without one there is no restore in place.
            type: list
            elements: str
          restore_shell:
            description: The same as a line for the shell.
            type: str
          environment:
            description: Variables for all three. Their values are secret.
            type: dict
          timeout:
            description: Seconds for each.
            type: float
"""
