# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Steady load from a process of its own, and what became of every single request.

It never retries: a request that meets a reset on a connection used before has
failed, although a browser would have hidden it.

``__main__``    the command line
``generator``   sends requests when they are due
``pace``        when they are due
``connection``  one connection to the server
``target``      where requests go, and their bytes
``records``     what is kept of each request, in memory and in a file
``report``      what the records say, as figures
``summary``     the same for a person
"""
