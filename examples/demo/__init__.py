# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make demo`: deliveries, and a feature, to a site on loopback under load.

``demo``   the deliveries, and the whole
``ramp``   a feature for more and more users
"""
