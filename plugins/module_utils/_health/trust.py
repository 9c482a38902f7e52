# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom checks over TLS trust.

Authorities are loaded once for all targets and threads of a type of check.
Types do not share them, because urllib3 may change a context that it is given.

PRIVATE to the collection.
"""

from __future__ import annotations

import functools
import ssl
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._health.interface import Check
from ansible_collections.progressive.delivery.plugins.module_utils._health.validation import of_check


def trusting(ca_path: t.Optional[str], check: Check) -> ssl.SSLContext:
    """A context that proves the server's name and chain.

    :param ca_path: a file of authorities, or a server's own certificate, in place of the system's authorities
    :raises InvalidOption: when the file cannot be used
    """
    try:
        return _trusting(ca_path, check.type)
    except (OSError, ssl.SSLError) as error:
        raise InvalidOption(
            "{0} is {1}, which cannot be read as certificates: {2}.".format(
                of_check("ca_path", check.name), ca_path, error
            )
        ) from error


@functools.lru_cache(maxsize=None)
def _trusting(ca_path: t.Optional[str], _type: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca_path)
    if ca_path is not None:
        # The same on every Python: a server's own certificate will do, and what private authorities often leave out.
        context.verify_flags |= getattr(ssl, "VERIFY_X509_PARTIAL_CHAIN", 0)
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


@functools.lru_cache(maxsize=None)
def unquestioning() -> ssl.SSLContext:
    """A context that takes any certificate."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
