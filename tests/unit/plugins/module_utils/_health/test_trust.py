# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who shares the authorities."""

from __future__ import annotations

import dataclasses
import ssl

from ansible_collections.progressive.delivery.plugins.module_utils._health.interface import Check, Severity
from ansible_collections.progressive.delivery.plugins.module_utils._health.trust import trusting

TLS = Check("certificate", "tls", Severity.CRITICAL, 5.0, None, {})
HTTP = Check("ready", "http", Severity.CRITICAL, 5.0, None, {})


def test_authorities_are_loaded_once_for_a_type(authority) -> None:
    path = str(authority.path)

    assert trusting(path, TLS) is trusting(path, dataclasses.replace(TLS, name="another"))
    assert trusting(path, TLS) is not trusting(None, TLS)


def test_what_urllib3_does_to_its_context_cannot_weaken_a_tls_check(authority) -> None:
    path = str(authority.path)
    theirs = trusting(path, HTTP)
    theirs.check_hostname = False

    try:
        assert trusting(path, TLS).check_hostname
        assert trusting(path, TLS).verify_mode is ssl.CERT_REQUIRED
    finally:
        theirs.check_hostname = True
