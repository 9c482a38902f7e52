#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs the targets of tests/integration on a copy of the checkout, on this machine and as this user.
#
#   integration.sh PYTHON [ansible-test options or targets]     PYTHON is the interpreter of an environment with ansible-core
set -eu

python=$PWD/$1
shift
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
mkdir -p .cache
# A copy of its own, so that two runs do not disturb each other.
place=$(mktemp -d "$PWD/.cache/integration.XXXXXX")
trap 'rm -rf "$place"' EXIT
trap 'exit 130' INT TERM
scripts/copy_collection.sh "$place"
mkdir "$place/home"
cd "$place/ansible_collections/progressive/delivery"
env HOME="$place/home" PATH="$(dirname "$python"):$PATH" "$python" "$(dirname "$python")/ansible-test" integration \
    --local --python "$version" --color no "$@"
