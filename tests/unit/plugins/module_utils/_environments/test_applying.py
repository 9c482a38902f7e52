# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A configuration comes into force, is gone back from and taken away; what is kept of it stays true."""

from __future__ import annotations

import fcntl
import os
import pwd
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._environments import placement
from ansible_collections.progressive.delivery.plugins.module_utils._environments.applying import Host, Occasion
from ansible_collections.progressive.delivery.plugins.module_utils._environments.model import Secret
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.errors import SecretsExposed
from ansible_collections.progressive.delivery.plugins.module_utils._environments.revisions.errors import (
    ConfigurationUnwritable,
    EnvironmentBusy,
    PathOfAnotherEnvironment,
    RevisionDamaged,
    RevisionPruned,
    UnknownRevision,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.revisions.records import (
    Activation,
    Kept,
    Revision,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.revisions.retention import prunable
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption


def test_a_first_configuration_is_written_and_kept(site):
    done = site.apply({"port": 80}, release="1.0", rollout="r-1")

    assert (done.changed, done.revision, done.previous, done.made) == (True, 1, None, True)
    assert site.path("app.env").read_text() == "PORT='80'\n"
    kept = site.host.store.read()
    assert (kept.current, kept.revisions[1].release, kept.revisions[1].rollout) == (1, "1.0", "r-1")
    assert (site.folder / "state/shop/staging/current").resolve() == site.folder / "state/shop/staging/revisions/1"


def test_the_same_again_changes_nothing(site):
    site.apply({"port": 80}, release="1.0")
    before = site.tree()
    done = site.apply({"port": 80}, release="1.0")

    assert (done.changed, done.revision, done.made) == (False, 1, False)
    assert site.tree() == before


def test_the_same_content_for_another_release_makes_no_revision_and_is_gone_back_to_by_either(site):
    site.apply({"port": 80}, release="1.0")
    again = site.apply({"port": 80}, release="1.1")
    site.apply({"port": 81}, release="1.2")

    assert (again.changed, again.revision) == (False, 1)
    assert site.host.store.read().of_release("1.0") == 1
    assert site.host.store.read().of_release("1.1") == 1
    assert site.go_back(release="1.1").revision == 1
    assert site.path("app.env").read_text() == "PORT='80'\n"


def test_a_setting_that_is_in_no_file_is_a_change_of_the_configuration_too(site):
    port = site.render(keys=("port",))
    site.apply({"port": 80, "log": "info"}, port)
    done = site.apply({"port": 80, "log": "debug"}, port)

    assert (done.changed, done.revision, done.written) == (True, 2, ())
    assert site.apply({"port": 80, "log": "debug"}, port).changed is False


def test_settings_changed_below_a_release_are_what_that_release_is_gone_back_to_with(site):
    site.apply({"port": 80}, release="1.0")
    site.apply({"port": 81})
    site.apply({"port": 82}, release="1.1")

    assert site.go_back(release="1.0").revision == 2


def test_check_mode_foresees_what_is_done_and_touches_nothing(site):
    site.apply({"port": 80})
    before = site.tree()
    foreseen = site.apply({"port": 81}, check_mode=True)

    assert site.tree() == before
    done = site.apply({"port": 81})
    assert foreseen == done
    assert [(change.key, change.actual, change.declared) for change in done.differences] == [("PORT", "80", "81")]


def test_going_back_without_a_number_is_to_the_one_before_and_back_again(site):
    site.apply({"port": 80})
    site.apply({"port": 81})

    assert site.go_back().revision == 1
    assert site.path("app.env").read_text() == "PORT='80'\n"
    assert site.go_back().revision == 2
    assert site.go_back(2).changed is False


def test_going_back_brings_the_files_of_then_and_takes_away_those_of_now(site):
    site.apply({"port": 80}, site.render("a.env"), site.render("b.json", "json", mode=0o600))
    site.apply({"port": 80}, site.render("a.env"), site.render("c.yml", "yaml"))

    assert not site.path("b.json").exists()
    done = site.go_back(1)
    assert (done.written, done.removed) == ((str(site.path("b.json")),), (str(site.path("c.yml")),))
    assert not site.path("c.yml").exists()
    assert stat.S_IMODE(site.path("b.json").stat().st_mode) == 0o600


def test_what_somebody_has_changed_by_hand_is_put_right_without_a_new_revision(site):
    site.apply({"port": 80})
    site.path("app.env").write_text("PORT='90'\n")
    site.path("app.env").chmod(0o600)
    done = site.apply({"port": 80})

    assert (done.changed, done.revision, done.made, done.written) == (True, 1, False, (str(site.path("app.env")),))
    assert {change.kind for change in done.differences} == {"value", "mode"}
    assert stat.S_IMODE(site.path("app.env").stat().st_mode) == 0o640


def test_files_that_were_put_right_are_in_force_since_then_and_untouched_ones_since_before(site):
    first = site.apply({"port": 80}, release="1.0", rollout="r-1").since
    assert site.apply({"port": 80}, release="1.0", rollout="r-1").since == first
    site.path("app.env").write_text("PORT='90'\n")
    mended = site.apply({"port": 80}, release="1.0", rollout="r-1").since

    assert first < mended
    assert site.apply({"port": 80}, release="1.0", rollout="r-1").since == mended
    assert site.apply({"port": 80}, release="1.1", rollout="r-2").since == mended
    assert site.go_back(1).since == mended


def test_whoever_is_killed_while_putting_files_right_has_written_down_that_they_were_not(site, monkeypatch):
    first = site.apply({"port": 80}).since
    site.path("app.env").write_text("PORT='90'\n")
    take = placement.place

    def killed(file):
        take(file)
        raise KeyboardInterrupt

    monkeypatch.setattr(placement, "place", killed)
    with pytest.raises(KeyboardInterrupt):
        site.apply({"port": 80})
    monkeypatch.undo()

    assert site.path("app.env").read_text() == "PORT='80'\n"
    again = site.apply({"port": 80})
    assert (again.changed, again.since > first) == (False, True)


def test_a_link_in_place_of_the_file_is_replaced_and_what_it_leads_to_is_not_touched(site):
    site.path("elsewhere").write_text("precious")
    site.path("app.env").symlink_to("elsewhere")
    site.apply({"port": 80})

    assert site.path("elsewhere").read_text() == "precious"
    assert not site.path("app.env").is_symlink()


def test_taken_away_the_files_go_and_the_revisions_stay(site):
    site.apply({"port": 80}, release="1.0")
    done = site.host.take_away(Occasion(), check_mode=False)

    assert (done.changed, done.revision, done.previous) == (True, None, 1)
    assert not site.path("app.env").exists()
    assert not (site.folder / "state/shop/staging/current").is_symlink()
    assert site.host.take_away(Occasion(), check_mode=False).changed is False
    assert site.go_back().revision == 1


def test_the_file_belongs_to_whom_it_is_declared_for(site):
    # Only root may give something to somebody else.
    user = pwd.getpwuid(os.getuid()).pw_name if os.getuid() else "nobody"
    site.apply({"port": 80}, site.render(owner=user, group=str(os.getgid())))

    assert site.path("app.env").owner() == user


@pytest.mark.parametrize(
    ("fields", "refusal", "reason"),
    [
        ({"owner": "no-such-user"}, InvalidOption, "owner 'no-such-user' does not exist"),
        ({"group": "no-such-group"}, InvalidOption, "group 'no-such-group' does not exist"),
        ({"name": "no/such/folder.env"}, ConfigurationUnwritable, "there is no folder"),
        ({"name": "."}, ConfigurationUnwritable, "is a folder"),
        ({"keys": ("nothing",)}, InvalidOption, r"renders\[0\].keys: no setting is called nothing"),
    ],
)
def test_what_cannot_be_placed_is_refused_before_anything_is_touched(site, fields, refusal, reason):
    before = site.tree()
    with pytest.raises(refusal, match=reason):
        site.apply({"port": 80}, site.render("good.env"), site.render(**fields))

    assert site.tree() == before


def test_a_file_with_a_secret_that_everybody_could_read_is_refused(site):
    settings = {"port": 80, "password": Secret("vault:shop#password", "s3cret")}
    with pytest.raises(SecretsExposed, match=r"renders\[0\].mode 0644 .* the secret password"):
        site.apply(settings, site.render(mode=0o644))

    assert site.apply(settings, site.render(mode=0o644, keys=("port",))).changed


def test_secrets_are_in_the_files_and_nowhere_else(site):
    first = {"password": Secret("vault:shop#password", "s3cret-1")}
    site.apply(first)
    done = site.apply({"password": Secret("vault:shop#password", "s3cret-2")})

    assert done.made
    assert "s3cret" not in repr(done)
    assert [(change.declared, change.actual) for change in done.differences] == [("(secret)", "(another secret)")]
    holding = [name for name, content in site.tree().items() if isinstance(content, bytes) and b"s3cret" in content]
    state = "state/shop/staging/revisions"
    assert holding == ["etc/app.env", f"{state}/1/files/0", f"{state}/2/files/0"]
    for folder, _folders, _files in os.walk(site.folder / "state/shop/staging"):
        assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700


def test_the_hash_tells_settings_apart_and_counts_secrets_by_their_references(site):
    hashes = [
        site.proposal({"password": secret}).hash
        for secret in (Secret("env:A", "1"), Secret("env:A", "2"), Secret("env:B", "1"), "env:A", {"secret": "env:A2"})
    ]

    assert hashes[0] == hashes[1]
    assert len(set(hashes)) == 4


def test_a_damaged_revision_is_not_gone_back_to_and_not_used_again(site):
    site.apply({"port": 80})
    site.apply({"port": 81})
    (site.folder / "state/shop/staging/revisions/1/files/0").write_text("PORT='99'\n")
    before = site.tree()

    with pytest.raises(RevisionDamaged, match="is not what was put there"):
        site.go_back(1)
    assert site.tree() == before
    assert site.apply({"port": 80}).revision == 3


def test_a_record_that_cannot_be_read_hinders_nothing_but_going_back_to_it(site):
    site.apply({"port": 80})
    site.apply({"port": 81})
    (site.folder / "state/shop/staging/revisions/1/record.json").write_text("{")

    assert site.apply({"port": 82}).revision == 3
    with pytest.raises(UnknownRevision, match="there is no revision 1 on this host; there are 2, 3"):
        site.go_back(1)


def test_a_release_that_has_no_configuration_here_is_told_with_what_there_is(site):
    site.apply({"port": 80}, release="1.0")

    with pytest.raises(UnknownRevision, match=r"no revision of the release 0\.9 on this host; there are 1"):
        site.go_back(release="0.9")


def test_another_run_is_waited_for_and_then_told(site):
    site.apply({"port": 80})
    with open(site.folder / "state/shop/staging/lock", "w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(EnvironmentBusy, match="has held"):
            site.apply({"port": 81})

    assert site.apply({"port": 81}).revision == 2


def test_a_file_of_another_environment_of_the_app_is_refused_until_that_is_taken_away(site):
    site.apply({"port": 80})
    production = Host(str(site.folder / "state"), "shop", "production", timeout=0.2)
    proposal = site.proposal({"port": 443}, environment="production")

    with pytest.raises(PathOfAnotherEnvironment, match="is of the environment staging"):
        production.apply(proposal, Occasion(), check_mode=False)
    site.host.take_away(Occasion(), check_mode=False)
    assert production.apply(proposal, Occasion(), check_mode=False).revision == 1


def test_old_revisions_go_and_those_that_are_needed_stay(site):
    for port in range(80, 90):
        site.apply({"port": port}, release=f"1.{port}", rollout=f"r-{port}", keep=3, retain=("r-82", "1.84"))

    kept = site.host.store.read()
    assert sorted(kept.numbers) == [3, 5, 8, 9, 10]
    assert site.go_back(3).revision == 3
    assert sorted(site.host.store.read().numbers) == [3, 5, 8, 9, 10]


@pytest.mark.parametrize("keep", [1, 3])
def test_however_often_settings_change_the_release_before_can_be_gone_back_to(site, keep):
    site.apply({"port": 80}, release="1.0", keep=keep)
    site.apply({"port": 81}, release="1.1", keep=keep)
    for port in range(82, 92):
        site.apply({"port": port}, keep=keep)

    assert site.go_back(release="1.0").revision == 1


def test_a_release_whose_configuration_was_pruned_is_told_from_one_that_had_none(site):
    for port in range(80, 84):
        site.apply({"port": port}, release=f"1.{port}", keep=1)

    with pytest.raises(RevisionPruned, match=r"the release 1\.80 had a configuration on this host, which was pruned"):
        site.go_back(release="1.80")
    with pytest.raises(UnknownRevision, match=r"no revision of the release 0\.9") as refusal:
        site.go_back(release="0.9")
    assert (refusal.value.code, RevisionPruned.code) == ("unknown-revision", "revision-pruned")


def test_a_file_that_cannot_be_removed_is_told_before_another_is_written(site):
    site.apply({"port": 80}, site.render("a.env"), site.render("b.env"))
    site.path("b.env").unlink()
    site.path("b.env").mkdir()
    before = site.tree()

    for act in (lambda: site.apply({"port": 81}, site.render("a.env")), lambda: site.host.take_away(Occasion(), False)):
        with pytest.raises(ConfigurationUnwritable, match=r"b\.env, which the configuration has no more, is a folder"):
            act()
        assert site.tree() == before


def test_the_hash_told_is_that_of_the_revision_in_force(site):
    first = site.apply({"password": Secret("env:A", "same"), "port": 80}, site.render(keys=("port",)))
    site.apply({"port": 81})
    again = site.apply({"password": Secret("env:A", "same"), "port": 80}, site.render(keys=("port",)))

    assert (again.revision, again.hash) == (first.revision, first.hash)
    assert site.host.store.read().revisions[again.revision].hash == again.hash


@given(
    st.sets(st.integers(1, 12)),
    st.lists(st.tuples(st.none() | st.integers(1, 12), st.sampled_from("abc")), max_size=8),
    st.integers(0, 6),
    st.sets(st.sampled_from("abc")),
)
def test_whatever_happened_what_is_needed_is_never_removed(numbers, history, keep, named):
    revisions = {number: Revision(number, "shop", "staging", "", "", None, None, "", {}, {}, ()) for number in numbers}
    kept = Kept(revisions, frozenset(numbers), tuple(Activation(number, name, None, "") for number, name in history))
    removed = prunable(kept, keep, named)

    needed = {kept.of_release(release) for release in kept.releases[:2]}
    assert not set(removed) & ({kept.current, kept.previous} | needed | kept.named_by(named))
    assert set(removed) <= numbers
    assert len(numbers) - len(removed) >= min(keep, len(numbers))
    assert list(removed) == sorted(removed)


def test_of_many_that_come_at_once_each_is_kept_and_the_last_is_in_force(site):
    patient = Host(str(site.folder / "state"), "shop", "staging", timeout=60)
    children = []
    for port in range(8):
        child = os.fork()
        if child == 0:
            code = 1
            try:
                patient.apply(site.proposal({"port": port}), Occasion(), check_mode=False)
                code = 0
            finally:
                os._exit(code)
        children.append(child)

    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * 8
    kept = site.host.store.read()
    assert set(kept.revisions) == {entry.revision for entry in kept.activations} == set(range(1, 9))
    (file,) = site.host.store.files(kept.revisions[kept.current])
    assert site.path("app.env").read_bytes() == file.content
