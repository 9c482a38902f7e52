# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Analyze All: says how good a document, or a filled-in template, is before anybody sends it.

One document in, one verdict out; nothing is kept. From the outside in:

``__main__``   the command line
``serving``    the process: a port, signals, a stop that drops nobody
``server``     the HTTP interface
``sample``     what a caller may send
``scoring``    the verdict, weighed from the ``aspects``
``learned``    the verdict by likeness, which is the AI path
``flags``      who gets that path; ``exposures`` tell who saw it
``manifest``   which release this is, and which ``faults`` it was built to have
"""
