# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Views, triggers, routines and events as statements, and the rights to see them."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.mysql_definitions import (
    Definition,
    definition,
    in_order,
    script,
    trigger_statement,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.mysql_rights import missing
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.scratch_database import (
    FRESH,
    OLD,
    PROOF,
    scratch_name,
)

VIEW = Definition("VIEW", "v", "CREATE DEFINER=`a`@`b` VIEW `v` AS select 1", client="latin1", collation="latin1_bin")
EVENT = Definition(
    "EVENT", "e", "CREATE EVENT `e` ON SCHEDULE EVERY 1 DAY DO SELECT 'ä'", "ANSI", "latin1", zone="SYSTEM"
)
AFTERWARDS = ";\nSET NAMES utf8mb4;\nSET SESSION sql_mode = '', time_zone = '+00:00'"


def test_a_definition_is_made_with_the_settings_it_was_made_with_and_leaves_none_behind() -> None:
    settings = "sql_mode = '', time_zone = '+00:00', character_set_client = latin1, collation_connection = latin1_bin"
    assert VIEW.statement() == f"SET SESSION {settings};\n{VIEW.sql}{AFTERWARDS}"
    replacing = "CREATE OR REPLACE DEFINER=`a`@`b` VIEW `v` AS select 1"
    assert VIEW.statement(replace=True) == f"SET SESSION {settings};\n{replacing}{AFTERWARDS}"


def test_a_text_that_its_character_set_cannot_carry_keeps_its_characters() -> None:
    settings = "sql_mode = 'ANSI', time_zone = 'SYSTEM'"
    assert EVENT.statement(replace=True) == (
        f"SET SESSION {settings};\nDROP EVENT IF EXISTS `e`;\n{EVENT.sql}{AFTERWARDS}"
    )


@pytest.mark.parametrize("each", [VIEW, EVENT])
def test_a_definition_is_read_back_as_it_was(each: Definition) -> None:
    assert definition(json.loads(json.dumps(each.as_data()))) == each


def test_a_trigger_is_made_where_it_is_asked_for_whatever_its_own_text_named() -> None:
    told = trigger_statement("t`r", "o@p@host", "BEFORE", "INSERT", "tab", "SET @a = 1")
    assert told == "CREATE DEFINER=`o@p`@`host` TRIGGER `t``r` BEFORE INSERT ON `tab` FOR EACH ROW SET @a = 1"


def named(name: str, *reads: str) -> Definition:
    return Definition("VIEW", name, f"CREATE VIEW {name} AS select " + ", ".join(f"`{other}`" for other in reads))


@pytest.mark.parametrize(
    ("views", "order"),
    [
        ([named("a", "b"), named("b", "c"), named("c")], "cba"),
        ([named("a"), named("b"), named("c", "a")], "abc"),
        ([named("a", "b"), named("b", "a"), named("c")], "bac"),
    ],
)
def test_views_come_after_those_that_they_read(views: list[Definition], order: str) -> None:
    assert "".join(view.name for view in in_order(views)) == order


def test_a_script_is_for_a_client() -> None:
    first, *rest = script([VIEW]).split("\n$$end$$\n")
    assert first.endswith(VIEW.statement())
    assert rest == ["DELIMITER ;\n"]


def test_scratch_names_fit_and_differ_by_use() -> None:
    names = {scratch_name(use, "ö" * 64) for use in (PROOF, FRESH, OLD)}
    assert len(names) == 3
    assert all(len(name) <= 64 and name.isascii() for name in names)


SAVING = "SELECT, LOCK TABLES, SHOW VIEW, EVENT, TRIGGER"
ROUTINES = "SELECT on mysql.proc (on MySQL SHOW_ROUTINE on *.*), without which it does not see all routines"


@pytest.mark.parametrize(
    ("grants", "lacking"),
    [
        (["GRANT ALL PRIVILEGES ON *.* TO `a`@`b` IDENTIFIED BY PASSWORD '*AB' WITH GRANT OPTION"], []),
        ([f"GRANT {SAVING} ON *.* TO `a`@`b`"], []),
        ([f"GRANT {SAVING} ON `shop`.* TO `a`@`b`"], [ROUTINES]),
        ([f"GRANT {SAVING} ON `shop`.* TO `a`@`b`", "GRANT SELECT ON `mysql`.`proc` TO `a`@`b`"], []),
        ([f"GRANT {SAVING} ON `s_o%`.* TO `a`@`b`", "GRANT SHOW_ROUTINE ON *.* TO `a`@`b`"], []),
        ([f"GRANT {SAVING}, SHOW CREATE ROUTINE ON `sh%`.* TO `r`"], []),
        (
            [f"GRANT {SAVING} ON `s\\_op`.* TO `a`@`b`"],
            ["SELECT, LOCK TABLES, SHOW VIEW, TRIGGER, EVENT on `shop`.*", ROUTINES],
        ),
        (
            ["GRANT USAGE ON *.* TO `a`@`b`", "GRANT SELECT, EVENT ON `shop`.* TO `a`@`b`", "GRANT `r` TO `a`@`b`"],
            ["LOCK TABLES, SHOW VIEW, TRIGGER on `shop`.*", ROUTINES],
        ),
        (
            [
                "GRANT SELECT (a, LOCK), SHOW VIEW, LOCK TABLES, TRIGGER, EVENT ON `shop`.* TO `a`@`b`",
                "GRANT SELECT ON `mysql`.* TO x",
            ],
            ["SELECT on `shop`.*"],
        ),
        (
            [f"GRANT {SAVING} ON `shop`.`orders` TO `a`@`b`"],
            ["SELECT, LOCK TABLES, SHOW VIEW, TRIGGER, EVENT on `shop`.*", ROUTINES],
        ),
    ],
)
def test_rights_that_are_missing_are_named(grants: list[str], lacking: list[str]) -> None:
    assert missing(grants, "shop") == lacking


def test_a_right_on_a_pattern_is_one_on_what_it_covers() -> None:
    grants: t.List[str] = [f"GRANT {SAVING} ON `a``b\\_\\%`.* TO `a`@`b`", "GRANT SELECT ON `mysql`.* TO `a`@`b`"]
    assert missing(grants, "a`b_%") == []
    assert missing(grants, "a`bx%") != []
