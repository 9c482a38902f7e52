#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Writes requirements/lock.txt: the newest versions that fit the requirements, for every Python of the matrix.
set -eu

scripts/environment.sh .cache/lock lock
{
    grep '^#' requirements/lock.txt
    .cache/lock/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --no-annotate --no-header \
        -c requirements/ansible-core.txt requirements/test.in requirements/bench.in requirements/lock.in
} >requirements/.lock.txt
mv requirements/.lock.txt requirements/lock.txt
