# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Definitions are made in whatever order they can be, and one that never can be ends it."""

from __future__ import annotations

import contextlib

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.mysql_access import Refused
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.mysql_definitions import Definition
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.mysql_scratch import Scratch


class Server:
    """Makes a view when those that it names are there."""

    def __init__(self):
        self.made = []

    @contextlib.contextmanager
    def session(self):
        yield self

    def rows(self, sql):
        view = next((line for line in sql.split(";\n") if line.startswith("CREATE")), None)
        if view is not None:
            name, reads = view.split()[2], view.split()[4:]
            if not set(reads) <= set(self.made):
                raise Refused("there is no {0}".format(reads))
            self.made.append(name)
        return []


def views(**reads):
    return [Definition("VIEW", name, "CREATE VIEW {0} AS {1}".format(name, read)) for name, read in reads.items()]


def test_a_view_comes_after_those_that_it_reads():
    server = Server()

    Scratch(server, server, [])._define("shop", views(c="b a", b="a", a=""))

    assert server.made == ["a", "b", "c"]


@pytest.mark.parametrize("others", [{}, {"a": ""}, {"a": "", "c": "a"}])
def test_one_that_can_never_be_made_is_told_whatever_others_can(others):
    server = Server()

    with pytest.raises(Refused, match="the view b: there is no"):
        Scratch(server, server, [])._define("shop", views(b="nothing", **others))

    assert server.made == list(others)


def test_no_semicolon_is_added_to_one_that_a_body_ends_with():
    statement = Definition(
        "TRIGGER", "tr", "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1;"
    ).statement()

    assert "SET NEW.a = 1;\nSET NAMES" in statement
