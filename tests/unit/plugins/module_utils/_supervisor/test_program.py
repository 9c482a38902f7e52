# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A program's file says to supervisord exactly what was meant, whatever characters that has."""

from __future__ import annotations

import shlex
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from supervisor.datatypes import dict_of_key_value_pairs
from supervisor.options import UnhosedConfigParser

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._supervisor.program import (
    Program,
    render,
    with_autostart,
    without_values,
    worth_masking,
)
from ansible_collections.progressive.delivery.tests.random_examples import examples

LOG = "/tmp/logs/web.log"


def as_supervisord_reads(text):
    """The options of the one program in *text*, by supervisord's own parser."""
    parser = UnhosedConfigParser()
    parser.read_string(text)
    (section,) = parser.sections()
    return section, {key: parser.saneget(section, key) for key in parser.options(section)}


def words_of(text):
    return shlex.split(as_supervisord_reads(text)[1]["command"])


words = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=20)
tricky = st.text(alphabet=" ;#%\"'\\=$a\u00a0\u2028", max_size=12)


@given(st.lists(words | tricky, max_size=4))
def test_arguments_arrive_as_they_are(arguments):
    text = render(Program("web", ("/bin/web", *arguments)), LOG, autostart=True)

    assert words_of(text) == ["/bin/web", *arguments]


def run(text, *words):
    """What *words* print, run with the environment and the launcher of *text* as supervisord does it."""
    _section, options = as_supervisord_reads(text)
    environment = dict_of_key_value_pairs(options["environment"])
    command = shlex.split(options["command"])
    launcher = command[: command.index("/bin/web")]
    done = subprocess.run([*launcher, *words], env=environment, check=True, capture_output=True)
    return done.stdout.decode()


@settings(max_examples=examples(60), deadline=None)
@given(st.dictionaries(st.from_regex(r"V[A-Za-z0-9_]{0,5}", fullmatch=True), words | tricky, min_size=1, max_size=4))
def test_variables_arrive_as_they_are(environment):
    text = render(Program("web", ("/bin/web", "-x"), environment), LOG, autostart=True)

    printed = run(text, "/usr/bin/env", "-0").split("\0")

    assert {entry for entry in printed if entry.startswith("V")} == {f"{key}={environment[key]}" for key in environment}


@given(st.dictionaries(st.sampled_from(["A", "TOKEN"]), tricky.map("s3cret{}".format), min_size=1))
def test_values_of_variables_are_not_among_the_arguments_which_every_user_can_read(environment):
    text = render(Program("web", ("/bin/web", "-x"), environment), LOG, autostart=True)

    assert "s3cret" not in " ".join(words_of(text))
    assert words_of(text)[-2:] == ["/bin/web", "-x"]


def test_a_command_without_awkward_variables_is_run_by_nothing_else():
    environment = {"A": "x y", "B": "", "C": "it's", "D": '{"a": 1}', "E": "50% $HOME \\ `x`"}
    text = render(Program("web", ("/bin/web",), environment), LOG, autostart=True)

    assert words_of(text) == ["/bin/web"]
    assert dict_of_key_value_pairs(as_supervisord_reads(text)[1]["environment"]) == environment


def test_everything_else_arrives():
    program = Program(
        "web-1",
        ("/bin/web",),
        directory="/srv/50% off",
        user="www",
        revision="1.0@now",
        stop_signal="QUIT",
        stop_timeout=7,
        start_seconds=2,
    )

    section, options = as_supervisord_reads(render(program, LOG, autostart=False))

    assert section == "program:web-1"
    assert options == {
        "command": "/bin/web",
        "environment": 'SERVICE_REVISION="1.0@now"',
        "autostart": "false",
        "autorestart": "true",
        "startsecs": "2",
        "startretries": "3",
        "stopsignal": "QUIT",
        "stopwaitsecs": "7",
        "killasgroup": "true",
        "redirect_stderr": "true",
        "stdout_logfile": LOG,
        "stdout_logfile_maxbytes": "10MB",
        "stdout_logfile_backups": "2",
        "directory": "/srv/50% off",
        "user": "www",
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "a:b"},
        {"name": "../web"},
        {"name": ""},
        {"command": ()},
        {"command": ("",)},
        {"command": ("A=b",)},
        {"command": ("/bin/web", "line\nbreak")},
        {"command": ("/bin/web", "\0")},
        {"environment": {"A B": "x"}},
        {"environment": {"A": "x\ny"}},
        {"directory": "relative"},
        {"directory": "/a\nuser = root"},
        {"user": "root\ncommand = x"},
        {"revision": "1\n2"},
        {"stop_signal": "STOP"},
        {"stop_timeout": -1},
    ],
)
def test_what_could_say_something_else_is_refused(changes):
    with pytest.raises(InvalidOption):
        Program(**{"name": "web", "command": ("/bin/web",), **changes})


@pytest.mark.parametrize("directory", ["/a ;b", "/a #b", "/a "])
def test_a_path_that_the_file_cannot_hold_is_refused(directory):
    with pytest.raises(InvalidOption):
        render(Program("web", ("/bin/web",), directory=directory), LOG, autostart=True)


@given(st.lists(tricky, max_size=3), st.booleans(), st.booleans())
def test_autostart_is_changed_alone(arguments, before, after):
    program = Program("web", ("/bin/web", "autostart = x", *arguments))

    assert with_autostart(render(program, LOG, before), after) == render(program, LOG, after)


@given(st.dictionaries(st.sampled_from(["A", "TOKEN"]), st.just("s3cret;#'\"% "), min_size=1), st.booleans())
def test_what_is_shown_has_the_names_of_variables_and_the_revision_but_no_values(environment, revised):
    program = Program("web", ("/bin/web", "x=y"), environment, revision="1.0" if revised else "")

    shown = without_values(render(program, LOG, autostart=True))

    assert "s3cret" not in shown
    assert all(f"{key}=***" in shown for key in environment)
    assert ('SERVICE_REVISION="1.0"' in shown) == revised
    assert "/bin/web x=y" in shown


def test_only_values_that_can_be_secrets_and_are_not_shown_already_are_masked_in_the_words_of_others():
    environment = {"WORKERS": "1", "LEVEL": "warning", "HOME": "/srv/app/home", "TOKEN": "long-s3cret"}

    assert worth_masking(environment, "{'directory': '/srv/app/home/x'}") == {"long-s3cret"}
