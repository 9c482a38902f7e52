# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is left of an address when it is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._shown_url import (
    shown_url,
    without_url_secrets,
)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://h.example:8443/a/b.tar.gz", "https://h.example:8443/a/b.tar.gz"),
        ("https://u:p@h/a?sig=x#y", "https://h/a"),
        ("https://token@h/a", "https://h/a"),
        ("https://u:p@ss@h/a", "https://h/a"),
        ("https://h/@scope/a", "https://h/@scope/a"),
        ("https://h?sig=x", "https://h"),
        ("ssh://git@h:22/a.git", "ssh://h:22/a.git"),
        ("https://u:p@[::1]:1/a", "https://[::1]:1/a"),
        ("https://u:p/p@h/a", "https://***"),
        ("https://u:p?p@h/a", "https://***"),
        ("git@h:a.git", "git@h:a.git"),
        ("/srv/a?b@c", "/srv/a?b@c"),
        ("", ""),
    ],
)
def test_user_password_query_and_fragment_are_left_out(url, shown):
    assert shown_url(url) == shown


password = st.text(st.characters(codec="utf-8", exclude_characters="/?#"), min_size=1).map("s3cret".__add__)


@given(password, st.sampled_from(["", "?key={0}", "#{0}", "?a=b&key={0}#{0}"]))
def test_no_secret_is_left_in_what_others_write(password, rest):
    url = f"https://me:{password}@h/a.git" + rest.format(password)

    shown = without_url_secrets(f"fatal: unable to access '{url}/': no; see https://{'s3cret'}@other/", url)

    assert "s3cret" not in shown
    assert "unable to access 'https://h/a.git/': no; see https://other/" in shown
