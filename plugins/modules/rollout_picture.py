#!/usr/bin/python
# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: rollout_picture
short_description: Draw what a rollout did, on one axis of time
version_added: "0.2.0"
description:
  - Draws the steps of a rollout, the shares of traffic, what its analyses measured of both pools with the confidence sequence of their
    ratio, and every verdict, pause and turn, on one axis of time.
  - Everything is taken from the journal, so it can be drawn at any time and anywhere, of a rollout that goes on as well.
  - Run it where the picture is wanted, usually with C(delegate_to=localhost).
extends_documentation_fragment:
  - progressive.delivery.attributes
  - progressive.delivery.attributes.actiongroup_delivery
requirements:
  - matplotlib >= 3.6
attributes:
  check_mode:
    support: full
  diff_mode:
    support: partial
    details:
      - Shows which rollout is drawn, how it stands and the digest of the file, not the drawing.
  idempotent:
    support: full
    details:
      - The same journal and the same version of matplotlib make the same file, byte for byte.
options:
  rollout:
    description:
      - The rollout as M(progressive.delivery.rollout_info) returns it.
    type: dict
    required: true
  dest:
    description:
      - The file to write. With the ending C(.html) it is one page with the picture and the same in words, which needs no other file;
        with C(.svg) it is the picture alone.
      - Its folder must be there.
    type: path
    required: true
seealso:
  - module: progressive.delivery.rollout_info
author:
  - The progressive.delivery engineers (@progressive-delivery)
"""

EXAMPLES = r"""
- name: Read the journal of the last rollout
  progressive.delivery.rollout_info:
    app: analyze-all
  register: status

- name: Draw it
  progressive.delivery.rollout_picture:
    rollout: "{{ status.rollout }}"
    dest: /var/www/rollouts/{{ status.rollout.id }}.html
  delegate_to: localhost
"""

RETURN = r"""
dest:
  description: The file.
  returned: success
  type: str
title:
  description: What it shows, in words.
  returned: success
  type: str
  sample: "analyze-all: 1.0.0 → 1.1.0 succeeded"
error:
  description: Name of the kind of failure, for example C(missing-library) or C(picture-unwritable).
  returned: failure
  type: str
"""

import hashlib
import os
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError, InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._files.atomic import write_file
from ansible_collections.progressive.delivery.plugins.module_utils._rollout import picture
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.document import as_rollout
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.errors import PictureUnwritable
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.picture_page import page
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.readable import readable
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.timeline import Timeline, timeline

FORMS: t.Mapping[str, t.Callable[[Timeline], str]] = {".html": page, ".svg": picture.draw}
"""What makes a file, by its ending."""


def main() -> t.NoReturn:
    module = AnsibleModule(
        argument_spec={
            "rollout": {"type": "dict", "required": True},
            "dest": {"type": "path", "required": True},
        },
        supports_check_mode=True,
    )
    try:
        result = put(module.params["rollout"], module.params["dest"], module.check_mode)
    except DeliveryError as error:
        module.fail_json(**error.as_result())
    module.exit_json(**result)


def put(rollout: t.Dict[str, t.Any], dest: str, check_mode: bool) -> t.Dict[str, t.Any]:
    """Write the picture of *rollout* to *dest*; the keyword arguments for ``exit_json``.

    :raises DeliveryError: nothing was written then
    """
    form = FORMS.get(os.path.splitext(dest)[1])
    if form is None:
        raise InvalidOption("dest: {0} ends neither in .html nor in .svg".format(dest))
    if not rollout:
        raise InvalidOption("rollout: it is empty, as rollout_info returns it where there was no rollout yet")
    try:
        course = timeline(as_rollout(readable(rollout)))
        content = form(course).encode("utf-8")
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError, StopIteration) as error:
        raise InvalidOption("rollout: it is not what rollout_info returns: {0!r}".format(error)) from error
    before = read(dest)
    if before != content and not check_mode:
        try:
            write_file(dest, content)
        except OSError as error:
            raise PictureUnwritable("{0} cannot be written: {1}".format(dest, error.strerror or error)) from error
    title = picture.heading(course)
    after = {"dest": dest, "sha256": digest(content), "title": title}
    known = {} if before is None else {"dest": dest, "sha256": digest(before)}
    return {
        "changed": before != content,
        "dest": dest,
        "title": title,
        "diff": {"before": known, "after": known if before == content else after},
    }


def read(path: str) -> t.Optional[bytes]:
    """What is in the file; None when there is none.

    :raises PictureUnwritable: when it, or its folder, is not one that could be written
    """
    if not os.path.isdir(os.path.dirname(path) or "."):
        raise PictureUnwritable("{0} cannot be written: there is no folder {1}".format(path, os.path.dirname(path)))
    try:
        with open(path, "rb") as handle:
            return handle.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise PictureUnwritable("{0} cannot be read: {1}".format(path, error.strerror or error)) from error


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    main()
