# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Canaries on real balancers under load: shares that rise, and verdicts that are told by the service's own metrics."""

from __future__ import annotations

from .story import Story

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


def test_a_canary_that_fails_more_is_taken_back_and_one_that_does_not_goes_on(story: Story) -> None:
    story.given_serving()
    analyses = {"errors": ERRORS}
    steps = [{"share": 50}, {"analysis": "errors"}]
    story.when("canary", rollout_release="1.2.0", rollout_steps=steps, rollout_analyses=analyses)
    story.then_it_failed("rolled_back").then_status("rolled_back", "errors: worse than 1.5").then_serves(story.old)
    story.then_unlocked()
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
        rollout_analyses=analyses,
        rollout_background="errors",
        rollout_check_sets=deep,
    )
    assert noted.read_text() == story.new
    story.then_it_ended(0).then_status("succeeded").then_serves(story.new).then_only_failed_from("1.2.0")
