# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Canaries on real balancers under load: shares that rise, and verdicts that are told by the service's own metrics."""

from __future__ import annotations

import pathlib
import re

from loopback.site import Site

from .story import ONCE, Story, hook

POOL = "{{ '{{ pool }}' }}"
"""The argument ``pool``, so that Ansible does not take it for a variable of its own."""
ERRORS = {
    "duration": 40,
    "interval": 1,
    "metrics": [
        {
            "name": "errors",
            "bad": f'analyze_all_requests_total{{pool="{POOL}",code=~"5.."}}',
            "total": f'analyze_all_requests_total{{pool="{POOL}"}}',
            "minimum_sample": 40,
        }
    ],
}


def drawn(picture: pathlib.Path) -> set[str]:
    """The lines and bands of metrics in a picture, by what they are called there."""
    return set(re.findall(r'id="(metric-[^"]+)"', picture.read_text(encoding="utf-8")))


def test_a_canary_that_fails_more_is_taken_back_and_one_that_does_not_goes_on(story: Story) -> None:
    """The first cannot draw its picture, which harms nothing: it is drawn from the journal. The second draws its own."""
    story.given_serving(rate=25)
    pictures = story.site.directory / "pictures"
    pictures.mkdir()
    # The site's own checks look at errors as well, and health is heard first.
    up = [{"name": "ready", "type": "http", "path": "/readyz"}]
    options = {
        "rollout_analyses": {"errors": ERRORS},
        "rollout_bake_checks": up,
        "rollout_picture_dir": str(pictures),
    }
    gone = f"- {{name: Lose it, ansible.builtin.file: {{path: {pictures}, state: absent}}, {ONCE}}}"
    story.when(
        "canary",
        rollout_release="1.2.0",
        rollout_steps=[{"share": 50}, {"analysis": "errors"}],
        rollout_hooks={"after_shift": hook(story, "lose", gone)},
        **options,
    )
    story.then_it_failed("rolled_back").then_status("rolled_back", "errors: worse than 1.5").then_serves(story.old)
    story.then_unlocked()
    story.then_it_failed(
        "No picture was drawn, and the rollout is none the worse", "there is no folder", "why: analyse failed"
    )

    picture = story.site.directory / "rollout.html"
    story.when("picture", rollout_picture=str(picture)).then_it_ended(0, f"{story.old} → 1.2.0 rolled back")
    assert drawn(picture) == {"metric-1-baseline-1", "metric-1-canary-1", "metric-1-interval-1"}
    assert "✗ errors failed" in picture.read_text(encoding="utf-8")

    pictures.mkdir()
    noted = story.site.directory / "noted"
    noting = story.site.directory / "note.yml"
    noting.write_text(f"""---
- name: Note what serves
  ansible.builtin.copy:
    content: "{{{{ __rollout_next.rollout.to_release }}}}"
    dest: {noted}
    mode: "0644"
""")
    steps = [
        {"share": 20},
        {"pause": 3},
        {"task_file": str(noting)},
        {"health": "deep"},
        {"share": 50},
        {"analysis": "errors"},
    ]
    deep = {"deep": [{"name": "metrics", "type": "http", "path": "/metrics"}]}
    story.when(
        "canary",
        rollout_release=story.new,
        rollout_steps=steps,
        rollout_background="errors",
        rollout_check_sets=deep,
        **options,
    )
    assert noted.read_text() == story.new
    story.then_it_ended(0, "The picture of this rollout", "so far, in the background: errors: ", "e-value")
    story.then_status("succeeded").then_serves(story.new).then_only_failed_from("1.2.0")
    (picture,) = pictures.iterdir()
    assert drawn(picture) >= {"metric-1-baseline-1", "metric-1-canary-1"}
    assert "✓ errors successful" in picture.read_text(encoding="utf-8")


def test_a_canary_is_compared_with_the_old_release_that_was_started_afresh(tmp_path: pathlib.Path) -> None:
    """In a third pool, which is laid down with the other two and gets the canary's share, and nothing in the end."""
    site = Site(tmp_path, "haproxy", instances=1, baseline=True)
    try:
        site.build_releases("1.0.0")
        assert site.run("balancer").code == 0
        story = Story(site).given_serving(rate=50)
        few = {**ERRORS, "metrics": [{**ERRORS["metrics"][0], "minimum_sample": 20}]}
        steps = [{"share": 20}, {"analysis": "errors"}]
        story.when("canary", rollout_release=story.new, rollout_steps=steps, rollout_analyses={"errors": few})
        story.then_it_ended(0).then_status("succeeded").then_serves(story.new).then_unlocked()
        begun = [entry["text"] for entry in site.journal()["entries"] if entry["what"] == "intent"]
        beside = ["retire baseline", "deploy 1.0.0 to baseline", "validate baseline (ready checks)"]
        assert begun[:3] == beside
        assert f"shift baseline 20 %, {story.pool()} 20 %" in " ".join(begun)
        assert not story.listens("baseline-1")
        story.then_nothing_failed()
    finally:
        site.down()
